/*
 * The memory of one client: counted, and given or refused.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdbool.h>

#include <pusher/types.h>

struct app;

struct memory {
    pusher_allocator mem; /* hand this one out; points to this struct */
    struct app *app;
    size_t blocks, bytes; /* not given back */
    size_t calls, failed; /* so far */
    size_t fail_next;     /* so many calls fail */
    size_t fail_after;    /* when so many have succeeded */
};

void memory_init(struct memory *memory, struct app *app);

/* After `after` more allocations, `count` fail. */
void memory_fail(struct memory *memory, size_t after, size_t count);

#endif
