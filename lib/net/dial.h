/*
 * Where to connect to, and how to get there: a name's addresses, dialled one after
 * another, each for its share of the time. For WebSockets and HTTP requests alike; it
 * lives until the connection stands or is given up. A dial that is paced begins when the
 * loop's gate lets it in, and has its place there for as long as it lives.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>

#include "net/cause.h"
#include "net/loop.h"
#include "net/lws_internal.h"

struct dial;
struct socket_owner;

struct dial_target {
    pusher_str host; /* name or numeric address */
    uint16_t port;
    bool tls;
    pusher_str ca_file; /* ptr NULL: the system's roots */
    pusher_str request; /* path and query */
    pusher_str host_header;
    pusher_str origin;    /* ptr NULL: no Origin header */
    const char *method;   /* NULL: a WebSocket */
    const char *protocol; /* the name of the callback's protocol */
    uint32_t timeout_ms;  /* shared by the addresses; runs from the begin */
    bool paced;
};

struct dial_calls {
    /* Its turn has come; only when dial_is_waiting(). It may be freed inside. */
    void (*begun)(void *userdata);
    /* Once, last: with NULL when there are addresses; else why there are none, its stage
     * being of no meaning. */
    void (*ready)(void *userdata, const struct cause *error);
};

/*
 * Copies the target's texts and looks the name up, when its turn has come. The calls run
 * from the loop's dispatch. 0 with `*ret`, or PUSHER_ERR_NOMEM.
 */
int dial_new(pusher_loop *loop, const struct dial_target *target,
             const struct dial_calls *calls, void *userdata, struct dial **ret);

/* No call runs any more; NULL is fine. */
void dial_free(struct dial *dial);

/* True while it has not begun, because others are before it. */
bool dial_is_waiting(const struct dial *dial);

/* True while there is an address that was not dialled yet. */
bool dial_has_next(const struct dial *dial);

/* When the time of the address that is dialled next is over. */
uint64_t dial_next_deadline(const struct dial *dial);

/*
 * Dials the next address with `owner` as the socket's user pointer. False: there is no
 * socket, `*wsi` is NULL, and `ret` says why, unless LWS_CALLBACK_CLIENT_CONNECTION_ERROR
 * told it already. Callbacks may run inside; `*wsi` is set by then.
 */
bool dial_next(struct dial *dial, struct socket_owner *owner, struct lws **wsi,
               struct cause *ret);

#endif
