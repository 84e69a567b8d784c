/*
 * Walking through JSON without a tree.
 */
#include "codec/json_walk.h"

#include "base/str.h"
#include "codec/json.h"

enum { NAME_CAP = 32 };

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static pusher_str trimmed(pusher_str text)
{
    if (!text.ptr)
        return text;
    const char *end = text.ptr + text.len;
    const char *at = skip_space(text.ptr, end);
    while (end > at &&
           (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return (pusher_str){at, (size_t)(end - at)};
}

enum json_kind json_kind_of(pusher_str value)
{
    value = trimmed(value);
    if (value.len == 0)
        return JSON_ABSENT;
    switch (*value.ptr) {
    case 'n':
        return JSON_NULL;
    case 't':
    case 'f':
        return JSON_BOOL;
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    default:
        return JSON_NUMBER;
    }
}

struct json_walk json_walk_into(pusher_str value)
{
    enum json_kind kind = json_kind_of(value);
    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return (struct json_walk){0};
    value = trimmed(value);
    return (struct json_walk){
        .at = value.ptr + 1,
        .end = value.ptr + value.len,
        .object = kind == JSON_OBJECT,
    };
}

bool json_walk_next(struct json_walk *walk, pusher_str *name, pusher_str *value)
{
    pusher_str found = {NULL, 0};
    if (!walk->at)
        return false;
    const char *at = skip_space(walk->at, walk->end);
    if (walk->object && at < walk->end && *at == '"') {
        const char *after = json_skip(at, walk->end);
        found = (pusher_str){at + 1, (size_t)(after - at) - 2};
        at = skip_space(after, walk->end) + 1; /* the colon */
        at = skip_space(at, walk->end);
    }
    const char *after = json_skip(at, walk->end);
    if (!after) { /* the closing bracket */
        *walk = (struct json_walk){0};
        return false;
    }
    if (name)
        *name = found;
    *value = (pusher_str){at, (size_t)(after - at)};
    after = skip_space(after, walk->end);
    walk->at = *after == ',' ? after + 1 : after;
    return true;
}

static bool is_named(pusher_str escaped, pusher_str name)
{
    char text[NAME_CAP];
    size_t len = 0;
    if (!memchr(escaped.ptr, '\\', escaped.len))
        return str_equal(escaped, name);
    return json_unescape_short(escaped, text, sizeof text, &len) &&
           str_equal((pusher_str){text, len}, name);
}

pusher_str json_find(pusher_str object, const char *name)
{
    pusher_str ret = {NULL, 0}, at_name, value;
    struct json_walk walk = json_walk_into(object);
    while (walk.object && json_walk_next(&walk, &at_name, &value)) {
        if (is_named(at_name, str_of(name)))
            ret = value;
    }
    return ret;
}

pusher_str json_number_text(pusher_str value)
{
    return json_kind_of(value) == JSON_NUMBER ? trimmed(value) : (pusher_str){NULL, 0};
}

pusher_str json_between_quotes(pusher_str value)
{
    if (json_kind_of(value) != JSON_STRING)
        return (pusher_str){NULL, 0};
    value = trimmed(value);
    return (pusher_str){value.ptr + 1, value.len - 2};
}
