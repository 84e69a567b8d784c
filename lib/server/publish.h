/*
 * Parts of publishing that work without a network, apart for their tests: the checks of
 * an event, its body, and the signed request.
 */
#ifndef SERVER_PUBLISH_H
#define SERVER_PUBLISH_H

#include <pusher/server.h>

#include "base/buf.h"

enum { PUBLISH_CHANNELS_MAX = 100 };

/* The checks of API-01 and LIM-02: what pusher_server_publish() returns for `event`, with
 * a sentence for the log in `*why`; `*why` is set on failure only. */
int publish_check(const pusher_server_event *event, size_t max_data_bytes,
                  const char **why);

/* Appends the JSON body for a checked event. 0, PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT. */
int publish_append_body(struct buf *out, const pusher_server_event *event);

/* Appends "/apps/{id}/events?…" with the query authentication of API-02 for a POST of
 * `body` at `now_s` seconds since 1970. 0, PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT,
 * PUSHER_ERR_SYSTEM. */
int publish_append_request(struct buf *out, pusher_str app_id, pusher_str key,
                           pusher_str secret, pusher_str body, int64_t now_s);

#endif
