/*
 * The parts of `pusherctl swarm` and what they share: one loop, one thread, many
 * browsers.
 */
#ifndef CLI_SWARM_H
#define CLI_SWARM_H

#include <pusher/pusher.h>

#include "authorize.h"
#include "base/heap.h"
#include "swarm_args.h"
#include "swarm_failures.h"
#include "swarm_publish.h"
#include "swarm_stats.h"
#include "swarm_stream.h"

/* An event that is not there so long after it was published is given up. */
#define SWARM_LATE_US 2000000

struct browser;
struct place;

/* How the browsers are at the moment. */
struct swarm_now {
    uint32_t started;
    uint32_t arrived; /* were subscribed to all their channels, or refused, once */
    uint32_t connected;
    uint32_t subscribed; /* to all their channels */
    uint32_t refused;    /* by the server, for good */
    uint32_t shut_out;   /* of all their channels, on this connection */
};

/* What happened since the start. */
struct swarm_totals {
    uint64_t connections;
    uint64_t lost_connections;
    uint64_t reconnects;
    uint64_t pages; /* left for the next one */
    uint64_t events;
    struct histogram connect;
    struct histogram reconnect;
    struct histogram subscribe;
    struct histogram latency;
};

struct swarm {
    struct swarm_args args;
    struct authorize auth;
    pusher_options options; /* of every client */
    pusher_loop *loop;
    struct browser *browsers;
    struct place *places; /* one for each browser and template, browser by browser */
    struct heap leaving;  /* by the time at which they leave their page */
    uint32_t first_channel[SWARM_MAX_TEMPLATES + 1]; /* ids of a template's channels */
    uint64_t began_us;
    struct publisher publisher;
    struct swarm_now now;
    struct swarm_totals totals;
    struct stream_tally tally;
    struct swarm_failures failures;
    bool over;
    int status;      /* once over */
    bool is_unheard; /* standard output takes no report */
    void *reserve;   /* memory for the report, when there is no other left */
};

/* Monotonic microseconds. */
uint64_t swarm_clock(void);

/* Ends the run, with that exit status; the first reason wins. */
void swarm_finish(struct swarm *swarm, int status);

#endif
