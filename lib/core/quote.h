/*
 * The words of others (a server's error message, a close reason) made fit to be shown:
 * valid UTF-8 without control characters, cut to length, and without what has no place
 * in a report: the app key and anything that looks like a signature or a secret (LOG-01).
 */
#ifndef CORE_QUOTE_H
#define CORE_QUOTE_H

#include <pusher/types.h>

enum { QUOTE_SIZE = 256 };

/* Writes `words` to `out`, NUL-terminated. `key` may be empty. */
void quote(pusher_str words, pusher_str key, char out[QUOTE_SIZE]);

#endif
