/*
 * Running user code: the only file of the library that does.
 */
#ifndef CLIENT_DISPATCH_H
#define CLIENT_DISPATCH_H

#include "client/client.h"

/* Each runs the callbacks that there are, between client_enter() and client_leave(): the
 * client may be doomed afterwards, but is not freed. */
void dispatch_state(pusher_client *client, pusher_state current);
void dispatch_problem(pusher_client *client, const pusher_problem *problem);
void dispatch_auth_begin(pusher_client *client, const pusher_authorizer *authorizer,
                         const pusher_auth_request *requests, size_t count);
void dispatch_auth_cancel(pusher_client *client, const pusher_authorizer *authorizer,
                          pusher_id request);
void dispatch_event(pusher_client *client, const struct core_delivery *delivery);

/* Frees the bindings and channels that were removed while callbacks ran. */
void dispatch_bury(pusher_client *client);

/* Calls a free function, if there is one. */
void dispatch_free(pusher_free_fn free_userdata, void *userdata);

#endif
