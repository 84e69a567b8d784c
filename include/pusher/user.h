/*
 * The signed-in user: who this client is to the server, beyond one connection (USER-01 …
 * USER-09). Once signed in, the server can send events to this user alone, wherever they
 * are connected, and tells when users whom they watch come and go.
 *
 * Events of the user: "pusher:signin_success", "pusher:signin_error" when a sign-in
 * failed for good on this connection, those that the application's server sends to the
 * user, and "online" and "offline" of the watchlist, with data {"name":…,"user_ids":[…]}.
 */
#ifndef PUSHER_USER_H
#define PUSHER_USER_H

#include <pusher/channel.h>
#include <pusher/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Asks to be signed in, now and on each later connection (USER-01). May be called at any
 * time; while a sign-in is under way or done it has no effect; one that has failed is
 * tried again. A failure is reported as PUSHER_PROBLEM_SIGNIN; one that may pass is tried
 * again after a delay. So is it when the server signs in but refuses the user's own
 * events.
 *
 * Returns 0, PUSHER_ERR_INVALID for NULL, PUSHER_ERR_UNSUPPORTED (neither a user_endpoint
 * nor an authorizer among the options), PUSHER_ERR_NOMEM. Runs no callback.
 */
PUSHER_API int pusher_client_signin(pusher_client *client);

/* Where the sign-in stands: SUBSCRIBED means signed in. Returns WANTED for NULL and when
 * it was not asked for. Runs no callback. */
PUSHER_API pusher_subscription pusher_client_signin_state(const pusher_client *client);

/* The id of the signed-in user, and what was signed of them as JSON text. Returns an
 * empty text unless signed in. Lives until the next callback or call that lets the loop
 * run; NUL-terminated. Runs no callback. */
PUSHER_API pusher_str pusher_client_user_id(const pusher_client *client);

/* As pusher_client_user_id(): user_data. */
PUSHER_API pusher_str pusher_client_user_data(const pusher_client *client);

/*
 * As pusher_channel_bind(), for the events of the user. Bindings of the client hear of
 * them first (USER-05); their channel_name is absent.
 */
PUSHER_API int pusher_client_bind_user(pusher_client *client, const char *event,
                                       pusher_event_fn fn, void *userdata,
                                       pusher_free_fn free_userdata, pusher_id *ret);

#ifdef __cplusplus
}
#endif

#endif
