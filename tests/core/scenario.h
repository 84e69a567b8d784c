/*
 * A core on a virtual clock, driven as the pump drives it, for scenarios that read like
 * the protocol:
 *
 *     at(s, 0), wants_connection(s);
 *     expect(s, "=connecting dial#1");
 *     at(s, 5), opens(s), greets(s);
 *     expect(s, "=connected >subscribe(room)");
 *
 * What the core put out since the last expect() is a line of words:
 *
 *     =connected          the public state changed
 *     dial#2  dial#2/tls  a transport is wanted, attempt 2, without and with TLS
 *     hangup              none is wanted any more
 *     >ping  >pong  >subscribe(room)  >unsubscribe(room)
 *     room+order          an event for the bindings of the channel and of the client
 *     room.order          ... of the channel only
 *     *order              ... of the client only
 *     @order              ... of the client and of the user
 *     ?private-room       an authorization begins
 *     cancel(private-room)  ... and is not of interest any more
 *     !closed/4100/2+     a problem: kind, code, attempt; + will retry, - will not
 *     !subscribe(room)/-1/0-  ... about a channel
 *
 * After each input the invariants of scenario.c are checked.
 */
#ifndef CORE_TEST_SCENARIO_H
#define CORE_TEST_SCENARIO_H

#include "base/buf.h"
#include "core/core_impl.h"
#include "support/fail_alloc.h"

enum { SCENE_CHANNELS = 8, SCENE_NAME = 32, SCENE_AUTHS = 64 };

/* A secret, in each authorization that the scene grants: no text may ever hold it. */
#define SCENE_SIGNATURE "5ec4e7"

/* An authorization that was begun. */
struct scene_auth {
    pusher_id id;
    char name[SCENE_NAME];
};

/* What a server would know of a channel on this connection. */
struct scene_channel {
    char name[SCENE_NAME];
    bool told;      /* a subscribe came, and no unsubscribe since */
    bool confirmed; /* and was confirmed */
};

struct scene {
    struct fail_alloc alloc;
    struct core *core; /* NULL: there was no memory for it */
    uint64_t now;
    bool blocked; /* the transport takes no frame */
    bool late;    /* time jumps: deadlines are handled late */
    bool leaves;  /* disconnects when an event is told; once */
    bool quiet;   /* expect() only clears: memory fails, so outputs differ */
    struct buf frame;
    char last_frame[512];

    char said[4096];         /* since the last expect() */
    uint64_t digest;         /* of everything that was ever said */
    pusher_problem problem;  /* the last one; texts below */
    char problem_text[1024]; /* its message */
    char data[1024];         /* of the last event, if it is not longer */
    uint64_t gap_ms;         /* of the last subscription; CORE_NEVER: none */
    char log[65536];         /* all log lines */
    size_t log_used;

    pusher_state state;    /* as of the last look */
    struct core_want want; /* likewise */
    uint32_t dials;
    uint64_t dialled_at;
    uint64_t retry_at; /* when the last failed attempt said that the next one starts */
    bool retry_known;
    struct scene_channel channels[SCENE_CHANNELS];
    struct scene_auth auths[SCENE_AUTHS]; /* the last ones */
    size_t auth_count;
};

struct core_config scene_config(void); /* the public defaults, TLS off */

/* `fail_at`: see fail_alloc. */
void scene_open(struct scene *s, const struct core_config *config, size_t fail_at,
                bool fail_on);
void scene_close(struct scene *s); /* checks that all memory came back */

/* Time passes until `now`; due deadlines are handled on the way. */
void at(struct scene *s, uint64_t now);
void after(struct scene *s, uint64_t ms);

void wants_connection(struct scene *s);
void wants_none(struct scene *s);
void pings_now(struct scene *s);
void network_changes(struct scene *s);
/* False: refused (limit or memory). */
bool wants_channel(struct scene *s, const char *name);
void drops_channel(struct scene *s, const char *name);

void opens(struct scene *s);
void greets(struct scene *s); /* socket id 1.2, activity timeout 120 s */
void says(struct scene *s, const char *text);
void confirms(struct scene *s, const char *channel);
void refuses(struct scene *s, const char *channel); /* status 403, "go away" */
/* The answer to the last request for `channel`: 0, or PUSHER_ERR_NOT_FOUND. */
int grants(struct scene *s, const char *channel);
int grants_with(struct scene *s, const char *channel, const char *json);
int denies(struct scene *s, const char *channel, int http_status);
void refuses_with(struct scene *s, const char *channel, int status);
/* A client event with data {}; the result of the call. */
int triggers(struct scene *s, const char *channel, const char *event);
void sends_binary(struct scene *s);
void closes(struct scene *s, int code); /* the WebSocket was open */
void fails(struct scene *s, enum core_stage stage, const char *reason);
void closed_with(struct scene *s, const struct core_closed *closed);
/* Any of the above for attempt `generation`. */
void says_as(struct scene *s, uint32_t generation, const char *text);

/* connect, open, greeting, in no time; then forgets what was said. */
void brings_up(struct scene *s);
/* Whether the transport is busy: no frame is taken from the core. */
void blocks(struct scene *s, bool blocked);

/* Though busy, it takes one frame. */
void takes_a_frame(struct scene *s);

/* What was said since the last time is exactly this. */
void expect(struct scene *s, const char *words);
/* The text of the last problem holds `part`. */
void expect_text(struct scene *s, const char *part);
/* The text of the last problem starts with `part`. */
void expect_text_start(struct scene *s, const char *part);
/* The user's channel of that name is there and in this state. */
void expect_state_of(struct scene *s, const char *name, pusher_subscription state);

/* Outputs of an input made directly on s->core. */
void settle(struct scene *s);

/* Memory is there again: the core must come back to a working subscription. */
void recovers(struct scene *s);

/* A scenario: played as it is, and again with each allocation failing in turn. */
struct scenario {
    const char *name;
    void (*play)(struct scene *s);
};

/*
 * A test program of scenarios: each as it is, and each again with its n-th allocation
 * failing, once and from then on, for every n. After such a run memory is there again,
 * and the core must come back to a working subscription.
 */
int play_scenarios(const char *group, const struct scenario *list, size_t count);

#endif
