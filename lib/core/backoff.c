/*
 * How long to wait before the next attempt (RETRY-06).
 */
#include "core/backoff.h"

#include "core/core.h"
#include "core/random.h"

void backoff_init(struct backoff *backoff, uint64_t seed)
{
    *backoff = (struct backoff){.random = seed};
}

void backoff_connection_lived(struct backoff *backoff, const struct core_config *config,
                              uint64_t lived_ms)
{
    /* Not at TCP connect or at the greeting: a server that accepts and then closes would
     * defeat the backoff. */
    if (lived_ms < config->stable_after_ms)
        return;
    backoff->failures = 0;
    /* Even where every connection counts as stable, immediate retries keep the floor
     * between them. */
    if (lived_ms >= config->backoff_min_ms)
        backoff->immediate_used = false;
}

void backoff_count_failure(struct backoff *backoff)
{
    if (backoff->failures < UINT32_MAX)
        backoff->failures++;
}

/* The first bound is twice the floor and not the floor itself: clients that lost their
 * server at the same moment must not return at the same moment. */
uint32_t backoff_bound(const struct backoff *backoff, const struct core_config *config)
{
    if (backoff->failures >= 32)
        return config->backoff_max_ms;
    uint64_t bound = (uint64_t)config->backoff_min_ms << backoff->failures;
    return bound < config->backoff_max_ms ? (uint32_t)bound : config->backoff_max_ms;
}

uint32_t backoff_draw(struct backoff *backoff, const struct core_config *config)
{
    return random_between(&backoff->random, config->backoff_min_ms,
                          backoff_bound(backoff, config));
}

/* A server that dies ends all of its connections in one instant, and doubling from the
 * floor would bring everybody back within the same second. */
uint32_t backoff_draw_spread(struct backoff *backoff, const struct core_config *config)
{
    uint32_t spread_ms = config->reconnect_spread_ms;
    uint32_t bound = backoff_bound(backoff, config);
    if (spread_ms > bound)
        bound = spread_ms < config->backoff_max_ms ? spread_ms : config->backoff_max_ms;
    return random_between(&backoff->random, config->backoff_min_ms, bound);
}

bool backoff_take_immediate(struct backoff *backoff)
{
    bool allowed = !backoff->immediate_used;
    backoff->immediate_used = true;
    return allowed;
}
