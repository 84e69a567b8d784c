/*
 * What the checks remember of one client. They are a second opinion: built only from
 * facts and from the rules of the protocol, without a look into the library.
 *
 *   watch.c           hands each fact to the checks; clocks; levels
 *   watch_calls.c     calls and callbacks: I7, I11, I15, I16, I18, I20
 *   watch_attempts.c  transports, states, reports, delays: I1 … I3, I12 … I14, I21, L1,
 *                     L3 … L6
 *   watch_channels.c  subscriptions and frames: I4 … I6, I8, I9, I22, L2
 *   watch_delivery.c  events and bindings: I6, I9, L7
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "names.h"
#include "trace.h"

enum { WATCHED_BINDINGS = 24, MOST_NESTED_CALLS = 32 };

/* Where a subscription stands on the present connection. */
enum watched_stage {
    WATCHED_NONE,
    WATCHED_ASKED, /* subscribe sent */
    WATCHED_CONFIRMED,
    WATCHED_REFUSED
};

struct watched_channel {
    bool wanted;
    bool leaving; /* an unsubscribe is owed */
    enum watched_stage stage;
    bool lost;              /* it was confirmed, and that connection was lost */
    uint64_t missing_since; /* if so */
};

struct watched_binding {
    bool there;
    bool released;
    int channel, event; /* -1: the client; every event */
    uint64_t born;      /* order of binding */
    uint64_t heard;     /* the letter it was called for last */
};

/* The message that the client is just handling. */
struct watched_letter {
    bool open;
    uint64_t number; /* counts letters */
    int64_t kind, channel, event, data;
    bool to_channel, to_client; /* whose bindings are to hear of it */
    bool disturbed; /* a call or a failed allocation cut it short: not all need to hear */
    uint64_t born_limit; /* bindings that are younger must not hear of it */
    bool told;           /* a binding has heard of it */
    bool stopped;        /* its channel was unsubscribed then: nobody else hears of it */
    bool gap;            /* a gap is to be told */
    uint64_t gap_ms;     /* of this length */
    int rank;            /* of the binding that heard last */
    uint64_t last_born;
};

struct watch {
    bool alive;         /* between new and free */
    bool unhappy_alive; /* false: freed and not made again */
    int calls_open, callbacks_open;
    size_t blocks_before[MOST_NESTED_CALLS]; /* each of the calls that are open */
    size_t failed_before[MOST_NESTED_CALLS];
    bool there_before[MOST_NESTED_CALLS]; /* the binding that is to be unbound */
    bool client_owned;                    /* its userdata is the library's */

    /* wishes */
    bool wants;        /* connect was asked for, and the client has not given up */
    bool disconnected; /* once, by the application or by a refusal */
    bool called_since_state;
    uint64_t since; /* without a connection, though one is wanted */

    /* states */
    int64_t state;

    /* the attempt */
    bool may_dial;
    uint64_t dial_at;
    uint64_t started_at; /* the present attempt */
    bool started_by_call;
    bool attempt_open;  /* begun, and its end not reported */
    bool greeting;      /* its greeting is just being handled */
    bool greeted_again; /* a second one is: the connection must be given up */
    bool connected;
    unsigned transport;
    bool tls; /* moved up, or asked for */
    bool opened;
    uint64_t connected_at, heard_at;
    uint64_t activity_ms;
    uint64_t cautious_ms; /* shorter, after a silent loss (PING-07); 0: not */
    uint64_t frozen_ms;   /* since then, the machine did nothing for so long */
    uint64_t notice_by;   /* earlier, after a ping by hand or a hint */
    bool may_ping;        /* for the same reason */
    char socket_id[64];
    bool ended; /* the client was told that its transport ended */
    int64_t ended_stage, ended_code;
    int64_t inband_code; /* of the last message, if it was an in-band error */
    uint64_t inband_at;
    bool inband_unsure; /* an allocation failed meanwhile */
    size_t failed_seen; /* failed allocations as of the last report */

    /* retries */
    uint32_t failures;
    bool immediate_used;
    bool moved_up;

    struct watched_channel channels[CHANNEL_NAMES];
    struct watched_binding bindings[WATCHED_BINDINGS];
    uint64_t binding_clock;
    struct watched_letter letter;

    /* sums */
    uint64_t wakes;   /* timers that fired */
    uint64_t reasons; /* for timers to fire */
};

struct app;

/* One fact, seen by all checks. */
void watch_fact(struct app *app, const struct fact *fact);

/* After every happening in the world. */
void watch_clock(struct app *app);

/* --- the parts --- */

void watch_calls(struct app *app, const struct fact *fact);
void watch_attempts(struct app *app, const struct fact *fact);
void watch_channels(struct app *app, const struct fact *fact);
void watch_delivery(struct app *app, const struct fact *fact);

/* The connection is over: what belonged to it is. */
void watch_channels_lost(struct watch *watch);

/* When a silent connection must have been noticed, in the world's time. */
uint64_t watch_notice_by(const struct app *app);

/* When faults have stopped long enough for everything to be well; UINT64_MAX: they have
 * not, or nothing is wanted. In the world's time. */
uint64_t watch_well_by(const struct app *app);

#endif
