/*
 * An allocator for tests: counts, fails the n-th allocation (once, or from then on),
 * knows what has not been given back, and looks for secrets in what is.
 */
#ifndef SUPPORT_FAIL_ALLOC_H
#define SUPPORT_FAIL_ALLOC_H

#include <stdbool.h>

#include <pusher/types.h>

struct fail_alloc {
    pusher_allocator mem; /* hand this one out; points to this struct */
    size_t calls;         /* alloc and realloc, so far */
    size_t fail_at;       /* the call that fails, from 1; 0: none */
    bool fail_on;         /* every later call fails too */
    size_t failed;        /* calls that failed */
    size_t live;          /* blocks not given back */
    size_t live_bytes;    /* in them */

    const pusher_str *secrets; /* no block may hold one when it is given back */
    size_t secret_count;
    size_t spilled; /* blocks that did */
};

/* The struct must stay where it is. */
void fail_alloc_init(struct fail_alloc *alloc);

#endif
