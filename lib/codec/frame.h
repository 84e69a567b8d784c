/*
 * Frames that the client sends (MSG-04), struct to bytes. All text is escaped by the
 * writer; nothing is formatted into JSON by hand.
 */
#ifndef CODEC_FRAME_H
#define CODEC_FRAME_H

#include <pusher/channel.h>

#include "base/buf.h"

/* Each appends one frame to `out`: 0, PUSHER_ERR_NOMEM or PUSHER_ERR_LIMIT (out->max); on
 * failure the content is as before. */
int frame_ping(struct buf *out);                                 /* PING-02 */
int frame_pong(struct buf *out);                                 /* PING-05 */
int frame_subscribe_public(struct buf *out, pusher_str channel); /* SUB-02, auth "" */
int frame_unsubscribe(struct buf *out, pusher_str channel);      /* SUB-04 */

/* Subscribe with an authorization (SUB-02); channel_data, ptr NULL when there is none,
 * goes out as the string that was signed (AUTH-06). */
int frame_subscribe(struct buf *out, pusher_str channel, pusher_str auth,
                    pusher_str channel_data);

/* Sign in (USER-02). */
int frame_signin(struct buf *out, pusher_str auth, pusher_str user_data);

/*
 * A client event that client_event_check() let pass (CEV-02). `data` by its kind: a JSON
 * value's text, which goes out as it is; text, which becomes a JSON string; absent.
 */
int frame_client_event(struct buf *out, pusher_str channel, pusher_str event,
                       pusher_data_kind kind, pusher_str data);

/* Appends `text` as a JSON string with its quotes. Text is UTF-8. */
int frame_append_string(struct buf *out, pusher_str text);

#endif
