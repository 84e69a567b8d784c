/*
 * The query authentication of the HTTP API (API-02): what is signed, and how. Used to
 * sign requests, and by the sandbox to check them.
 */
#ifndef SERVER_REQUEST_SIGN_H
#define SERVER_REQUEST_SIGN_H

#include <pusher/types.h>

#include "crypto/digest.h"

enum {
    REQUEST_PARAMS_MAX = 32,      /* of one query */
    REQUEST_CLOCK_SKEW_S = 600,   /* how far auth_timestamp may be off */
    REQUEST_QUERY_MAX = 16 * 1024 /* bytes of what is signed */
};

struct request_param {
    pusher_str name;
    pusher_str value; /* unescaped */
};

/*
 * The hex HMAC-SHA256 of METHOD, path and the parameters, sorted by their lower-case
 * names, joined by "&" and unescaped. A parameter "auth_signature" is left out, so that a
 * received query can be passed as it is.
 *
 * 0, PUSHER_ERR_LIMIT (more than REQUEST_PARAMS_MAX or REQUEST_QUERY_MAX),
 * PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM.
 */
int request_sign(const pusher_allocator *mem, pusher_str secret, pusher_str method,
                 pusher_str path, const struct request_param *params, size_t count,
                 char ret[SHA256_HEX + 1]);

#endif
