/*
 * The world of one seed: one clock, one queue of happenings, one source of randomness,
 * and everything that lives in it. Nothing here knows the real time, an address in
 * memory or another thread, so the same seed always gives the same story.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"
#include "check.h"
#include "fault.h"
#include "plant.h"
#include "trace.h"

struct app;

/* Something that is going to happen; embedded in whom it happens to. */
struct happening {
    struct heap_node node;
    void (*happen)(void *userdata);
    void *userdata;
    bool armed;
};

struct world {
    uint64_t now; /* milliseconds since the world began; goes on while machines sleep */
    uint64_t end; /* when the seed's time is over */
    uint64_t random;
    struct heap queue;
    int64_t wall_offset_ms; /* of the wall clock: it jumps, and nothing may follow */
    unsigned wall_reads;    /* by the library: one for each gap that it tells */
    unsigned gaps;          /* told */

    struct app **apps;
    size_t app_count;

    struct weather weather;
    uint64_t down_until; /* the server refuses everybody until then */
    unsigned socket_ids; /* given out so far */
    unsigned messages;   /* published so far */
    unsigned dials;      /* of all clients */
    unsigned key;        /* of the sealed channel, just now */

    enum plant plant;
    struct trace trace;
    struct violation violation; /* the first one; the run ends with it */
};

/* The seam to the library has no place for a context, so the world being played is here.
 * One at a time. */
extern struct world *the_world;

/* --- happenings --- */

/* At `when`, or moved there if already planned; not before now. */
void happening_plan(struct world *world, struct happening *happening, uint64_t when);
void happening_cancel(struct world *world, struct happening *happening);

/* Lets happen what is due until `until`, or until a check fails. */
void world_run(struct world *world, uint64_t until);

/* What the wall clock of all machines shows: milliseconds since 1970. */
int64_t world_wall_ms(const struct world *world);

/* --- randomness --- */

uint32_t pick(struct world *world, uint32_t min, uint32_t max); /* both included */
bool chance(struct world *world, unsigned permille);

/* A time between two happenings that come `mean_ms` apart on average, at least 1. */
uint32_t pick_gap(struct world *world, uint32_t mean_ms);

#define PICK_OF(world, table)                                                            \
    ((table)[pick((world), 0, (uint32_t)(sizeof(table) / sizeof *(table)) - 1)])

#endif
