/*
 * What was observed: a stream of facts. Each goes through the planted bug (if there is
 * one), into the hash of the run, to the reader of the story, and to the checks, which
 * know nothing but facts.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <pusher/types.h>

enum fact_kind {
    /* the application */
    FACT_CALL,     /* begins: n[0] call, n[1] channel, n[2] event, n[3] binding */
    FACT_RETURN,   /* the same, and n[4] the result; text: its name */
    FACT_RELEASED, /* userdata freed: n[0] binding, or RELEASED_… */
    FACT_GONE,     /* the client's memory: n[0] blocks, n[1] bytes still held */
    /* its callbacks; each is followed by FACT_CALLBACK_END */
    FACT_STATE,   /* n[0] previous, n[1] current, n[2] as asked; text: the socket id */
    FACT_PROBLEM, /* n[0] kind, n[1] code, n[2] will retry, n[3] attempt, n[4] delay;
                     text: the words */
    FACT_GAP,     /* n[0] channel, n[1] from, n[2] until, by the wall clock; n[3] the
                     wall clock now */
    FACT_EVENT,   /* n[0] binding, n[1] channel or -1; text: name; more: data */
    /* its authorizer: n[0] channel, n[1] request, n[2] its place in the call, n[3] the
     * channel is the application's of that name; text: the socket id */
    FACT_AUTH_BEGIN,
    FACT_AUTH_CANCEL, /* n[0] request */
    FACT_CALLBACK_END,
    FACT_LOG, /* n[0] level; text: the line */
    /* the transport */
    FACT_DIAL,   /* n[0] transport, n[1] with TLS, n[2] it was made, n[3] it waits for its
                    turn */
    FACT_TURN,   /* which has come: n[0] transport */
    FACT_OPENED, /* n[0] transport */
    FACT_ENDED,  /* told to the client: n[0] transport, n[1] stage, n[2] close code */
    FACT_CLOSED, /* by the client: n[0] transport */
    FACT_SENT,   /* n[0] transport; text: the frame */
    /* a message is handed to the client: n[0] transport, n[1] letter, n[2] channel,
     * n[3] event, n[4] number (see letter.h); text: the message */
    FACT_RECEIVED,
    FACT_TAKEN, /* the client has returned: n[0] transport, n[1] failed allocations */
    /* the loop */
    FACT_TIMER,   /* fired: n[0] deadline, n[1] now */
    FACT_SLEPT,   /* n[0] the machine does nothing for so long */
    FACT_RESUMED, /* and is told that it has slept */
    /* levels, asked through the public calls when nothing is left to do */
    FACT_LEVELS,  /* n[0] state, n[1] live transports, n[2] the transport can send, n[3]
                     blocks, n[4] bytes; text: the socket id */
    FACT_CHANNEL, /* n[0] channel, n[1] known, n[2] its subscription state */
    FACT_ROSTER,  /* n[0] members counted, n[1] listed, n[2] me or -1; text: who */
    FACT_USER,    /* n[0] state of the sign-in; text: the user */
    FACT_DROPPED  /* n[0] client events, since the client was made */
};

/* In FACT_RELEASED. */
enum { RELEASED_CLIENT = -1, RELEASED_AUTHORIZER = -2 };

struct fact {
    enum fact_kind kind;
    int64_t n[5];
    pusher_str text, more;
};

struct world;
struct app;

struct trace {
    bool story;  /* printed */
    bool levels; /* with the levels, too */
    uint64_t hash;
    uint64_t facts;
};

void trace_init(struct trace *trace, bool story);

/* Passes a fact on. */
void observe(struct app *app, const struct fact *fact);

/* A line for the reader that is no fact of a client: the weather, a fault. Hashed. */
void trace_note(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints and hashes: only for observe(). */
void trace_fact(struct app *app, const struct fact *fact);

#endif
