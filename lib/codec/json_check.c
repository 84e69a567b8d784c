/*
 * The strict JSON validator: RFC 8259, no allocation, bounded depth. It stands before
 * json-c, which accepts more than JSON (T14 of the threat list: NaN, single quotes, raw
 * control characters, trailing bytes).
 */
#include "codec/json.h"

#include <stddef.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *skip_escape(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at != 'u')
        return *at && strchr("\"\\/bfnrt", *at) ? at + 1 : NULL;
    if (end - at < 5)
        return NULL;
    for (int i = 1; i <= 4; i++) {
        if (!is_hex(at[i]))
            return NULL;
    }
    return at + 5;
}

/* `at` is behind the opening quote. */
static const char *skip_string(const char *at, const char *end)
{
    while (at && at < end) {
        unsigned char c = (unsigned char)*at++;
        if (c == '"')
            return at;
        if (c < 0x20)
            return NULL;
        if (c == '\\')
            at = skip_escape(at, end);
    }
    return NULL;
}

static const char *skip_digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > start ? at : NULL;
}

static const char *skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else
        at = skip_digits(at, end);
    if (at && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = skip_digits(at, end);
    }
    return at;
}

static const char *skip_word(const char *at, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len : NULL;
}

static const char *skip_scalar(const char *at, const char *end)
{
    switch (*at) {
    case '"':
        return skip_string(at + 1, end);
    case 't':
        return skip_word(at, end, "true");
    case 'f':
        return skip_word(at, end, "false");
    case 'n':
        return skip_word(at, end, "null");
    default:
        return skip_number(at, end);
    }
}

/* Skips `"name" :` and the space after it. */
static const char *skip_name(const char *at, const char *end)
{
    at = skip_space(at, end);
    if (at == end || *at != '"')
        return NULL;
    at = skip_string(at + 1, end);
    if (!at)
        return NULL;
    at = skip_space(at, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

const char *json_skip(const char *at, const char *end)
{
    char open[JSON_MAX_DEPTH]; /* the brackets that close what is open */
    int depth = 0;
    for (;;) {
        at = skip_space(at, end);
        if (at == end)
            return NULL;
        if (*at == '{' || *at == '[') {
            bool object = *at == '{';
            if (depth == JSON_MAX_DEPTH)
                return NULL;
            open[depth++] = object ? '}' : ']';
            at = skip_space(at + 1, end);
            if (at == end)
                return NULL;
            if (*at != open[depth - 1]) {
                at = object ? skip_name(at, end) : at;
                if (!at)
                    return NULL;
                continue;
            }
        } else {
            at = skip_scalar(at, end);
            if (!at)
                return NULL;
        }
        /* A value ended (an empty container counts): close what closes, or go on. */
        for (;;) {
            if (depth == 0)
                return at;
            at = skip_space(at, end);
            if (at == end)
                return NULL;
            if (*at != open[depth - 1])
                break;
            depth--;
            at++;
        }
        if (*at++ != ',')
            return NULL;
        if (open[depth - 1] == '}') {
            at = skip_name(at, end);
            if (!at)
                return NULL;
        }
    }
}

bool json_valid(pusher_str text)
{
    if (!text.ptr)
        return false;
    const char *end = text.ptr + text.len;
    const char *at = json_skip(text.ptr, end);
    return at && skip_space(at, end) == end;
}
