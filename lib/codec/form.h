/*
 * The body of a request to an auth endpoint (AUTH-01, AUTH-02), as a form or as JSON, and
 * what a parameter of the application's may be.
 */
#ifndef CODEC_FORM_H
#define CODEC_FORM_H

#include <stdbool.h>

#include "base/buf.h"

enum { FORM_NAME_MAX = 200 };

struct form_param {
    pusher_str name;
    pusher_str value;
};

struct form_params {
    const struct form_param *items;
    size_t count;
};

struct auth_request {
    pusher_str socket_id;
    pusher_str channel;          /* ptr NULL: the request is about the user */
    struct form_params fixed;    /* from the options */
    struct form_params provided; /* for this request; replace fixed ones (AUTH-02) */
};

/*
 * 1 … FORM_NAME_MAX bytes of UTF-8 without control characters, and neither socket_id nor
 * channel_name: what the request is about is not for a parameter to say (T6 of the threat
 * list).
 */
bool form_name_valid(pusher_str name);

/* UTF-8; any character. */
bool form_value_valid(pusher_str value);

/*
 * Appends `text` percent-encoded as by JavaScript's encodeURIComponent: all bytes but
 * A-Z a-z 0-9 - _ . ! ~ * ' ( ). 0; PUSHER_ERR_INVALID (not UTF-8), PUSHER_ERR_NOMEM,
 * PUSHER_ERR_LIMIT (out->max). On failure the content is as before.
 */
int form_append_encoded(struct buf *out, pusher_str text);

/*
 * Append the body: socket_id, channel_name (not for a user), fixed parameters, provided
 * ones. A fixed parameter whose name is also provided is left out. Of a name given twice
 * in one list a form has both, JSON the last; values in JSON are strings. Errors as
 * above; PUSHER_ERR_INVALID also for a parameter that is not valid.
 */
int form_append_request(struct buf *out, const struct auth_request *request);
int form_append_request_json(struct buf *out, const struct auth_request *request);

#endif
