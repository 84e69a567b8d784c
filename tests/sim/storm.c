/*
 * Many clients lose their server at the same moment.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "app.h"
#include "seed.h"
#include "transport.h"

enum { MINUTE_MS = 60000, LONGEST_MS = 600000 };

static bool all_connected(const struct world *world)
{
    for (size_t i = 0; i < world->app_count; i++) {
        if (!world->apps[i]->watch.connected)
            return false;
    }
    return true;
}

static void kill_server(struct world *world, uint32_t outage_ms)
{
    trace_note(world, "the server dies for %u ms", (unsigned)outage_ms);
    world->down_until = world->now + outage_ms;
    for (size_t i = 0; i < world->app_count; i++)
        transport_reset(world->apps[i]->ws, ECONNRESET);
}

/* Runs window by window, and counts. */
static unsigned busiest_permille(struct world *world, uint32_t window_ms)
{
    unsigned busiest = 0;
    unsigned before = world->dials;
    uint64_t end = world->now + LONGEST_MS;
    while (world->now < end && !world->violation.check) {
        unsigned dials = world->dials;
        world_run(world, world->now + window_ms);
        if (world->dials - dials > busiest)
            busiest = world->dials - dials;
        if (all_connected(world))
            break;
    }
    if (!all_connected(world))
        violated(world, CHECK_L1, "not everybody is back after %d ms", LONGEST_MS);
    unsigned all = world->dials - before;
    return all ? busiest * 1000 / all : 1000;
}

unsigned storm_run(const struct storm_config *config, struct violation *ret)
{
    unsigned clients = config->clients;
    struct world world = {
        .end = UINT64_MAX,
        .random = config->seed,
        .plant = config->plant,
        .weather = {.calm = true, .calm_since = UINT64_MAX},
    };
    trace_init(&world.trace, config->story);
    the_world = &world;
    struct app *apps = calloc(clients, sizeof *apps);
    world.apps = calloc(clients, sizeof(void *));
    assert(apps && world.apps);
    world.app_count = clients;
    for (unsigned i = 0; i < clients; i++) {
        world.apps[i] = &apps[i];
        app_init(&apps[i], &world, i);
        apps[i].fixed_options = true;
        call_new(&apps[i]);
        call_subscribe(&apps[i], 0);
        call_connect(&apps[i]);
    }
    world_run(&world, MINUTE_MS);
    if (!all_connected(&world))
        violated(&world, CHECK_L1, "not everybody is connected after a minute");
    kill_server(&world, config->outage_ms);
    unsigned permille = busiest_permille(&world, config->window_ms);
    for (unsigned i = 0; i < clients; i++)
        app_end(&apps[i]);
    *ret = world.violation;
    free(world.apps);
    free(apps);
    return permille;
}
