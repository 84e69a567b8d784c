/*
 * Header fields and parameters of an auth request: judged, copied, and those of a
 * provider put before the fixed ones (AUTH-02).
 */
#ifndef CLIENT_AUTH_EXTRAS_H
#define CLIENT_AUTH_EXTRAS_H

#include <pusher/auth.h>

#include "base/buf.h"
#include "codec/form.h"
#include "net/http.h"

enum { EXTRAS_MAX = 64, EXTRAS_HEADER_BYTES_MAX = 12 * 1024 };

/* Pairs of texts, each with its own memory; `form_param` is just such a pair. */
struct pusher_auth_extras {
    const pusher_allocator *mem;
    struct form_param *headers, *params;
    size_t header_count, param_count;
    size_t header_bytes;
};

void auth_extras_init(pusher_auth_extras *extras, const pusher_allocator *mem);
void auth_extras_free(pusher_auth_extras *extras);

struct form_params auth_extras_params(const pusher_auth_extras *extras);

/* The fields of a request, in memory of the caller's (NULL when there are none); the
 * texts are borrowed. 0, PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT: longer than fits in a
 * request. */
int auth_extras_fields(const pusher_auth_extras *fixed,
                       const pusher_auth_extras *provided, struct http_field **ret,
                       size_t *ret_count);

#endif
