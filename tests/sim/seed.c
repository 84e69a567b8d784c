/*
 * One seed: alternating weather, a calm end, the books at the end.
 */
#include "seed.h"

#include <string.h>

#include "app.h"
#include "server.h"

enum { MINUTE_MS = 60000 };

struct season {
    struct world *world;
    struct happening turns;    /* of the weather */
    struct happening incident; /* in bad weather */
};

static void settle(struct world *world)
{
    for (size_t i = 0; i < world->app_count; i++)
        app_settle(world->apps[i]);
}

static void strike(void *userdata)
{
    struct season *season = userdata;
    struct world *world = season->world;
    struct app *app = world->apps[pick(world, 0, (uint32_t)world->app_count - 1)];
    enum fault fault = weather_pick_incident(world);
    if (fault != FAULT_COUNT)
        incident(world, fault, app);
    happening_plan(world, &season->incident,
                   world->now + pick_gap(world, world->weather.incident_gap_ms));
}

static void turn(void *userdata)
{
    struct season *season = userdata;
    struct world *world = season->world;
    uint64_t last = weather_last_calm(world);
    uint64_t next;
    if (world->now >= last || !world->weather.calm) {
        happening_cancel(world, &season->incident);
        weather_turn_calm(world);
        world->down_until = planted(world, PLANT_NEVER_WELL) ? UINT64_MAX : world->now;
        world->weather.last = world->now >= last;
        settle(world);
        next = world->now + pick(world, 3, 60) * MINUTE_MS;
    } else {
        weather_turn_bad(world);
        uint32_t longest = world->weather.incident_gap_ms < 60000 ? 8 : 40;
        next = world->now + pick(world, 1, longest) * MINUTE_MS;
        happening_plan(world, &season->incident, world->now);
    }
    if (!world->weather.last)
        happening_plan(world, &season->turns, next < last ? next : last);
}

static void world_init(struct world *world, const struct seed_config *config)
{
    *world = (struct world){
        .end = (uint64_t)config->hours * 3600000,
        .random = config->seed,
        .plant = config->plant,
        .weather = {.calm = true},
    };
    memcpy(world->weather.allowed, config->allowed, sizeof config->allowed);
    trace_init(&world->trace, config->story);
    world->trace.levels = config->levels;
    the_world = world;
}

void seed_run(const struct seed_config *config, struct seed_result *ret)
{
    struct world world;
    world_init(&world, config);
    struct app apps[2];
    struct app *list[] = {&apps[0], &apps[1]};
    world.apps = list;
    world.app_count = chance(&world, 100) ? 2 : 1;
    for (unsigned i = 0; i < world.app_count; i++) {
        app_init(list[i], &world, i);
        call_new(list[i]);
    }
    struct season season = {.world = &world};
    season.turns = (struct happening){.happen = turn, .userdata = &season};
    season.incident = (struct happening){.happen = strike, .userdata = &season};
    happening_plan(&world, &season.turns, 0);
    world_run(&world, world.end);
    happening_cancel(&world, &season.turns);
    happening_cancel(&world, &season.incident);
    for (size_t i = 0; i < world.app_count; i++)
        app_end(list[i]);
    *ret = (struct seed_result){
        .hash = world.trace.hash,
        .facts = world.trace.facts,
        .dials = world.dials,
        .messages = world.messages,
        .violation = world.violation,
    };
}
