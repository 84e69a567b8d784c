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

/* Bit i: byte i is a quote, a backslash or below 0x20. */
static inline uint32_t block_special_portable(const char *at)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)at[i];
        mask |= (uint32_t)(c == '"' || c == '\\' || c < 0x20) << i;
    }
    return mask;
}

/* Copies the block to `out`. Bit i: byte i is a backslash. */
static inline uint32_t block_copy_portable(char *out, const char *at)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < BLOCK; i++)
        mask |= (uint32_t)(at[i] == '\\') << i;
    memcpy(out, at, BLOCK);
    return mask;
}

#ifdef __SSE2__
static inline uint32_t block_special(const char *at)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
}

static inline uint32_t block_copy(char *out, const char *at)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    _mm_storeu_si128((__m128i *)(void *)out, block);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
}
#else
static inline uint32_t block_special(const char *at)
{
    return block_special_portable(at);
}

static inline uint32_t block_copy(char *out, const char *at)
{
    return block_copy_portable(out, at);
}
#endif

/* The lowest set bit's index; `mask` is not 0. */
static inline unsigned block_first(uint32_t mask)
{
    return (unsigned)__builtin_ctz(mask);
}

#endif
