/*
 * The hot path of receiving: cuts the envelope of a usual frame into spans.
 *
 * Usual is: one object; each member at most once; names and the values of event, channel
 * and user_id without escapes; any order, any white space, any other members. All else is
 * odd.
 */
#include "codec/envelope_scan.h"

#include <string.h>

#include "codec/block.h"
#include "codec/json.h"

struct scan {
    const char *at;
    const char *end;
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' ||
                                    *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

/* Servers send none, mostly. */
static inline void space(struct scan *scan)
{
    if (scan->at < scan->end && (unsigned char)*scan->at <= ' ')
        skip_space(scan);
}

static bool take(struct scan *scan, char c)
{
    if (scan->at < scan->end && *scan->at == c) {
        scan->at++;
        return true;
    }
    return false;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of the escape whose backslash is at `at`; 0: not an escape. */
static size_t escape_size(const char *at, const char *end)
{
    if (end - at < 2)
        return 0;
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        return end - at >= 6 && is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) &&
                       is_hex(at[5])
                   ? 6
                   : 0;
    default:
        return 0;
    }
}

/* Escapes other than \" and \\ are checked one by one. */
static bool escapes_valid(const char *at, uint32_t escaped, const char *end)
{
    for (; escaped; escaped &= escaped - 1) {
        if (!escape_size(at + block_first(escaped) - 1, end))
            return false;
    }
    return true;
}

/* The rest that is shorter than a block, byte by byte. */
static const char *short_string_end(const char *at, const char *end, bool *escaped)
{
    while (at < end && *at != '"') {
        size_t size = (unsigned char)*at >= 0x20;
        if (*at == '\\') {
            size = escape_size(at, end);
            *escaped = true;
        }
        if (!size)
            return NULL;
        at += size;
    }
    return at < end ? at : NULL;
}

/* Finds the end of a string whose opening quote has been taken. NULL: not a valid string.
 */
static const char *string_end(const char *at, const char *end, bool *escaped)
{
    uint32_t carry = 0;
    uint32_t slashes = 0;
    for (; end - at >= BLOCK; at += BLOCK) {
        struct block block = block_look(at);
        uint32_t by_slash = block_escaped(block.backslash, &carry);
        uint32_t others = by_slash & ~(block.quote | block.backslash);
        uint32_t close = block.quote & ~by_slash;
        if (close) {
            uint32_t inside = (close & -close) - 1;
            *escaped = slashes || block.backslash & inside;
            if (block.control & inside || !escapes_valid(at, others & inside, end))
                return NULL;
            return at + block_first(close);
        }
        if (block.control || (others && !escapes_valid(at, others, end)))
            return NULL;
        slashes |= block.backslash;
    }
    *escaped = slashes != 0;
    /* A backslash that ended the last block takes its byte with it. */
    return short_string_end(at - carry, end, escaped);
}

static bool string(struct scan *scan, pusher_str *ret, bool *escaped)
{
    if (!take(scan, '"'))
        return false;
    const char *close = string_end(scan->at, scan->end, escaped);
    if (!close)
        return false;
    *ret = (pusher_str){scan->at, (size_t)(close - scan->at)};
    scan->at = close + 1;
    return true;
}

/* Finds the end of a string that has no escapes. NULL: not such a string. */
static const char *plain_end(const char *at, const char *end)
{
    for (; end - at >= BLOCK; at += BLOCK) {
        struct block block = block_look(at);
        uint32_t special = block.quote | block.backslash | block.control;
        if (special) {
            at += block_first(special);
            return *at == '"' ? at : NULL;
        }
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at < end && *at == '"' ? at : NULL;
}

/* A string without escapes that has not been seen before. */
static bool plain_string(struct scan *scan, pusher_str *ret)
{
    if (ret->ptr || !take(scan, '"'))
        return false;
    const char *close = plain_end(scan->at, scan->end);
    if (!close)
        return false;
    *ret = (pusher_str){scan->at, (size_t)(close - scan->at)};
    scan->at = close + 1;
    return true;
}

static bool skip_value(struct scan *scan, pusher_str *ret)
{
    const char *after = json_skip(scan->at, scan->end);
    if (!after)
        return false;
    *ret = (pusher_str){scan->at, (size_t)(after - scan->at)};
    scan->at = after;
    return true;
}

static bool data_value(struct scan *scan, struct message *message)
{
    if (message->data_kind != PUSHER_DATA_ABSENT)
        return false;
    if (scan->at < scan->end && *scan->at == '"') {
        message->data_kind = PUSHER_DATA_TEXT;
        return string(scan, &message->data, &message->data_escaped);
    }
    message->data_kind = PUSHER_DATA_JSON;
    return skip_value(scan, &message->data);
}

/* How members begin as servers write them, name and colon; compared in a few words. */
#define TAKE_TEXT(scan, literal)                                                         \
    ((size_t)((scan)->end - (scan)->at) >= sizeof(literal) - 1 &&                        \
     memcmp((scan)->at, literal, sizeof(literal) - 1) == 0 &&                            \
     ((scan)->at += sizeof(literal) - 1, true))

static bool member(struct scan *scan, struct message *message)
{
    pusher_str name = {NULL, 0};
    if (TAKE_TEXT(scan, "\"event\":"))
        return space(scan), plain_string(scan, &message->event);
    if (TAKE_TEXT(scan, "\"channel\":"))
        return space(scan), plain_string(scan, &message->channel);
    if (TAKE_TEXT(scan, "\"data\":"))
        return space(scan), data_value(scan, message);
    if (!plain_string(scan, &name))
        return false;
    space(scan);
    if (!take(scan, ':'))
        return false;
    space(scan);
    switch (name.len) {
    case 4:
        if (memcmp(name.ptr, "data", 4) == 0)
            return data_value(scan, message);
        break;
    case 5:
        if (memcmp(name.ptr, "event", 5) == 0)
            return plain_string(scan, &message->event);
        break;
    case 7:
        if (memcmp(name.ptr, "channel", 7) == 0)
            return plain_string(scan, &message->channel);
        if (memcmp(name.ptr, "user_id", 7) == 0)
            return plain_string(scan, &message->user_id);
        break;
    default:
        break;
    }
    pusher_str unknown;
    return skip_value(scan, &unknown);
}

bool envelope_scan(pusher_str frame, struct message *ret)
{
    struct scan scan = {frame.ptr, frame.ptr + frame.len};
    struct message message = {0};
    space(&scan);
    if (!take(&scan, '{'))
        return false;
    do {
        space(&scan);
        if (!member(&scan, &message))
            return false;
        space(&scan);
    } while (take(&scan, ','));
    if (!take(&scan, '}'))
        return false;
    space(&scan);
    if (scan.at != scan.end || !message.event.ptr)
        return false;
    if (message.user_id.len == 0) /* MSG-03: kept only if not empty */
        message.user_id = (pusher_str){NULL, 0};
    *ret = message;
    return true;
}
