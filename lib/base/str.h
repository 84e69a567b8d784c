/*
 * Text with a length: building and comparing pusher_str.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <string.h>

#include <pusher/types.h>

/* A literal, length known to the compiler. */
#define STR(literal) ((pusher_str){"" literal, sizeof(literal) - 1})

/* For printf's "%.*s". */
#define STR_ARG(text) (int)(text).len, ((text).ptr ? (text).ptr : "")

static inline pusher_str str_of(const char *text)
{
    return (pusher_str){text, text ? strlen(text) : 0};
}

static inline bool str_equal(pusher_str a, pusher_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_starts_with(pusher_str text, pusher_str prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

/* Copies `text` to `*at` with a NUL behind it, and moves `*at` past that. Returns the
 * copy. */
static inline char *str_put(char **at, pusher_str text)
{
    char *copy = *at;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

static inline pusher_str str_skip(pusher_str text, size_t bytes)
{
    return (pusher_str){text.ptr + bytes, text.len - bytes};
}

#endif
