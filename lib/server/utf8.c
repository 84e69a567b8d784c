/*
 * UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7): the first byte
 * says how many follow and, for four of them, narrows the second.
 */
#include "server/utf8.h"

struct lead {
    unsigned char from, to; /* first byte */
    unsigned char follow;   /* bytes after it */
    unsigned char second_min, second_max;
};

static const struct lead leads[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    return NULL;
}

bool utf8_valid(pusher_str text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    size_t left = text.len;
    while (left) {
        const struct lead *lead = find_lead(*at);
        if (!lead || left <= lead->follow)
            return false;
        if (lead->follow && (at[1] < lead->second_min || at[1] > lead->second_max))
            return false;
        for (size_t i = 2; i <= lead->follow; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += lead->follow + 1u;
        left -= lead->follow + 1u;
    }
    return true;
}
