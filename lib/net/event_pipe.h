/*
 * libwebsockets closes the descriptor of its event pipe twice when a context on a libuv
 * loop is destroyed: in lws_context_destroy(), and again in a later turn of the loop,
 * when another thread may own the number already. The second close is prevented (4.1.6;
 * the check makes it harmless where a version closes once).
 */
#ifndef NET_EVENT_PIPE_H
#define NET_EVENT_PIPE_H

#include <uv.h>

/* The handle by which a new context watches its pipe; NULL when there is none. It lives
 * as long as the context. */
uv_handle_t *event_pipe_find(uv_loop_t *uv);

/* lws_context_destroy(), its first call; the pipe is closed once. */
struct lws_context;
void event_pipe_destroy_context(struct lws_context *context, uv_handle_t *pipe);

#endif
