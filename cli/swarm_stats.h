/*
 * Durations, counted so that percentiles can be told: a histogram of fixed size whose
 * buckets grow with the value, exact below 128 µs and within 1/64 above.
 */
#ifndef CLI_SWARM_STATS_H
#define CLI_SWARM_STATS_H

#include <stdint.h>

enum {
    HISTOGRAM_EXACT = 128,    /* values below have a bucket each */
    HISTOGRAM_STEPS = 64,     /* buckets for each power of two above */
    HISTOGRAM_POWERS = 40,    /* larger values (12 days) count as the largest */
    HISTOGRAM_BUCKETS = 2240, /* HISTOGRAM_EXACT and 33 powers of two */
};

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    uint64_t sum_us;
    uint64_t min_us; /* of no meaning while count is 0, as max_us */
    uint64_t max_us;
};

/* Begins with a struct of zeros. */
void histogram_add(struct histogram *histogram, uint64_t value_us);

/* The value that `per_mille` (0 to 1000) of 1000 do not pass; never below the true one,
 * never above the largest. 0 when there is none. */
uint64_t histogram_percentile(const struct histogram *histogram, uint32_t per_mille);

/* 0 when there is none. */
uint64_t histogram_mean(const struct histogram *histogram);

#endif
