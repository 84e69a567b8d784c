/*
 * How long to wait before the next attempt (RETRY-06): exponential, with full jitter
 * between a floor and a growing upper bound, for every cause alike. Pure: no clock, and
 * the randomness comes from a seed.
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct core_config;

/* How long, is in the config of the core, which is given with each call: of thousands of
 * clients each has one. */
struct backoff {
    uint32_t failures;   /* since the last stable connection */
    bool immediate_used; /* the one immediate retry (CLOSE-06) */
    uint64_t random;
};

void backoff_init(struct backoff *backoff, uint64_t seed);

/* A connection ended that was greeted `lived_ms` ago: starts anew if it was stable. */
void backoff_connection_lived(struct backoff *backoff, const struct core_config *config,
                              uint64_t lived_ms);

/* Counts a failed attempt. */
void backoff_count_failure(struct backoff *backoff);

/* The largest delay that the failures so far allow: min doubled with each, up to max. */
uint32_t backoff_bound(const struct backoff *backoff, const struct core_config *config);

/* Draws a delay of backoff_min_ms … backoff_bound(). */
uint32_t backoff_draw(struct backoff *backoff, const struct core_config *config);

/* As backoff_draw(), after a connection that the other side has ended: the upper bound is
 * at least reconnect_spread_ms, up to backoff_max_ms. */
uint32_t backoff_draw_spread(struct backoff *backoff, const struct core_config *config);

/* True once until a connection was stable: the next attempt may start now (CLOSE-06). */
bool backoff_take_immediate(struct backoff *backoff);

#endif
