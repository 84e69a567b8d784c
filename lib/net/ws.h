/*
 * A WebSocket client connection: one attempt, from the name to the last byte.
 *
 * Everything is asynchronous: no handler runs inside a call of this file. Closing is fire
 * and forget: after ws_close() returned no handler runs any more, whatever stage it was
 * in (resolving, TCP, TLS, upgrade, open), and the rest is cleaned up by the loop.
 */
#ifndef NET_WS_H
#define NET_WS_H

#include <stdbool.h>

#include <pusher/loop.h>

#include "base/buf.h"

struct ws;

/* How far an attempt had come when it ended; same order and meaning as the stages of
 * core. */
enum ws_stage {
    WS_STAGE_RESOLVE,
    WS_STAGE_CONNECT,
    WS_STAGE_TLS,
    WS_STAGE_PROXY,
    WS_STAGE_UPGRADE,
    WS_STAGE_OPEN,
    WS_STAGE_LIMIT,  /* a message passed max_message_bytes */
    WS_STAGE_INVALID /* the peer broke the WebSocket protocol or UTF-8 */
};

struct ws_closed {
    enum ws_stage stage;
    int close_code;   /* code of the peer's close frame; -1: none */
    int http_status;  /* of an answer that was not 101; 0: none */
    int system_error; /* errno; 0: none */
    pusher_str
        reason; /* close reason, or the cause in words; lives until the handler returns */
};

struct ws_target {
    pusher_str host; /* name or numeric address */
    uint16_t port;
    bool tls;
    pusher_str ca_file;     /* ptr NULL: the system's roots */
    pusher_str request;     /* path and query */
    pusher_str host_header; /* value of Host */
    pusher_str origin;      /* ptr NULL: no Origin header */
    size_t max_message_bytes;
    uint32_t timeout_ms; /* of the whole attempt, shared by the addresses of a name; the
                            caller has its own deadline, this one only spreads it */
};

struct ws_calls {
    /* An attempt that waited for its turn begins; only when ws_is_waiting(). */
    void (*on_turn)(void *userdata);
    void (*on_open)(void *userdata);
    /* One whole message, valid UTF-8, reassembled; lives until the handler returns. */
    void (*on_text)(void *userdata, pusher_str text);
    void (*on_binary)(void *userdata, size_t bytes);
    /* The frame given to ws_send() has gone to the socket: ws_can_send() is true again.
     */
    void (*on_sent)(void *userdata);
    /* The attempt or connection ended; `ws` is invalid from here on. Once, and last. */
    void (*on_closed)(void *userdata, const struct ws_closed *closed);
};

struct ws_handler {
    const struct ws_calls *calls; /* outlives the transport */
    void *userdata;
};

/*
 * Starts an attempt. Target texts are copied. 0 and `*ret`, or PUSHER_ERR_NOMEM;
 * everything else arrives as on_closed. Legal anywhere on the loop's thread.
 */
int ws_dial(pusher_loop *loop, const struct ws_target *target,
            const struct ws_handler *handler, struct ws **ret);

/* When the system last got something from the peer, read or not, in loop_now()
 * milliseconds; UINT64_MAX: it cannot tell (any more). Legal in on_closed, too. */
uint64_t ws_arrived_at(const struct ws *ws);

/* True while the attempt has not begun, because others of the loop are before it. Its
 * time does not run yet. */
bool ws_is_waiting(const struct ws *ws);

/* How far it has come, up to WS_STAGE_OPEN. */
enum ws_stage ws_stage(const struct ws *ws);

/* True when open and no frame is on its way. */
bool ws_can_send(const struct ws *ws);

/* Sends one text frame; only when ws_can_send(). Copies. 0 or PUSHER_ERR_NOMEM. */
int ws_send(struct ws *ws, pusher_str text);

/*
 * Ends it in any stage; no handler runs afterwards. When open, a close frame with `code`
 * is sent on the way out (CLOSE-10); the peer gets a short time to answer it.
 */
void ws_close(struct ws *ws, int code);

#endif
