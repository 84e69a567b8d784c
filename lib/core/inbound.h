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

#endif
