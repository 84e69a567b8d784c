/*
 * Between the core, which knows what is to be authorized, and the authorizer.
 */
#ifndef CLIENT_AUTH_H
#define CLIENT_AUTH_H

#include "client/client.h"

/*
 * Makes the client's authorizers of the options: of channels, and of the user. 0,
 * PUSHER_ERR_INVALID (an endpoint that is not valid, or beside an authorizer),
 * PUSHER_ERR_NOMEM. On success the userdata of the option's authorizer is the client's.
 */
int auth_open(pusher_client *client, const pusher_options *options);
void auth_close(pusher_client *client);

/* The user's part of the client, made if there is none; NULL: no memory. */
struct client_user *client_user(pusher_client *client);

/* Whether channels that need an authorization can be subscribed at all, and whether the
 * user can sign in. */
bool auth_possible(const pusher_client *client);
bool auth_possible_for_user(const pusher_client *client);

/* Takes one step: an answer to the core, or a request or a cancellation to the
 * authorizer. False: there was none. */
bool auth_work(pusher_client *client);

#endif
