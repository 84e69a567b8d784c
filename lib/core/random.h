/*
 * A small seeded generator, splitmix64 (Steele, Lea, Flood, 2014): good enough to spread
 * reconnects, and the same seed always gives the same run.
 */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One of min … max, all as likely but for a bias below 2^-32 of the range. */
static inline uint32_t random_between(uint64_t *state, uint32_t min, uint32_t max)
{
    uint64_t choices = (uint64_t)(max - min) + 1;
    return min + (uint32_t)((random_next(state) >> 32) * choices >> 32);
}

#endif
