/*
 * The inside of a WebSocket client connection, for the files that make it up: ws.c (its
 * life), ws_message.c (messages in and out), ws_events.c (what libwebsockets tells).
 */
#ifndef NET_WS_IMPL_H
#define NET_WS_IMPL_H

#include "net/dial.h"
#include "net/loop_impl.h"
#include "net/ws.h"

enum ws_phase {
    WS_RESOLVING,
    WS_DIALLING,
    WS_OPEN,
    WS_CLOSING /* a close frame is on its way, or the end is */
};

struct ws {
    struct socket_owner owner;
    pusher_loop *loop;
    struct ws_handler handler;
    struct loop_child child;
    enum ws_phase phase;
    bool detached;         /* no handler runs any more; what is left is cleaning up */
    bool connecting;       /* inside dial_next() */
    bool requested;        /* the upgrade was asked for */
    bool in_closing;       /* counted in loop->closing_now */
    struct lws *wsi;       /* NULL: libwebsockets holds nothing of us */
    struct dial *dial;     /* NULL once open */
    struct loop_task task; /* of the next address; its link also in loop->closing */
    struct loop_timer timer;
    char *tx; /* LWS_PRE bytes, then the frame; NULL: none on its way */
    size_t tx_len;
    struct buf rx;       /* of an incomplete message; max: of any message */
    uint16_t close_code; /* ours, to be sent */
};

/* ws.c */

/* The connection stands. */
void ws_opened(struct ws *ws);
/* Tells the owner that it is over, once; from here on only cleaning up is left. */
void ws_over(struct ws *ws, const struct ws_closed *closed);
/* An address failed: the next one, if it was TCP and there is one, or the end. */
void ws_dial_failed(struct ws *ws, const struct cause *cause);
/* Nothing is sent or delivered any more; the rest gets a short time. */
void ws_closing(struct ws *ws);
/* Starts the closing handshake; its end is LWS_CALLBACK_WSI_DESTROY. */
void ws_close_with(struct ws *ws, int code);

/* ws_message.c: LWS_CALLBACK_CLIENT_RECEIVE and _WRITEABLE; 0, or -1 to drop it. */
int ws_received(struct ws *ws, pusher_str piece);
int ws_writable(struct ws *ws);

#endif
