/*
 * One accepted socket: first an HTTP request, then, by upgrade, a WebSocket connection.
 * What libwebsockets says about it arrives at session_callback().
 */
#ifndef SANDBOX_SESSION_H
#define SANDBOX_SESSION_H

#include <libwebsockets.h>

#include "base/list.h"
#include "sandbox/connection.h"
#include "sandbox/listener.h"

struct exchange;

struct session {
    struct list link; /* for its listener */
    struct service *service;
    struct socket_owner owner; /* what `wsi` points to */
    struct lws *wsi;
    struct connection *connection; /* NULL: not upgraded */
    struct exchange *exchange;     /* NULL: no HTTP request */
    struct loop_timer timer;       /* of the HTTP request, up to the end of its answer */
};

/* A session that has no socket yet; NULL when memory runs out. */
struct session *session_new(struct listener *listener);
void session_free(struct session *session);

/* Returns what libwebsockets' callback is to return. */
int session_callback(struct session *session, enum lws_callback_reasons reason, void *in,
                     size_t len);

#endif
