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

struct quoted {
    char text[QUOTE_SIZE];
};

/*
 * The name of an event or a channel, for a log line: names may come from the server, and
 * that of the user's own channel holds their id, which is left out. Without a name it is
 * that of the user who signs in.
 */
struct quoted quote_name(pusher_str name);

#endif
