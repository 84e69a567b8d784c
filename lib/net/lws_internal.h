/*
 * What the files that see libwebsockets may ask of a loop: lib/net, and the sandbox.
 */
#ifndef NET_LWS_INTERNAL_H
#define NET_LWS_INTERNAL_H

#include <libwebsockets.h>

#include <pusher/loop.h>

/* Deadlines are ours; those of libwebsockets come after the longest, which is an hour, of
 * an authorization. */
enum { LWS_BACKSTOP_S = 3700 };

/* The loop's context. Use it only inside dispatch: in a callback of libwebsockets, or in
 * a loop_task. */
struct lws_context *loop_lws_context(pusher_loop *loop);

#endif
