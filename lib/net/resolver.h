/*
 * Names to addresses, off the loop: getaddrinfo on a helper thread. A numeric address
 * needs no thread but is answered the same way, later.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <pusher/loop.h>

enum { RESOLVER_MAX_ADDRESSES = 8, ADDRESS_TEXT_MAX = 64 };

struct resolver_answer {
    int count; /* 0: failed */
    char addresses[RESOLVER_MAX_ADDRESSES]
                  [ADDRESS_TEXT_MAX]; /* numeric, NUL-terminated */
    const char *error;                /* when count is 0 */
};

struct resolution;

/* Starts; `done` runs once in the loop's dispatch unless cancelled. 0, PUSHER_ERR_NOMEM.
 */
int resolver_start(pusher_loop *loop, const char *name,
                   void (*done)(void *userdata, const struct resolver_answer *answer),
                   void *userdata, struct resolution **ret);

/* `done` does not run any more; the thread is left to itself. */
void resolver_cancel(struct resolution *resolution);

#endif
