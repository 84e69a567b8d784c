/*
 * What a client's messages mean: protocol 7, the server's side.
 */
#ifndef SANDBOX_PROTOCOL_H
#define SANDBOX_PROTOCOL_H

#include "sandbox/connection.h"

/* Acts on one whole message in valid UTF-8. */
void protocol_handle(struct connection *connection, pusher_str text);

#endif
