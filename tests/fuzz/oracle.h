/*
 * json-c as a second opinion: which texts it reads as everyone else does.
 */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include <stdbool.h>

#include <pusher/types.h>

struct json_object;

/*
 * json-c 0.16 takes U+1D800 and every other character whose last 16 bits look like a
 * surrogate for one, when it is written as a pair of escapes. The library's own code does
 * not.
 */
bool oracle_misreads(pusher_str text);

/* The value of `text`, which may be NULL, in `*ret`; false when there is no second
 * opinion: not JSON, or read wrongly (a name is cut at an escaped NUL, too). */
bool oracle_parse(pusher_str text, struct json_object **ret);

#endif
