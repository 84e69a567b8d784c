/*
 * What the checks remember of one client. They are a second opinion: built only from
 * facts and from the rules of the protocol, without a look into the library.
 *
 *   watch.c           hands each fact to the checks; clocks; levels
 *   watch_calls.c     calls and callbacks: I7, I11, I15, I16, I18, I20
 *   watch_attempts.c  transports, states, reports, delays: I1 … I3, I12 … I14, I21, L1,
 *                     L3 … L6
 *   watch_channels.c  subscriptions and frames: I5, I6, I8, I9, I22, L2
 *   watch_auth.c      authorizations, and what comes of them: I4 … I6, I11, I15
 *   watch_troubles.c  reports about subscriptions, and the next try: I13, I21
 *   watch_members.c   who is on the presence channel: I10
 *   watch_sealed.c    messages that wait for a key: I19
 *   watch_trigger.c   client events: I17
 *   watch_delivery.c  events and bindings: I6, I9, L7
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "grant.h"
#include "names.h"
#include "trace.h"

enum {
    WATCHED_BINDINGS = 24,
    MOST_NESTED_CALLS = 32,
    WATCHED_REQUESTS = 64,
    WATCHED_BOXES = 100,
    WATCHED_TRIGGERS = 100,
    WATCHED_RATE = 10
};

/* Where a subscription stands on the present connection. */
enum watched_stage {
    WATCHED_NONE,
    WATCHED_QUEUED,      /* its authorization is owed */
    WATCHED_AUTHORIZING, /* it is under way, or answered */
    WATCHED_ASKED,       /* subscribe sent */
    WATCHED_CONFIRMED,
    WATCHED_LATE,   /* not answered in time, or of no use: asked anew when due */
    WATCHED_REFUSED /* tried again when due */
};

struct watched_channel {
    bool wanted;
    bool leaving;    /* an unsubscribe is owed */
    bool sent;       /* on this connection, and not refused (of the sign-in) */
    bool gap_unsure; /* nor whether it was confirmed on the last one */
    bool unsure; /* what became of it cannot be told from outside, on this connection */
    enum watched_stage stage;
    uint64_t asked_at;
    uint64_t asked_order;
    uint64_t due;             /* of the next try; UINT64_MAX: at the next connection */
    uint32_t failures;        /* since something was of use */
    uint32_t failures_before; /* the last confirmation */
    uint64_t authorizing_since;
    int64_t request;        /* the last one */
    enum verdict verdict;   /* its answer */
    bool bare;              /* a sign-in has to tell for whom it is (PRES-01) */
    bool lost;              /* it was confirmed, and that connection was lost */
    uint64_t missing_since; /* if so */
};

/* An authorization under way, without an answer. */
struct watched_request {
    int64_t id; /* 0: none */
    int channel;
    bool obsolete; /* the authorizer is to be told */
};

/* A client event on its way. */
struct watched_trigger {
    int channel;
    int64_t number;
    size_t bytes;
};

/* A message that waits for a key. */
struct watched_box {
    int64_t number;
    int64_t key;
    uint64_t since;
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
    bool to_channel, to_client, to_user; /* whose bindings are to hear of it */
    bool apart;       /* no message: the library has something to tell */
    size_t failed;    /* allocations, when it came */
    int refuses;      /* the subscription that it refuses; -1: none */
    int refused_code; /* with this status */
    bool disturbed; /* a call or a failed allocation cut it short: not all need to hear */
    uint64_t born_limit; /* bindings that are younger must not hear of it */
    bool told;           /* a binding has heard of it */
    bool stopped;        /* its channel was unsubscribed then: nobody else hears of it */
    bool skipped;        /* who hears of it cannot be told */
    bool confirms;       /* a subscription that was awaited */
    bool waits;          /* for a key: it is told later, if at all */
    bool gap;            /* a gap is to be told */
    uint64_t gap_ms;     /* of this length */
    int rank;            /* of the binding that heard last */
    uint64_t last_born;
};

struct watch {
    bool alive; /* between new and free */
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
    uint64_t started_at; /* the present attempt: dialled, or its turn */
    bool waits;          /* for its turn: its time does not run */
    bool dialled;        /* it has a transport */
    bool attempt_open;   /* begun, and its end not reported */
    bool greeting;       /* its greeting is just being handled */
    bool greeted_again;  /* a second one is: the connection must be given up */
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
    bool inband_unsure;    /* an allocation failed meanwhile */
    size_t failed_at_rest; /* failed allocations when nothing was left to do */
    size_t failed_seen;    /* failed allocations as of the last report */

    /* retries */
    uint32_t failures;
    bool immediate_used;

    struct watched_channel channels[WATCHED_CHANNELS];
    uint64_t asked_clock;
    struct watched_request requests[WATCHED_REQUESTS];
    bool authorizer_owned;

    /* the presence channel */
    unsigned members;         /* a bit for each user */
    bool members_known;       /* the subscription stands */
    unsigned versions[USERS]; /* of their info */
    unsigned went, came;      /* meanwhile, and not told yet */
    unsigned went_of[USERS];  /* the versions of those who went */
    unsigned members_before;  /* the message */
    bool versions_unsure;     /* memory failed while they were read */
    bool letter_moves;        /* the message is of a member, and is to be told */
    unsigned moved_version;

    /* the sealed channel */
    int64_t key;        /* what the client has; -1: none */
    int64_t key_before; /* the last answer */
    struct watched_box boxes[WATCHED_BOXES];
    int box_count;
    bool box_useless;        /* the last new key opened nothing, */
    uint64_t box_useless_at; /* and it came then */
    bool refreshing;

    bool box_arrives;         /* the message is one that waits, or is reported */
    bool box_alone, box_full; /* none waited before it; there is no room for it */

    /* the watchlist */
    int64_t watched; /* of the message, and not told yet: two bits a user */

    /* client events */
    struct watched_trigger triggers[WATCHED_TRIGGERS];
    int trigger_count;
    size_t trigger_bytes;
    uint64_t dropped;
    bool triggers_unsure;           /* for the rest of the client's life */
    uint64_t sent_at[WATCHED_RATE]; /* the last ones */
    int sent_count;

    struct watched_binding bindings[WATCHED_BINDINGS];
    uint64_t binding_clock;
    uint64_t clock_before; /* the message, or when nothing was left to do */
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
void watch_auth(struct app *app, const struct fact *fact);
void watch_troubles(struct app *app, const struct fact *fact);
void watch_members(struct app *app, const struct fact *fact);
void watch_sealed(struct app *app, const struct fact *fact);
void watch_trigger(struct app *app, const struct fact *fact);
void watch_delivery(struct app *app, const struct fact *fact);

/* --- what they share --- */

/* The client is connected. */
void watch_channels_connected(struct app *app);

/* The channel is asked for from the beginning. */
void watch_ask(struct watch *watch, int channel);

/* An answer of the server to it would be one to what was asked. */
bool watch_awaits(const struct watch *watch, int channel);

/* The channel has nothing under way any more, and the authorizer is to be told. */
void watch_forget_request(struct watch *watch, int channel);

/* The library has something to tell that is no message: `event` of `channel`. */
void watch_expect(struct app *app, int64_t kind, int channel, int event, int64_t data);

/* Nothing more is to be heard of the last message. */
void watch_letter_over(struct app *app);

/* Somebody is bound who is to hear of `event` of `channel`, and was before the message.
 */
bool watch_has_listener(const struct watch *watch, int channel, int event);

/* The connection is over: client events are dropped, or kept. */
void watch_triggers_lost(struct app *app);

/* The members are not known any more; `unread`: and what the message that is being
 * handled said of them counts for nothing. */
void watch_members_lost(struct app *app, bool unread);

/* This event tells of one who came or went meanwhile: it is expected from here on. */
bool watch_change_told(struct app *app, const struct fact *fact);

/* It has the data of this user. */
void watch_check_member(struct app *app, const struct fact *fact, int user);

/* No more of them are told; unless `disturbed`, all that are left had no listeners. */
void watch_changes_over(struct app *app, bool disturbed);

/* The next try of the channel, if its time has come. */
void watch_try_again(struct app *app, int channel);

/* This event is the content of a box that has waited. */
bool watch_box_told(struct app *app, int64_t number);

/* Nothing waits for a key. */
void watch_forget_boxes(struct watch *watch);

/* A message on the sealed channel that could not be opened is reported. */
void watch_box_reported(struct app *app);

/* The sign-in may still succeed. */
bool watch_signin_pending(const struct watch *watch);

/* The connection is over: what belonged to it is. */
void watch_channels_lost(struct app *app);

/* When a silent connection must have been noticed, in the world's time. */
uint64_t watch_notice_by(const struct app *app);

/* When faults have stopped long enough for everything to be well; UINT64_MAX: they have
 * not, or nothing is wanted. In the world's time. */
uint64_t watch_well_by(const struct app *app);

#endif
