/*
 * What the loops in virtual time, that of fake_net.c and that of the simulator, have in
 * common: what net/loop.h says of a loop, but for the clock and the turns.
 */
#ifndef SUPPORT_VIRTUAL_LOOP_H
#define SUPPORT_VIRTUAL_LOOP_H

#include "net/loop.h"

/* The first member of either's struct pusher_loop. */
struct virtual_loop {
    struct heap timers;
    struct list tasks, children;
    struct buf scratch;
    pusher_allocator mem;
    int depth; /* handlers on the stack */
    int stopped;
    int free_pending;
};

void virtual_loop_init(struct virtual_loop *loop, const pusher_allocator *mem);

/* Frees what still lives on it. */
void virtual_loop_free_children(struct virtual_loop *loop);

/* Runs the first task, or fires the first timer if it is due at `now`, which is told
 * before. False: there is nothing to do. */
bool virtual_loop_do_one(struct virtual_loop *loop, uint64_t now,
                         void (*before)(pusher_loop *loop, uint64_t deadline));

#endif
