/*
 * The facade: the signed-in user.
 */
#include <pusher/user.h>

#include "base/str.h"
#include "client/auth.h"
#include "client/binding.h"
#include "client/dispatch.h"
#include "client/pump.h"

int pusher_client_signin(pusher_client *client)
{
    client_check(client);
    if (!client || client->life != CLIENT_ALIVE)
        return PUSHER_ERR_INVALID;
    if (!auth_possible_for_user(client))
        return PUSHER_ERR_UNSUPPORTED;
    int rc = core_signin(client->core);
    if (!rc)
        pump_later(client);
    return rc;
}

pusher_subscription pusher_client_signin_state(const pusher_client *client)
{
    client_check(client);
    return client ? core_signin_state(client->core) : PUSHER_SUBSCRIPTION_WANTED;
}

pusher_str pusher_client_user_id(const pusher_client *client)
{
    client_check(client);
    return client ? core_user_id(client->core) : STR("");
}

pusher_str pusher_client_user_data(const pusher_client *client)
{
    client_check(client);
    return client ? core_user_data(client->core) : STR("");
}

int pusher_client_bind_user(pusher_client *client, const char *event, pusher_event_fn fn,
                            void *userdata, pusher_free_fn free_userdata, pusher_id *ret)
{
    client_check(client);
    bool alive = client && client->life == CLIENT_ALIVE;
    struct client_user *user = alive ? client_user(client) : NULL;
    if (alive && !user) {
        dispatch_free(free_userdata, userdata);
        return PUSHER_ERR_NOMEM;
    }
    return binding_add(alive ? client : NULL, user ? &user->bindings : NULL,
                       &(struct binding_want){event, fn, userdata, free_userdata, false},
                       ret);
}
