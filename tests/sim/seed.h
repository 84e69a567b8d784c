/*
 * One seed: a world, its weather from beginning to end, and what came of it.
 */
#ifndef SIM_SEED_H
#define SIM_SEED_H

#include "world.h"

struct seed_config {
    uint64_t seed;
    uint32_t hours;
    bool story, levels;
    bool allowed[FAULT_COUNT];
    enum plant plant;
};

struct seed_result {
    uint64_t hash, facts;
    unsigned dials, messages;
    struct violation violation;
};

void seed_run(const struct seed_config *config, struct seed_result *ret);

struct storm_config {
    uint64_t seed;
    unsigned clients;
    uint32_t outage_ms; /* the server is back after that */
    uint32_t window_ms; /* how long the busiest time is that is looked for */
    bool story;
    enum plant plant;
};

/* All clients lose their server at one moment. The permille of all attempts to return
 * that the busiest window holds. */
unsigned storm_run(const struct storm_config *config, struct violation *ret);

#endif
