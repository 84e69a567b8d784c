/*
 * A loop on a machine of the world: stands in for the loop of lib/net, in virtual time.
 * The machine may do nothing for a while: because it sleeps, which it is told of when it
 * wakes up, or because the process is stopped, which nobody tells it.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "support/virtual_loop.h"
#include "world.h"

struct pusher_loop {
    struct virtual_loop base;
    struct world *world;
    struct app *app;     /* one a loop: its client lives here */
    uint64_t busy_until; /* it does nothing before */
    bool slept;          /* and will be told of it then */
    struct happening turn;
    void *token;       /* of the client's memory, as the real loop takes some */
    unsigned fired;    /* timers and tasks at one instant */
    uint64_t fired_at; /* that one */
    uint64_t reads;    /* of the clock since then */
};

/* True: the machine does nothing now, and `happening` was put off until it does. */
bool machine_puts_off(pusher_loop *loop, struct happening *happening);

/* Around everything that runs handlers of the library. After leaving, `loop` may be gone:
 * false. */
void machine_enter(pusher_loop *loop);
bool machine_leave(pusher_loop *loop);

void machine_sleep(pusher_loop *loop, uint32_t ms);
void machine_freeze(pusher_loop *loop, uint32_t ms);

/* How much is still planned on the loop: nothing must be after its last client. */
unsigned machine_left(const pusher_loop *loop);

#endif
