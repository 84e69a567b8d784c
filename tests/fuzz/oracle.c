/*
 * json-c as a second opinion.
 */
#include "oracle.h"

#include <string.h>

#include "base/utf8.h"
#include "codec/json.h"

bool oracle_misreads(pusher_str text)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t at = 0; at + 12 <= text.len; at++) {
        unsigned unit[2] = {0};
        for (size_t i = 0; i < 2; i++) {
            const char *escape = text.ptr + at + 6 * i;
            if (escape[0] != '\\' || escape[1] != 'u')
                break;
            for (size_t j = 2; j < 6; j++) {
                const char *digit = memchr(hex, escape[j] | 0x20, 16);
                unit[i] = unit[i] << 4 | (digit ? (unsigned)(digit - hex) : 0);
            }
        }
        unsigned low = (unit[0] & 0x3f) << 10 | (unit[1] & 0x3ff);
        if (unit[0] >> 10 == 0x36 && unit[1] >> 10 == 0x37 && (low & 0xf800) == 0xd800)
            return true;
    }
    return false;
}

bool oracle_parse(pusher_str text, struct json_object **ret)
{
    static const char nul[] = "\\u0000";
    if (!utf8_valid(text) || oracle_misreads(text) ||
        memmem(text.ptr, text.len, nul, sizeof nul - 1))
        return false;
    return json_parse(text, ret) == 0;
}
