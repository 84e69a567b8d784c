/*
 * Clock, queue and randomness.
 */
#include "world.h"

#include "app.h"
#include "core/random.h"

struct world *the_world;

void happening_plan(struct world *world, struct happening *happening, uint64_t when)
{
    happening_cancel(world, happening);
    heap_insert(&world->queue, &happening->node, when < world->now ? world->now : when);
    happening->armed = true;
}

void happening_cancel(struct world *world, struct happening *happening)
{
    if (happening->armed)
        heap_remove(&world->queue, &happening->node);
    happening->armed = false;
}

void world_run(struct world *world, uint64_t until)
{
    enum { MOST_AT_ONE_INSTANT = 100000 };
    unsigned at_this_instant = 0;
    for (;;) {
        struct heap_node *node = heap_first(&world->queue);
        if (!node || node->deadline > until || world->violation.check)
            break;
        at_this_instant = node->deadline == world->now ? at_this_instant + 1 : 0;
        if (at_this_instant > MOST_AT_ONE_INSTANT)
            violated(world, CHECK_L6, "more than %d happenings at one instant",
                     MOST_AT_ONE_INSTANT);
        world->now = node->deadline;
        struct happening *next = container_of(node, struct happening, node);
        happening_cancel(world, next);
        next->happen(next->userdata);
        for (size_t i = 0; i < world->app_count; i++)
            watch_clock(world->apps[i]);
    }
    if (!world->violation.check)
        world->now = until;
}

uint32_t pick(struct world *world, uint32_t min, uint32_t max)
{
    return random_between(&world->random, min, max);
}

bool chance(struct world *world, unsigned permille)
{
    return permille && pick(world, 0, 999) < permille;
}

/* Without floating point, whose last bits differ between compilers: a geometric number
 * of halvings, and a uniform share of the last one. */
uint32_t pick_gap(struct world *world, uint32_t mean_ms)
{
    uint32_t step = mean_ms - mean_ms / 4 + 1;
    uint32_t gap = 1;
    while (gap < 20 * step && chance(world, 500))
        gap += step;
    return gap + pick(world, 0, step);
}
