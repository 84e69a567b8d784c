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

/* Decodes `text` into core->message; the message before it is gone, and what was to be
 * delivered of it. 0 or the errors of message_decode(). */
int inbound_decode(struct core *core, pusher_str text);

/* The data of core->message, decoded, in memory that the caller frees; or NULL. */
char *inbound_copy_data(struct core *core, pusher_str *ret);

/* core->message is to be delivered, under this name. */
void inbound_deliver(struct core *core, enum core_scope scope, pusher_str name,
                     struct core_channel *channel);

struct auth_failure;

/* Tells the bindings of the channel that its authorization failed for good (SUB-06). */
void inbound_auth_error(struct core *core, struct core_channel *channel,
                        const struct auth_failure *failure);

#endif
