/*
 * An allocator that counts what is out and fails the n-th request.
 */
#ifndef TESTS_SANDBOX_MEMORY_H
#define TESTS_SANDBOX_MEMORY_H

#include <pusher/types.h>

struct memory {
    pusher_allocator mem;
    long live;      /* blocks that have not been given back */
    long countdown; /* the request that fails, from 1; 0 or less: none does */
    long failed;    /* requests that failed */
};

void memory_init(struct memory *memory);

/* The `nth` request from now on fails, and no other; 0: none. */
void memory_fail(struct memory *memory, long nth);

#endif
