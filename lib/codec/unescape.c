/*
 * JSON escapes undone, 16 bytes at a time: the data of messages, and other strings.
 */
#include <stddef.h>
#include <string.h>

#include "codec/block.h"
#include "codec/json_walk.h"
#include "codec/message.h"

/* A block may be written whole although only its first bytes count, and behind the last
 * escape another one; and the NUL. */
enum { SLACK = 2 * BLOCK + 1 };

size_t json_unescape_bound(size_t bytes)
{
    return bytes + SLACK;
}

size_t message_data_bound(const struct message *message)
{
    return json_unescape_bound(message->data.len);
}

static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i];
        value = value << 4 |
                (c <= '9' ? c - (uint32_t)'0' : (c & 0xdfu) - (uint32_t)'A' + 10);
    }
    return value;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* `*at` is at "\uXXXX", which is valid; a high surrogate takes its low one with it. */
static char *put_unicode(char *out, const char **at, const char *end)
{
    uint32_t c = hex4(*at + 2);
    *at += 6;
    if (c >= 0xd800 && c < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' &&
        (*at)[1] == 'u') {
        uint32_t low = hex4(*at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *at += 6;
            return put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
        }
    }
    bool lone = c >= 0xd800 && c < 0xe000;
    return put_utf8(out, lone ? 0xfffd : c);
}

/* What a one-character escape stands for; 0: \u. */
static const char plain[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/*
 * One block in which `slashes` marks the backslashes, none of them escaped by the block
 * before, and behind which a second one can be read. What is between two escapes is
 * copied by a whole block, of which only the beginning counts: so no copy waits for the
 * one before to know its length.
 */
static char *unescape_block(char *out, const char **at, uint32_t slashes, const char *end)
{
    const char *block = *at;
    unsigned from = 0;
    do {
        unsigned slash = block_first(slashes);
        char c = plain[(unsigned char)block[slash + 1]];
        memcpy(out, block + from, BLOCK);
        out += slash - from;
        if (!c) {
            *at = block + slash;
            return put_unicode(out, at, end);
        }
        *out++ = c;
        from = slash + 2;
        slashes &= ~(3u << slash); /* the escaped byte may be a backslash too */
    } while (slashes);
    if (from < BLOCK) {
        memcpy(out, block + from, BLOCK);
        out += BLOCK - from;
        from = BLOCK;
    }
    *at = block + from;
    return out;
}

/* All of it but what is shorter than `rest` bytes. */
static char *unescape_blocks(char *out, const char **at, const char *end, ptrdiff_t rest)
{
    const char *from = *at;
    while (end - from >= rest) {
        uint32_t slashes = block_copy(out, from);
        if (slashes) {
            out = unescape_block(out, &from, slashes, end);
        } else {
            out += BLOCK;
            from += BLOCK;
        }
    }
    *at = from;
    return out;
}

/* An escape is never shorter than what it stands for, so `out` never passes its bound. */
static char *unescape(char *out, const char *at, const char *end)
{
    out = unescape_blocks(out, &at, end, 2 * BLOCK);
    /* The rest again, from where more than there is can be read. */
    char tail[4 * BLOCK] = {0};
    size_t left = (size_t)(end - at);
    memcpy(tail, at, left);
    const char *tail_at = tail;
    out = unescape_blocks(out, &tail_at, tail + left, 1);
    return out - (tail_at - (tail + left)); /* what was copied beyond the end */
}

size_t json_unescape(pusher_str escaped, char *out)
{
    char *end = out;
    if (escaped.len)
        end = unescape(out, escaped.ptr, escaped.ptr + escaped.len);
    *end = '\0';
    return (size_t)(end - out);
}

bool json_unescape_short(pusher_str escaped, char *out, size_t cap, size_t *ret)
{
    const char *at = escaped.ptr;
    const char *end = at + escaped.len;
    size_t len = 0;
    while (at < end) {
        char one[4] = {*at};
        size_t bytes = 1;
        if (*at != '\\') {
            at++;
        } else if (at[1] != 'u') {
            one[0] = plain[(unsigned char)at[1]];
            at += 2;
        } else {
            bytes = (size_t)(put_unicode(one, &at, end) - one);
        }
        if (bytes >= cap - len)
            return false;
        memcpy(out + len, one, bytes);
        len += bytes;
    }
    out[len] = '\0';
    *ret = len;
    return true;
}

pusher_str message_data_copy(const struct message *message, char *out)
{
    pusher_str data = message->data;
    if (message->data_kind == PUSHER_DATA_ABSENT)
        return (pusher_str){NULL, 0};
    char *end = out + data.len;
    if (message->data_escaped)
        end = unescape(out, data.ptr, data.ptr + data.len);
    else
        memcpy(out, data.ptr, data.len);
    *end = '\0';
    return (pusher_str){out, (size_t)(end - out)};
}
