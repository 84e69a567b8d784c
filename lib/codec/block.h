/*
 * Looking at 16 bytes at once: which of them are special in a JSON string. With SSE2
 * where the compiler has it; elsewhere byte by byte, with the same result.
 */
#ifndef CODEC_BLOCK_H
#define CODEC_BLOCK_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 16 };

/* Bit i speaks of byte i. */
struct block {
    uint32_t quote;
    uint32_t backslash;
    uint32_t control; /* below 0x20 */
};

static inline struct block block_look_portable(const char *at)
{
    struct block ret = {0};
    for (unsigned i = 0; i < BLOCK; i++) {
        ret.quote |= (uint32_t)(at[i] == '"') << i;
        ret.backslash |= (uint32_t)(at[i] == '\\') << i;
        ret.control |= (uint32_t)((unsigned char)at[i] < 0x20) << i;
    }
    return ret;
}

/* Copies the block to `out`. Bit i: byte i is a backslash. */
static inline uint32_t block_copy_portable(char *out, const char *at)
{
    uint32_t mask = block_look_portable(at).backslash;
    memcpy(out, at, BLOCK);
    return mask;
}

#ifdef __SSE2__
static inline __m128i block_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline uint32_t block_equal(__m128i block, char c)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
}

static inline struct block block_look(const char *at)
{
    __m128i block = block_load(at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    return (struct block){
        .quote = block_equal(block, '"'),
        .backslash = block_equal(block, '\\'),
        .control = (uint32_t)_mm_movemask_epi8(control),
    };
}

static inline uint32_t block_copy(char *out, const char *at)
{
    __m128i block = block_load(at);
    _mm_storeu_si128((__m128i *)(void *)out, block);
    return block_equal(block, '\\');
}
#else
static inline struct block block_look(const char *at)
{
    return block_look_portable(at);
}

static inline uint32_t block_copy(char *out, const char *at)
{
    return block_copy_portable(out, at);
}
#endif

/*
 * Which bytes are escaped by the backslash before them, given which are backslashes.
 * `*carry` is 1 when the first byte is escaped by the block before, and is set for the
 * next block. A run of backslashes escapes what follows it when its length is odd: adding
 * the runs that start at odd places to all runs carries through each and ends at its far
 * side (as in simdjson).
 */
static inline uint32_t block_escaped(uint32_t backslash, uint32_t *carry)
{
    const uint32_t even = 0x5555;
    uint32_t slashes = backslash & ~*carry;
    uint32_t follows = slashes << 1 | *carry;
    uint32_t odd_starts = slashes & ~even & ~follows;
    uint32_t ends = odd_starts + slashes;
    *carry = ends >> BLOCK & 1;
    return (even ^ ends << 1) & follows & 0xffff;
}

/* The lowest set bit's index; `mask` is not 0. */
static inline unsigned block_first(uint32_t mask)
{
    return (unsigned)__builtin_ctz(mask);
}

#endif
