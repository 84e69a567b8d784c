/*
 * The words of others (a server's error message, a close reason, a name) made fit to be
 * shown: valid UTF-8 without control characters, cut to length.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <pusher/types.h>

enum { QUOTE_SIZE = 256 };

/*
 * Writes `words` to `out`, which has `size` bytes (1 or more), NUL-terminated; returns
 * the length. Left out is what has no place in a report (LOG-01): `key` as a word of its
 * own, which may be empty, and anything that looks like a signature or a secret.
 */
size_t quote(pusher_str words, pusher_str key, char *out, size_t size);

/* As quote(), for a name that is no secret: nothing is left out. */
size_t quote_name(pusher_str name, char *out, size_t size);

#endif
