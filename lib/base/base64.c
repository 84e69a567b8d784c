/*
 * Base64 (RFC 4648), without tables and branches that depend on the digits.
 */
#include "base/base64.h"

#include <stdbool.h>

#include <pusher/error.h>

/* All ones when first <= c <= last, else 0. */
static uint32_t in_range(uint32_t c, uint32_t first, uint32_t last)
{
    uint32_t outside = (c - first) | (last - c);
    return (outside >> 31) - 1;
}

/* 0 … 63, or 255 for what is no digit. */
static uint32_t value_of(char digit)
{
    uint32_t c = (unsigned char)digit;
    uint32_t upper = in_range(c, 'A', 'Z');
    uint32_t lower = in_range(c, 'a', 'z');
    uint32_t number = in_range(c, '0', '9');
    uint32_t plus = in_range(c, '+', '+');
    uint32_t slash = in_range(c, '/', '/');
    uint32_t none = ~(upper | lower | number | plus | slash);
    return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (number & (c - '0' + 52)) |
           (plus & 62) | (slash & 63) | (none & 255);
}

/* Each range of digits begins where the one before would not go on. */
static char digit_of(uint32_t value)
{
    uint32_t c = value + 'A';
    c += in_range(value, 26, 63) & ('a' - ('Z' + 1));
    c -= in_range(value, 52, 63) & ('z' + 1 - '0');
    c -= in_range(value, 62, 63) & ('9' + 1 - '+');
    c += in_range(value, 63, 63) & ('/' - ('+' + 1));
    return (char)c;
}

size_t base64_encoded_size(size_t bytes)
{
    return (bytes + 2) / 3 * 4 + 1;
}

int base64_encode(const void *in, size_t bytes, char *out, size_t cap, size_t *written)
{
    const unsigned char *from = in;
    if (cap < base64_encoded_size(bytes))
        return PUSHER_ERR_LIMIT;
    size_t len = 0;
    for (size_t at = 0; at < bytes; at += 3) {
        size_t left = bytes - at;
        uint32_t group = (uint32_t)from[at] << 16;
        group |= left > 1 ? (uint32_t)from[at + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)from[at + 2] : 0;
        out[len++] = digit_of(group >> 18);
        out[len++] = digit_of(group >> 12 & 63);
        out[len++] = left > 1 ? digit_of(group >> 6 & 63) : '=';
        out[len++] = left > 2 ? digit_of(group & 63) : '=';
    }
    out[len] = '\0';
    *written = len;
    return 0;
}

static size_t padding_of(pusher_str text)
{
    if (text.len == 0 || text.ptr[text.len - 1] != '=')
        return 0;
    return text.ptr[text.len - 2] == '=' ? 2 : 1;
}

int base64_decode(pusher_str text, void *out, size_t cap, size_t *written)
{
    unsigned char *to = out;
    if (!text.ptr || text.len % 4 != 0)
        return PUSHER_ERR_INVALID;
    size_t digits = text.len - padding_of(text);
    size_t bytes = digits * 3 / 4;
    bool room = bytes <= cap;
    size_t len = 0;
    uint32_t group = 0;
    uint32_t wrong = 0;
    unsigned bits = 0;
    for (size_t at = 0; at < digits; at++) {
        uint32_t value = value_of(text.ptr[at]);
        wrong |= value & 128;
        group = group << 6 | value;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        if (room)
            to[len++] = (unsigned char)(group >> bits);
    }
    wrong |= group & ((1u << bits) - 1);
    if (wrong)
        return PUSHER_ERR_INVALID;
    if (!room)
        return PUSHER_ERR_LIMIT;
    *written = bytes;
    return 0;
}
