/*
 * The facade: bindings of channels and of the client (BIND-01 … BIND-06).
 */
#include "client/binding.h"
#include "client/client.h"

static struct binding_scope *scope_of_channel(pusher_channel *channel)
{
    return channel && channel->core ? &channel->bindings : NULL;
}

static struct binding_scope *scope_of_client(pusher_client *client)
{
    return client && client->life == CLIENT_ALIVE ? &client->bindings : NULL;
}

int pusher_channel_bind(pusher_channel *channel, const char *event, pusher_event_fn fn,
                        void *userdata, pusher_free_fn free_userdata, pusher_id *ret)
{
    channel_check(channel);
    return binding_add(channel ? channel->client : NULL, scope_of_channel(channel),
                       &(struct binding_want){event, fn, userdata, free_userdata, false},
                       ret);
}

int pusher_channel_bind_once(pusher_channel *channel, const char *event,
                             pusher_event_fn fn, void *userdata,
                             pusher_free_fn free_userdata, pusher_id *ret)
{
    channel_check(channel);
    return binding_add(channel ? channel->client : NULL, scope_of_channel(channel),
                       &(struct binding_want){event, fn, userdata, free_userdata, true},
                       ret);
}

int pusher_client_bind(pusher_client *client, const char *event, pusher_event_fn fn,
                       void *userdata, pusher_free_fn free_userdata, pusher_id *ret)
{
    client_check(client);
    return binding_add(client, scope_of_client(client),
                       &(struct binding_want){event, fn, userdata, free_userdata, false},
                       ret);
}

int pusher_client_bind_once(pusher_client *client, const char *event, pusher_event_fn fn,
                            void *userdata, pusher_free_fn free_userdata, pusher_id *ret)
{
    client_check(client);
    return binding_add(client, scope_of_client(client),
                       &(struct binding_want){event, fn, userdata, free_userdata, true},
                       ret);
}

int pusher_client_unbind(pusher_client *client, pusher_id binding)
{
    client_check(client);
    if (!client)
        return PUSHER_ERR_INVALID;
    struct binding *found = handle_find(&client->handles, binding);
    if (!found)
        return PUSHER_ERR_NOT_FOUND;
    client_enter(client);
    binding_remove(client, found);
    client_leave(client);
    return 0;
}

/* --- by what was bound --- */

static size_t remove_from(pusher_client *client, struct list *bindings, const char *event,
                          pusher_event_fn fn, const void *userdata)
{
    client_enter(client);
    size_t removed = binding_remove_matching(client, bindings, event, fn, userdata);
    client_leave(client);
    return removed;
}

size_t pusher_channel_unbind_event(pusher_channel *channel, const char *event,
                                   pusher_event_fn fn, const void *userdata)
{
    channel_check(channel);
    struct binding_scope *scope = scope_of_channel(channel);
    return scope ? remove_from(channel->client, &scope->named, event, fn, userdata) : 0;
}

size_t pusher_channel_unbind_global(pusher_channel *channel, pusher_event_fn fn,
                                    const void *userdata)
{
    channel_check(channel);
    struct binding_scope *scope = scope_of_channel(channel);
    return scope ? remove_from(channel->client, &scope->every, NULL, fn, userdata) : 0;
}

size_t pusher_client_unbind_event(pusher_client *client, const char *event,
                                  pusher_event_fn fn, const void *userdata)
{
    client_check(client);
    struct binding_scope *scope = scope_of_client(client);
    return scope ? remove_from(client, &scope->named, event, fn, userdata) : 0;
}

size_t pusher_client_unbind_global(pusher_client *client, pusher_event_fn fn,
                                   const void *userdata)
{
    client_check(client);
    struct binding_scope *scope = scope_of_client(client);
    return scope ? remove_from(client, &scope->every, NULL, fn, userdata) : 0;
}

/* The free functions that run may free the client: both lists in one go. */
static size_t remove_all(pusher_client *client, struct binding_scope *scope)
{
    client_enter(client);
    size_t removed = binding_remove_matching(client, &scope->every, NULL, NULL, NULL) +
                     binding_remove_matching(client, &scope->named, NULL, NULL, NULL);
    client_leave(client);
    return removed;
}

size_t pusher_channel_unbind_all(pusher_channel *channel)
{
    channel_check(channel);
    struct binding_scope *scope = scope_of_channel(channel);
    return scope ? remove_all(channel->client, scope) : 0;
}

size_t pusher_client_unbind_all(pusher_client *client)
{
    client_check(client);
    struct binding_scope *scope = scope_of_client(client);
    return scope ? remove_all(client, scope) : 0;
}
