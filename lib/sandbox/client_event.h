/*
 * Client events: who may send which (CEV-03).
 */
#ifndef SANDBOX_CLIENT_EVENT_H
#define SANDBOX_CLIENT_EVENT_H

#include "codec/message.h"
#include "sandbox/connection.h"

/* Relays the message to the others on its channel, or answers in-band error 4301. */
void client_event(struct connection *connection, const struct message *message);

#endif
