/*
 * Names to addresses, off the loop: getaddrinfo on helper threads, few of them whatever
 * the number of names, and one look-up for all who ask for the same name meanwhile. A
 * numeric address needs no thread but is answered the same way, later.
 *
 * Nothing is remembered: whoever asks when the answer has been given makes a new look-up,
 * so that a name that has moved is found, and the system's own cache is the only one.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stdbool.h>

#include <pusher/loop.h>

#include "base/list.h"
#include "net/loop.h"

enum {
    RESOLVER_MAX_ADDRESSES = 8,
    RESOLVER_MAX_THREADS = 8, /* a loop's; other names wait */
    ADDRESS_TEXT_MAX = 64
};

struct resolver_answer {
    int count; /* 0: failed */
    char addresses[RESOLVER_MAX_ADDRESSES]
                  [ADDRESS_TEXT_MAX]; /* numeric, NUL-terminated */
    const char *error;                /* when count is 0 */
};

/* A loop's look-ups. */
struct resolver {
    struct list lookups;  /* that are not answered yet, in order of asking */
    struct list answered; /* without a thread; given by `task` */
    unsigned threads;     /* under way */
    struct loop_task task;
};

/* Somebody who asks; part of whatever waits for the answer. */
struct resolution {
    struct list link; /* the look-up's, else alone */
    struct lookup *lookup;
    void (*done)(void *userdata, const struct resolver_answer *answer);
    void *userdata;
};

void resolver_init(struct resolver *resolver);
/* The loop goes: threads under way are left to themselves, and nobody is answered any
 * more. */
void resolver_close(struct resolver *resolver);

/* Starts; `done` runs once in the loop's dispatch unless cancelled. 0, PUSHER_ERR_NOMEM.
 */
int resolver_start(pusher_loop *loop, const char *name,
                   void (*done)(void *userdata, const struct resolver_answer *answer),
                   void *userdata, struct resolution *ret);

/* `done` does not run any more; harmless when it has, or on a zeroed one. */
void resolver_cancel(struct resolution *resolution);

#endif
