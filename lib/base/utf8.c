/*
 * UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7): the first byte
 * says how many follow and, for four of them, narrows the second. ASCII, which is nearly
 * everything, is passed over in blocks.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

struct lead {
    unsigned char from, to; /* first byte */
    unsigned char follow;   /* bytes after it */
    unsigned char second_min, second_max;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf},
    {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    return NULL;
}

/* Bytes of the sequence that begins here, 0 when it is not one. */
static size_t sequence(const unsigned char *at, size_t left)
{
    const struct lead *lead = find_lead(*at);
    if (!lead || left <= lead->follow || at[1] < lead->second_min ||
        at[1] > lead->second_max)
        return 0;
    for (size_t i = 2; i <= lead->follow; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return lead->follow + 1u;
}

enum { BLOCK = 32 };

static bool block_is_ascii(const unsigned char *at)
{
    uint64_t words[BLOCK / 8];
    memcpy(words, at, BLOCK);
    return !((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u);
}

bool utf8_valid(pusher_str text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    const unsigned char *end = at + text.len;
    while (at < end) {
        if (end - at >= BLOCK && block_is_ascii(at)) {
            at += BLOCK;
            continue;
        }
        /* A block that is not all ASCII, or the rest: one block's worth of sequences. */
        const unsigned char *stop = end - at > BLOCK ? at + BLOCK : end;
        while (at < stop) {
            size_t bytes = *at < 0x80 ? 1 : sequence(at, (size_t)(end - at));
            if (!bytes)
                return false;
            at += bytes;
        }
    }
    return true;
}
