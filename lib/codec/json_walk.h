/*
 * Walking through JSON without a tree: values are spans of the text they stand in, and
 * nothing is allocated. For texts that must be kept byte for byte, which json-c does not
 * do, and for those of unknown size.
 *
 * Everything here expects text that json_valid() accepted (or a span that one of these
 * functions gave), and UTF-8. Names may hold escapes; of a name that occurs twice the
 * last counts, as in JavaScript.
 */
#ifndef CODEC_JSON_WALK_H
#define CODEC_JSON_WALK_H

#include <stdbool.h>

#include <pusher/types.h>

enum json_kind {
    JSON_ABSENT = 0, /* a span whose ptr is NULL */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

enum json_kind json_kind_of(pusher_str value);

struct json_walk {
    const char *at;
    const char *end;
    bool object;
};

/* At the start of an array or object; anything else has no items. */
struct json_walk json_walk_into(pusher_str value);

/* The next item, or false at the end. `*name` (may be NULL) is what stands between the
 * quotes of a member's name, still escaped; ptr NULL in an array. */
bool json_walk_next(struct json_walk *walk, pusher_str *name, pusher_str *value);

/* The member `name` of an object; ptr NULL when absent, or when `object` is none. `name`
 * is ASCII and shorter than 32 bytes. */
pusher_str json_find(pusher_str object, const char *name);

/* The text of a number; ptr NULL for other values. */
pusher_str json_number_text(pusher_str value);

/* What is between the quotes of a string, still escaped; ptr NULL for other values. */
pusher_str json_between_quotes(pusher_str value);

/* Bytes that json_unescape() may write for `bytes` escaped ones, NUL and slack included.
 */
size_t json_unescape_bound(size_t bytes);

/*
 * Writes what is between the quotes of a string, unescaped and NUL-terminated, to `out`,
 * which has json_unescape_bound() bytes, and returns its length. Lone surrogates become
 * U+FFFD, as in what JavaScript signs or sends.
 */
size_t json_unescape(pusher_str escaped, char *out);

/* The same for short texts, into `cap` bytes (at least 1), NUL included. False when the
 * text is longer; `out` may be touched then. */
bool json_unescape_short(pusher_str escaped, char *out, size_t cap, size_t *ret);

#endif
