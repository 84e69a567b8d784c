/*
 * Subscribing: who may, and with what identity (AUTH-09, PRES-01, PRES-10).
 */
#ifndef SANDBOX_SUBSCRIBE_H
#define SANDBOX_SUBSCRIBE_H

#include "sandbox/connection.h"

/* The data of pusher:subscribe; ptr NULL: absent, or not text. */
struct subscribe_request {
    pusher_str channel;
    pusher_str auth;
    pusher_str channel_data;
};

/* Subscribes, or answers pusher:subscription_error (an in-band pusher:error for a second
 * subscription, CLOSE-12). */
void subscribe(struct connection *connection, const struct subscribe_request *request);

#endif
