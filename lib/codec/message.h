/*
 * Received messages: the envelope of a frame (MSG-01 … MSG-07), bytes to struct.
 *
 * The usual frame is cut into spans by a scanner (envelope_scan.c) that allocates
 * nothing. What the scanner finds odd (an escape in a name, a duplicate member, anything
 * it does not know) is decided by json-c (message.c), and the message then owns the tree.
 */
#ifndef CODEC_MESSAGE_H
#define CODEC_MESSAGE_H

#include <stdbool.h>

#include <pusher/channel.h>
#include <pusher/types.h>

struct message {
    pusher_str event;   /* decoded */
    pusher_str channel; /* decoded; ptr NULL: absent */
    pusher_str user_id; /* decoded; ptr NULL: absent or empty (MSG-03) */
    pusher_str data;    /* see data_kind; raw: still escaped if data_escaped */
    pusher_data_kind
        data_kind;     /* ABSENT; TEXT: between the quotes; JSON: the value's text */
    bool data_escaped; /* data holds backslash escapes */
    struct json_object *tree; /* what the spans point into, or NULL: the frame itself */
};

/*
 * Decodes `frame`; the spans in `*ret` point into it (or into ret->tree). 0;
 * PUSHER_ERR_INVALID: not a JSON object with a string "event" (MSG-05, MSG-06);
 * PUSHER_ERR_NOMEM. A "channel" that is not a string counts as absent; JSON null for
 * channel, data or user_id is: channel, user_id absent; data kind JSON "null". A user_id
 * that is a number is its JSON text; other types are absent.
 */
int message_decode(pusher_str frame, struct message *ret);

/* Gives back what message_decode() took. Harmless on a zeroed message. */
void message_release(struct message *message);

/* The bytes message_data_copy() may write, NUL and slack included. */
size_t message_data_bound(const struct message *message);

/*
 * Writes the data, unescaped, NUL-terminated, to `out`, which has message_data_bound()
 * bytes, and returns it; ptr NULL when the data is absent. Lone surrogates become U+FFFD.
 */
pusher_str message_data_copy(const struct message *message, char *out);

/*
 * The data as a JSON value by MSG-02: text that is JSON is parsed, other text is a
 * string. `decoded` is what message_data_copy() returned. The caller gives `*ret` back
 * with json_object_put. 0 or PUSHER_ERR_NOMEM; absent data and JSON null give NULL and 0.
 */
int message_data_json(pusher_data_kind kind, pusher_str decoded,
                      struct json_object **ret);

#endif
