/*
 * How long to wait before the next attempt (RETRY-06): exponential, with full jitter
 * between a floor and a growing upper bound, for every cause alike. Pure: no clock, and
 * the randomness comes from a seed.
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    uint32_t min_ms;
    uint32_t max_ms; /* not below min_ms */
    uint32_t stable_after_ms;
    uint32_t failures;   /* since the last stable connection */
    bool immediate_used; /* the one immediate retry (CLOSE-06) */
    uint64_t random;
};

void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms,
                  uint32_t stable_after_ms, uint64_t seed);

/* A connection ended that was greeted `lived_ms` ago: starts anew if it was stable. */
void backoff_connection_lived(struct backoff *backoff, uint64_t lived_ms);

/* Counts a failed attempt. */
void backoff_count_failure(struct backoff *backoff);

/* The largest delay that the failures so far allow: min doubled with each, up to max. */
uint32_t backoff_bound(const struct backoff *backoff);

/* Draws a delay of min_ms … backoff_bound(). */
uint32_t backoff_draw(struct backoff *backoff);

/* As backoff_draw(), after a connection that the other side has ended: the upper bound is
 * at least `spread_ms`, up to max_ms. */
uint32_t backoff_draw_spread(struct backoff *backoff, uint32_t spread_ms);

/* True once until a connection was stable: the next attempt may start now (CLOSE-06). */
bool backoff_take_immediate(struct backoff *backoff);

#endif
