/*
 * Connections: stands in for the WebSocket of lib/net. An attempt goes through its stages
 * (name, TCP, TLS, upgrade) as drawn when it begins; then letters and frames travel, in
 * order as over TCP, with the delays and losses of the weather.
 */
#ifndef SIM_TRANSPORT_H
#define SIM_TRANSPORT_H

#include "letter.h"
#include "net/ws.h"
#include "world.h"

/* What the server knows of one connection. */
struct session {
    bool greeted;
    char socket_id[40];
    bool subscribed[WATCHED_CHANNELS];
    bool deaf; /* a ping was not answered */
    struct happening publish;
};

struct ws {
    pusher_loop *loop;
    struct world *world;
    struct app *app;
    struct ws_handler handler;
    unsigned number;
    bool tls;

    /* the attempt */
    bool waits; /* for its turn */
    enum ws_stage stage;
    enum ws_stage fails_at; /* WS_STAGE_OPEN: it does not fail */
    bool hangs;             /* there, instead */
    uint32_t stage_ms;      /* how long each stage takes */
    struct happening progress;

    /* the link */
    uint32_t latency_ms;
    bool dead;              /* nothing passes any more, and nobody is told */
    uint64_t stalled_until; /* nothing passes before */
    bool sending;           /* a frame is in the socket's buffer */
    unsigned stuck;         /* frames that a dead link has swallowed */
    struct happening sent;
    struct list to_client, to_server;
    struct happening client_hears, server_hears;

    struct session session;
    void *token; /* of the client's memory, as a real transport takes some */
};

/* Puts a letter on its way: `head` says what it is. */
void transport_deliver(struct ws *ws, const struct letter *head, pusher_str text);

/* Ends the connection now, letters under way are lost: reset, or the machine found out.
 */
void transport_reset(struct ws *ws, int system_error);

/* What was held up, or waits, goes on now. */
void transport_unstall(struct ws *ws);

/* Ends it with an open link in a way that only lib/net can see. */
void transport_break(struct ws *ws, enum ws_stage stage);

#endif
