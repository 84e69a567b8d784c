/*
 * The weather.
 */
#include "fault.h"

#include <string.h>

#include "world.h"

static const struct {
    const char *name, *what;
} faults[] = {
#define X(id, what) {#id, what},
    FAULTS(X)
#undef X
};

const char *fault_name(enum fault fault)
{
    return faults[fault].name;
}

const char *fault_what(enum fault fault)
{
    return faults[fault].what;
}

bool fault_strikes(struct world *world, enum fault fault)
{
    return chance(world, world->weather.permille[fault]);
}

void weather_turn_bad(struct world *world)
{
    struct weather *weather = &world->weather;
    weather->calm = false;
    static const uint32_t gaps[] = {3000, 15000, 60000, 60000, 300000};
    weather->incident_gap_ms = PICK_OF(world, gaps);
    /* From "one thing at a time" to "everything". */
    static const unsigned shares[] = {40, 120, 300, 1000};
    unsigned share = PICK_OF(world, shares);
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        static const unsigned strengths[] = {10, 50, 200, 500};
        unsigned strength = PICK_OF(world, strengths);
        bool active = chance(world, share) && weather->allowed[fault];
        weather->permille[fault] = active ? strength : 0;
    }
    trace_note(world, "bad weather, an incident every %u ms",
               (unsigned)weather->incident_gap_ms);
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        if (weather->permille[fault])
            trace_note(world, "  %u in 1000: %s", weather->permille[fault],
                       faults[fault].what);
    }
}

void weather_turn_calm(struct world *world)
{
    struct weather *weather = &world->weather;
    weather->calm = true;
    weather->calm_since = world->now;
    memset(weather->permille, 0, sizeof weather->permille);
    trace_note(world, "calm");
}

uint64_t weather_last_calm(const struct world *world)
{
    enum { LAST_CALM_MS = 10 * 60000 };
    return world->end - LAST_CALM_MS;
}

enum fault weather_pick_incident(struct world *world)
{
    unsigned total = 0;
    for (int fault = FIRST_INCIDENT; fault < FAULT_COUNT; fault++)
        total += world->weather.permille[fault];
    if (!total)
        return FAULT_COUNT;
    unsigned left = pick(world, 0, total - 1);
    int fault = FIRST_INCIDENT;
    while (left >= world->weather.permille[fault])
        left -= world->weather.permille[fault++];
    return (enum fault)fault;
}
