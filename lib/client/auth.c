/*
 * Between the core, which knows what is to be authorized, and the authorizer.
 */
#include "client/auth.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "client/auth_endpoint.h"
#include "client/binding.h"
#include "client/dispatch.h"
#include "client/pump.h"

bool auth_possible(const pusher_client *client)
{
    return client->authorizer != NULL;
}

bool auth_possible_for_user(const pusher_client *client)
{
    return client->user && client->user->authorizer;
}

struct client_user *client_user(pusher_client *client)
{
    if (client->user)
        return client->user;
    client->user = mem_zalloc(&client->mem, sizeof *client->user);
    if (client->user)
        binding_scope_init(&client->user->bindings);
    return client->user;
}

/* Moves an authorizer to memory of its own. */
static int keep(const pusher_client *client, const pusher_authorizer *authorizer,
                pusher_authorizer **ret)
{
    *ret = mem_alloc(&client->mem, sizeof **ret);
    if (!*ret)
        return PUSHER_ERR_NOMEM;
    **ret = *authorizer;
    return 0;
}

static int keep_endpoint(const pusher_client *client, const pusher_options *options,
                         const pusher_auth_endpoint *endpoint, pusher_authorizer **ret)
{
    pusher_authorizer made;
    int rc = auth_endpoint_new(endpoint, &client->mem, options->auth_timeout_ms, &made);
    if (rc)
        return rc;
    rc = keep(client, &made, ret);
    if (rc)
        dispatch_free(made.free_userdata, made.userdata);
    return rc;
}

static int open_user(pusher_client *client, const pusher_options *options)
{
    bool has_endpoint = options->user_endpoint.url != NULL;
    if (!has_endpoint && !options->authorizer.begin)
        return 0;
    struct client_user *user = client_user(client);
    if (!user)
        return PUSHER_ERR_NOMEM;
    user->own_authorizer = has_endpoint;
    user->authorizer = has_endpoint ? NULL : client->authorizer;
    return has_endpoint ? keep_endpoint(client, options, &options->user_endpoint,
                                        &user->authorizer)
                        : 0;
}

int auth_open(pusher_client *client, const pusher_options *options)
{
    bool has_endpoint = options->auth_endpoint.url != NULL;
    int rc = 0;
    if (has_endpoint && options->authorizer.begin)
        return PUSHER_ERR_INVALID;
    if (has_endpoint)
        rc = keep_endpoint(client, options, &options->auth_endpoint, &client->authorizer);
    else if (options->authorizer.begin)
        rc = keep(client, &options->authorizer, &client->authorizer);
    if (!rc)
        rc = open_user(client, options);
    if (rc && client->authorizer && !has_endpoint)
        client->authorizer->free_userdata = NULL; /* it is still the caller's */
    if (rc)
        auth_close(client);
    return rc;
}

static void drop_authorizer(pusher_client *client, pusher_authorizer *authorizer)
{
    if (authorizer)
        dispatch_free(authorizer->free_userdata, authorizer->userdata);
    mem_free(&client->mem, authorizer);
}

void auth_close(pusher_client *client)
{
    if (client->user && client->user->own_authorizer)
        drop_authorizer(client, client->user->authorizer);
    drop_authorizer(client, client->authorizer);
    mem_free(&client->mem, client->user);
    client->authorizer = NULL;
    client->user = NULL;
}

/* --- requests --- */

static const pusher_authorizer *authorizer_of(const pusher_client *client, bool user)
{
    return user ? client->user->authorizer : client->authorizer;
}

static pusher_auth_request request_of(const pusher_client *client,
                                      const struct core_auth *auth)
{
    return (pusher_auth_request){
        .id = auth->id,
        .socket_id = core_socket_id(client->core),
        .channel_name =
            auth->channel ? core_channel_name(auth->channel) : (pusher_str){NULL, 0},
        .channel = auth->channel ? core_channel_user(auth->channel) : NULL,
    };
}

/* The requests of one call. */
struct batch {
    pusher_auth_request few[8];
    pusher_auth_request *list; /* `few`, or memory of its own */
    size_t count, room;
};

/* Room for one more; without memory it begins with the next call. */
static bool batch_has_room(const pusher_client *client, struct batch *batch)
{
    if (batch->count < batch->room)
        return true;
    bool is_own = batch->list != batch->few;
    size_t bytes = batch->count * sizeof *batch->list;
    pusher_auth_request *grown =
        mem_realloc(&client->mem, is_own ? batch->list : NULL, 2 * bytes);
    if (!grown)
        return false;
    if (!is_own)
        memcpy(grown, batch->few, bytes);
    batch->list = grown;
    batch->room *= 2;
    return true;
}

static bool begin_one(pusher_client *client)
{
    struct core_auth auth;
    int rc = core_next_auth(client->core, &auth, loop_now(client->loop));
    if (rc > 0) {
        pusher_auth_request request = request_of(client, &auth);
        dispatch_auth_begin(client, authorizer_of(client, !auth.channel), &request, 1);
    }
    return rc != 0;
}

/* That of the user goes alone: another authorizer may be asked. */
static bool begin_all(pusher_client *client)
{
    struct core_auth auth;
    struct batch batch = {.list = batch.few,
                          .room = sizeof batch.few / sizeof *batch.few};
    int rc = 0;
    if (core_next_auth_is_of_user(client->core))
        return begin_one(client);
    while (!core_next_auth_is_of_user(client->core) && batch_has_room(client, &batch) &&
           (rc = core_next_auth(client->core, &auth, loop_now(client->loop))) > 0)
        batch.list[batch.count++] = request_of(client, &auth);
    if (batch.count)
        dispatch_auth_begin(client, client->authorizer, batch.list, batch.count);
    if (batch.list != batch.few)
        mem_free(&client->mem, batch.list);
    return batch.count > 0 || rc < 0;
}

bool auth_work(pusher_client *client)
{
    struct core_auth_cancelled cancelled;
    if (core_next_auth_answer(client->core, loop_now(client->loop)))
        return true;
    if (core_take_cancelled_auth(client->core, &cancelled)) {
        dispatch_auth_cancel(client, authorizer_of(client, cancelled.user), cancelled.id);
        return true;
    }
    return client->authorizer && client->authorizer->batch ? begin_all(client)
                                                           : begin_one(client);
}

int pusher_auth_resolve(pusher_client *client, pusher_id request, const char *json,
                        size_t json_len)
{
    client_check(client);
    if (!client || !json || client->life != CLIENT_ALIVE)
        return PUSHER_ERR_INVALID;
    int rc = core_auth_resolve(client->core, request, (pusher_str){json, json_len});
    if (!rc)
        pump_later(client);
    return rc;
}

int pusher_auth_reject(pusher_client *client, pusher_id request, int http_status,
                       const char *reason)
{
    client_check(client);
    if (!client || client->life != CLIENT_ALIVE)
        return PUSHER_ERR_INVALID;
    int rc = core_auth_reject(client->core, request, http_status, str_of(reason));
    if (!rc)
        pump_later(client);
    return rc;
}
