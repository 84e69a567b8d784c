/*
 * What the sandbox says: one function a message of protocol 7, in the form in which
 * hosted Pusher sends it (MSG): `data` is JSON inside a JSON string, except in
 * pusher:error, subscription_error and client events, where it is a plain value.
 *
 * Each stores a packet with one reference in `*ret`: 0, PUSHER_ERR_NOMEM, or
 * PUSHER_ERR_LIMIT (REPLY_MAX).
 */
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include "sandbox/packet.h"

enum {
    REPLY_MAX = 256 * 1024 * 1024
}; /* bytes of one frame; escaping makes six of one */

int reply_established(const pusher_allocator *mem, pusher_str socket_id,
                      uint32_t activity_timeout_s, struct packet **ret);
int reply_ping(const pusher_allocator *mem, struct packet **ret);
int reply_pong(const pusher_allocator *mem, struct packet **ret);

/* `code` -1: null (CLOSE-12). */
int reply_error(const pusher_allocator *mem, int code, pusher_str message,
                struct packet **ret);

/* `presence`: {"presence":…} as JSON text, or "{}". */
int reply_subscribed(const pusher_allocator *mem, pusher_str channel, pusher_str presence,
                     struct packet **ret);
int reply_subscription_error(const pusher_allocator *mem, pusher_str channel,
                             pusher_str type, pusher_str error, int status,
                             struct packet **ret);

/* `user_info`: JSON text, or ptr NULL for none. */
int reply_member_added(const pusher_allocator *mem, pusher_str channel,
                       pusher_str user_id, pusher_str user_info, struct packet **ret);
int reply_member_removed(const pusher_allocator *mem, pusher_str channel,
                         pusher_str user_id, struct packet **ret);

int reply_subscription_count(const pusher_allocator *mem, pusher_str channel,
                             size_t count, struct packet **ret);

int reply_cache_miss(const pusher_allocator *mem, pusher_str channel,
                     struct packet **ret);

/* `user_data`: the text that was signed. */
int reply_signin_success(const pusher_allocator *mem, pusher_str user_data,
                         struct packet **ret);

/* `events`: {"events":[…]} as JSON text. */
int reply_watchlist(const pusher_allocator *mem, pusher_str events, struct packet **ret);

/* A published event; `data` is its text. */
int reply_event(const pusher_allocator *mem, pusher_str channel, pusher_str event,
                pusher_str data, struct packet **ret);

/* A client event; `data` is JSON text, or ptr NULL for none; so is `user_id` (not JSON).
 */
int reply_client_event(const pusher_allocator *mem, pusher_str channel, pusher_str event,
                       pusher_str user_id, pusher_str data, struct packet **ret);

#endif
