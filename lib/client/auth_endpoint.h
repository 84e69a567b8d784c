/*
 * The library's own authorizer: an endpoint over HTTP (AUTH-01 … AUTH-05).
 */
#ifndef CLIENT_AUTH_ENDPOINT_H
#define CLIENT_AUTH_ENDPOINT_H

#include "client/client.h"

/*
 * Makes an authorizer of an endpoint. 0 with `*ret`, whose userdata it owns; or
 * PUSHER_ERR_INVALID: the URL, a header field or a parameter is not valid;
 * PUSHER_ERR_NOMEM.
 */
int auth_endpoint_new(const pusher_auth_endpoint *option, const pusher_allocator *mem,
                      uint32_t timeout_ms, pusher_authorizer *ret);

#endif
