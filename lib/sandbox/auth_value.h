/*
 * What a client brings to prove that the application's server let it in: "KEY:hex"
 * (AUTH-09).
 */
#ifndef SANDBOX_AUTH_VALUE_H
#define SANDBOX_AUTH_VALUE_H

#include "sandbox/service.h"

/* The hex of `auth`, in it; ptr NULL when its key is not that of the app. */
pusher_str auth_value_hex(const struct service *service, pusher_str auth);

#endif
