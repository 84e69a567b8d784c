/*
 * What the client needs of its channels besides the public calls.
 */
#ifndef CLIENT_CHANNEL_H
#define CLIENT_CHANNEL_H

#include "client/client.h"

/* Ends the subscription; between client_enter() and client_leave(), which frees it. */
void channel_drop(pusher_channel *channel);

#endif
