/*
 * Between the core, which knows what is to be authorized, and the authorizer.
 */
#include "client/auth.h"

#include "base/mem.h"
#include "base/str.h"
#include "client/auth_endpoint.h"
#include "client/dispatch.h"
#include "client/pump.h"

bool auth_possible(const pusher_client *client)
{
    return client->authorizer != NULL;
}

int auth_choose(pusher_options *options, const pusher_allocator *mem)
{
    if (!options->auth_endpoint.url)
        return 0;
    if (options->authorizer.begin)
        return PUSHER_ERR_INVALID;
    return auth_endpoint_new(&options->auth_endpoint, mem, options->auth_timeout_ms,
                             &options->authorizer);
}

int auth_copy(const pusher_authorizer *option, const pusher_allocator *mem,
              pusher_authorizer **ret)
{
    if (!option->begin)
        return 0;
    *ret = mem_alloc(mem, sizeof **ret);
    if (!*ret)
        return PUSHER_ERR_NOMEM;
    **ret = *option;
    return 0;
}

static pusher_auth_request request_of(const pusher_client *client,
                                      const struct core_auth *auth)
{
    return (pusher_auth_request){
        .id = auth->id,
        .socket_id = core_socket_id(client->core),
        .channel_name = core_channel_name(auth->channel),
        .channel = core_channel_user(auth->channel),
    };
}

/* Room for one more; what has no room begins with the next call. */
static bool make_room(const pusher_client *client, pusher_auth_request **list,
                      size_t count)
{
    bool full = (count & (count - 1)) == 0; /* the room is a power of two */
    if (!full)
        return true;
    size_t room = count ? 2 * count : 1;
    pusher_auth_request *grown = mem_realloc(&client->mem, *list, room * sizeof **list);
    if (!grown)
        return false;
    *list = grown;
    return true;
}

static bool begin_all(pusher_client *client)
{
    struct core_auth auth;
    pusher_auth_request *list = NULL;
    size_t count = 0;
    while (make_room(client, &list, count) &&
           core_next_auth(client->core, &auth, loop_now(client->loop)))
        list[count++] = request_of(client, &auth);
    if (count)
        dispatch_auth_begin(client, list, count);
    mem_free(&client->mem, list);
    return count > 0;
}

static bool begin_one(pusher_client *client)
{
    struct core_auth auth;
    if (!core_next_auth(client->core, &auth, loop_now(client->loop)))
        return false;
    pusher_auth_request request = request_of(client, &auth);
    dispatch_auth_begin(client, &request, 1);
    return true;
}

bool auth_work(pusher_client *client)
{
    pusher_id id;
    if (core_next_auth_answer(client->core, loop_now(client->loop)))
        return true;
    if (core_take_cancelled_auth(client->core, &id)) {
        dispatch_auth_cancel(client, id);
        return true;
    }
    return client->authorizer && client->authorizer->batch ? begin_all(client)
                                                           : begin_one(client);
}

int pusher_auth_resolve(pusher_client *client, pusher_id request, const char *json,
                        size_t json_len)
{
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
    if (!client || client->life != CLIENT_ALIVE)
        return PUSHER_ERR_INVALID;
    int rc = core_auth_reject(client->core, request, http_status, str_of(reason));
    if (!rc)
        pump_later(client);
    return rc;
}
