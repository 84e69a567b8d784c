/*
 * JSON values: json-c behind a strict check. json-c accepts what JSON forbids (NaN,
 * single quotes, raw control characters, trailing bytes), so text is checked first by a
 * validator of our own that allocates nothing; only what passes is parsed. One thing is
 * left to json-c's mistake (0.16): escaped surrogate pairs of characters whose last 16
 * bits look like a surrogate (U+1D800 …) become U+FFFD in a tree.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include <stdbool.h>

#include <pusher/types.h>

struct json_object;

enum { JSON_MAX_DEPTH = 32 };

/*
 * Skips one JSON value (after white space) that starts at `at` and ends before `end`.
 * Returns the byte after it, or NULL if there is no valid value (RFC 8259), or one nested
 * deeper than JSON_MAX_DEPTH. UTF-8 inside strings is not checked: the transport has done
 * it.
 */
const char *json_skip(const char *at, const char *end);

/* True when `text` is exactly one JSON value, with white space around it at most. */
bool json_valid(pusher_str text);

/*
 * Parses `text`. On success stores the value in `*ret` (NULL for the JSON value null), to
 * be given back with json_object_put. 0, PUSHER_ERR_INVALID (not JSON), PUSHER_ERR_NOMEM.
 */
int json_parse(pusher_str text, struct json_object **ret);

/* Gives back what json_parse() or message_data_json() stored; NULL is fine. */
void json_release(struct json_object *value);

/* The member `name` of an object; NULL when absent, null, or `object` is no object. */
struct json_object *json_member(struct json_object *object, const char *name);

/* The text of a JSON string, borrowed; ptr NULL when `value` is not a string. */
pusher_str json_text(struct json_object *value);

/* True and `*ret` set when `value` is a whole number that fits; no conversion from text.
 */
bool json_int(struct json_object *value, int64_t *ret);

#endif
