/*
 * One client connection: what waits to be sent, how long it may be silent, and how it
 * ends. What its messages mean is in protocol.c; the socket is in listener.c, which this
 * file reaches only through struct connection_socket.
 */
#ifndef SANDBOX_CONNECTION_H
#define SANDBOX_CONNECTION_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/loop.h"
#include "sandbox/service.h"

/* Close codes that the sandbox uses (CLOSE-11, and RFC 6455). */
enum {
    CLOSE_UNSUPPORTED = 1003, /* a binary message */
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_TOO_BIG = 1009,
    CLOSE_NO_APP = 4001,
    CLOSE_BAD_PROTOCOL = 4007,
    CLOSE_NO_PROTOCOL = 4008,
    CLOSE_UNAUTHORIZED = 4009,
    CLOSE_OVER_CAPACITY = 4100,
    CLOSE_NO_PONG = 4201,
};

/* What a connection asks of its socket. Neither runs a function of the connection. */
struct connection_socket {
    /* There is something for connection_next() or connection_closing(). */
    void (*want_write)(void *userdata);
    /* End it now, without a close frame. */
    void (*drop)(void *userdata);
    void *userdata;
};

/* The first 4xxx close code that a request deserves, 0: none. */
struct connection_refusal {
    int code;
    const char *reason;
};

struct connection {
    struct hub_peer peer;
    struct service *service;
    struct connection_socket socket;
    struct buf incoming; /* pieces of one message */

    struct packet **queue; /* a ring */
    size_t queue_cap, queue_head, queue_len;
    size_t queue_bytes;

    struct connection_refusal close; /* code 0: stays open */
    bool greeted;
    bool dropped;

    struct loop_timer timer;
    uint64_t heard_ms; /* the last message */
    bool pinged;       /* since then */

    uint64_t rate_from_ms; /* the second that rate_count counts in (CEV-03) */
    uint32_t rate_count;
};

/* A connection for an upgrade request with this app key and protocol number (ptr NULL:
 * absent). 0, PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM. Freed with connection_free(). */
int connection_new(struct service *service, const struct connection_socket *socket,
                   pusher_str key, pusher_str protocol, struct connection **ret);
void connection_free(struct connection *connection); /* NULL is fine */

/* The upgrade is done: greets (HS-02), or refuses with an in-band error and a close code
 * (CLOSE-13). */
void connection_open(struct connection *connection);

/* A piece of a message came. */
void connection_receive(struct connection *connection, pusher_str piece, bool binary,
                        bool final);

/* The next packet to send, with its reference; NULL: none. */
struct packet *connection_next(struct connection *connection);

/* True when everything is sent and the connection is to be closed with `*ret`. */
bool connection_closing(const struct connection *connection,
                        struct connection_refusal *ret);

/* For protocol.c. Sends what a reply function stored when it returned `rc`; takes the
 * reference. Without memory for a reply the connection is dropped: a silent gap would be
 * worse. */
void connection_reply(struct connection *connection, int rc, struct packet *packet);

/* Sends what is queued, then closes with `code`. */
void connection_close(struct connection *connection, int code, const char *reason);

/* Ends it without a word. */
void connection_drop(struct connection *connection, const char *why);

#endif
