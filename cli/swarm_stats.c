/*
 * A histogram with logarithmic buckets, each power of two in equal steps.
 */
#include "swarm_stats.h"

#include <stddef.h>

enum { STEP_BITS = 6, EXACT_BITS = 7 }; /* log2 of STEPS and EXACT */

static const uint64_t largest = ((uint64_t)1 << HISTOGRAM_POWERS) - 1;

static size_t bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_EXACT)
        return (size_t)value;
    if (value > largest)
        value = largest;
    unsigned power = 63 - (unsigned)__builtin_clzll(value); /* 7 … 39 */
    uint64_t step = (value >> (power - STEP_BITS)) - HISTOGRAM_STEPS;
    return HISTOGRAM_EXACT + (size_t)(power - EXACT_BITS) * HISTOGRAM_STEPS +
           (size_t)step;
}

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < HISTOGRAM_EXACT)
        return bucket;
    size_t above = bucket - HISTOGRAM_EXACT;
    unsigned shift = (unsigned)(above / HISTOGRAM_STEPS) + EXACT_BITS - STEP_BITS;
    return ((uint64_t)(above % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value_us)
{
    histogram->counts[bucket_of(value_us)]++;
    histogram->sum_us += value_us;
    if (histogram->count == 0 || value_us < histogram->min_us)
        histogram->min_us = value_us;
    if (histogram->count == 0 || value_us > histogram->max_us)
        histogram->max_us = value_us;
    histogram->count++;
}

uint64_t histogram_percentile(const struct histogram *histogram, uint32_t per_mille)
{
    /* In two parts, as the product could overflow. */
    uint64_t count = histogram->count;
    uint64_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
    uint64_t passed = 0;
    if (count == 0)
        return 0;
    if (rank == 0)
        return histogram->min_us;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        passed += histogram->counts[i];
        if (passed < rank)
            continue;
        uint64_t end = bucket_end(i);
        return end < histogram->max_us && i + 1 < HISTOGRAM_BUCKETS ? end
                                                                    : histogram->max_us;
    }
    return histogram->max_us;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
    return histogram->count ? histogram->sum_us / histogram->count : 0;
}
