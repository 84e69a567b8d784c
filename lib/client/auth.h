/*
 * Between the core, which knows what is to be authorized, and the authorizer.
 */
#ifndef CLIENT_AUTH_H
#define CLIENT_AUTH_H

#include "client/client.h"

/* Makes an authorizer of the option for an endpoint. 0, PUSHER_ERR_INVALID (both are
 * given, or the endpoint is not valid), PUSHER_ERR_NOMEM. */
int auth_choose(pusher_options *options, const pusher_allocator *mem);

/* Copies an option. 0 or PUSHER_ERR_NOMEM; NULL if there is no authorizer. */
int auth_copy(const pusher_authorizer *option, const pusher_allocator *mem,
              pusher_authorizer **ret);

/* Whether channels that need an authorization can be subscribed at all. */
bool auth_possible(const pusher_client *client);

/* Takes one step: an answer to the core, or a request or a cancellation to the
 * authorizer. False: there was none. */
bool auth_work(pusher_client *client);

#endif
