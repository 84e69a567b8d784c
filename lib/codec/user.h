/*
 * What the server says of the signed-in user and of those whom the user watches (USER-04,
 * USER-09). `data` is always the decoded text of message_data_copy().
 */
#ifndef CODEC_USER_H
#define CODEC_USER_H

#include <stdbool.h>

#include "base/buf.h"
#include "codec/channel_name.h"
#include "codec/json_walk.h"
#include "codec/user_id.h"

/*
 * Reads the data of pusher:signin_success: appends user_data, the text that was signed,
 * to `out`, with a NUL behind it that is not counted, and stores its id. 0;
 * PUSHER_ERR_INVALID: user_data is no text, no JSON object, or has no id that is a number
 * or text of 1 … USER_ID_MAX bytes (USER-04); PUSHER_ERR_NOMEM; PUSHER_ERR_LIMIT
 * (out->max, which is to be the size of `data` and 64 bytes more at least). On failure
 * `out` is as before and `*ret` untouched.
 */
int user_signin_parse(pusher_str data, struct buf *out, struct user_id *ret);

struct watchlist_walk {
    struct json_walk events;
};

/* One entry: these users came or went. */
struct watchlist_event {
    char name[EVENT_NAME_MAX + 1]; /* "online", "offline", or another one */
    size_t name_len;
    pusher_str json; /* the entry as it was received, in `data` */
};

/*
 * Reads the data of pusher_internal:watchlist_events: {"events":[…]} with entries
 * {"name":…,"user_ids":[…]}, or with one "user_id". 0, or PUSHER_ERR_INVALID when any of
 * it is malformed, a name of 0 or more than EVENT_NAME_MAX bytes included: then it counts
 * for nothing as a whole (SUB-14).
 */
int watchlist_parse(pusher_str data, struct watchlist_walk *ret);

/* The next entry, in the order of the text; false at the end. */
bool watchlist_next(struct watchlist_walk *walk, struct watchlist_event *ret);

#endif
