/*
 * The sandbox's sockets: listens, and hands what comes to connections (WebSocket) and to
 * the HTTP API. Only listener, session and exchange see libwebsockets.
 *
 * The listening socket is made and accepted from here, since libwebsockets' own listener
 * cannot tell at once whether an address is free. Each accepted socket is then given to
 * libwebsockets.
 */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include "net/loop.h"
#include "sandbox/service.h"

struct lws;
struct session;

/* Who a socket of libwebsockets belongs to. */
struct socket_owner {
    struct listener *listener;
    struct session *session; /* NULL: it is the listening socket */
};

struct listener {
    struct service *service;
    int fd;
    int spare_fd; /* given up to refuse a connection when descriptors run out */
    uint16_t port;
    struct lws *wsi; /* of `fd`; NULL before the first turn, and when it is gone */
    struct socket_owner owner; /* what `wsi` points to */
    struct list sessions;
    uint32_t session_count;
    struct loop_task start;
    struct loop_task stop;
    bool stopping;
    bool is_short;                   /* of descriptors, which has been said */
    void (*on_gone)(void *userdata); /* the last word, after listener_close() */
    void *userdata;
};

/*
 * Binds and listens; serving starts with the next turn of the loop. 0,
 * PUSHER_ERR_BAD_HOST (not a numeric address), PUSHER_ERR_SYSTEM with errno.
 */
int listener_open(struct listener *listener, struct service *service, const char *address,
                  uint16_t port, void (*on_gone)(void *userdata), void *userdata);

/* Stops listening at once, and ends everything; `on_gone` runs when that is done, maybe
 * inside this call. */
void listener_close(struct listener *listener);

#endif
