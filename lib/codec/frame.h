/*
 * Frames that the client sends (MSG-04), struct to bytes. All text is escaped by the
 * writer; nothing is formatted into JSON by hand.
 */
#ifndef CODEC_FRAME_H
#define CODEC_FRAME_H

#include "base/buf.h"

/* Each appends one frame to `out`: 0, PUSHER_ERR_NOMEM or PUSHER_ERR_LIMIT (out->max); on
 * failure the content is as before. */
int frame_ping(struct buf *out);                                 /* PING-02 */
int frame_pong(struct buf *out);                                 /* PING-05 */
int frame_subscribe_public(struct buf *out, pusher_str channel); /* SUB-02, auth "" */
/* With an authorization; `channel_data` may be absent (SUB-02, AUTH-06). */
int frame_subscribe(struct buf *out, pusher_str channel, pusher_str auth,
                    pusher_str channel_data);
int frame_unsubscribe(struct buf *out, pusher_str channel); /* SUB-04 */

/* Appends `text` as a JSON string with its quotes. Text is UTF-8. */
int frame_append_string(struct buf *out, pusher_str text);

#endif
