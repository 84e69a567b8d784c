/*
 * What a received message means.
 */
#ifndef CORE_INBOUND_H
#define CORE_INBOUND_H

#include "core/core.h"

/* A text message while the greeting is awaited (HS-01 … HS-05). */
void inbound_greeting(struct core *core, pusher_str text);

/* A text message on a connection. */
void inbound_message(struct core *core, pusher_str text);

struct auth_failure;

/* Tells the bindings of the channel that its authorization failed for good (SUB-06). */
void inbound_auth_error(struct core *core, struct core_channel *channel,
                        const struct auth_failure *failure);

#endif
