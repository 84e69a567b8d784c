/*
 * A gate for connection attempts: so many inside at a time, so many a second, the others
 * in the order in which they came. Pure: no clock, no sockets, nothing is allocated.
 */
#ifndef NET_GATE_H
#define NET_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct gate {
    uint32_t most_inside; /* 0: any number */
    uint32_t per_second;  /* 0: as fast as places get free */
    uint32_t inside;
    uint64_t next_us; /* when the rate lets the next one in */
    struct list waiting;
};

/* One attempt's; initialised by gate_enter(), zeroed before. */
struct gate_pass {
    struct list link; /* gate->waiting, else alone */
    bool inside;
};

void gate_init(struct gate *gate, uint32_t most_inside, uint32_t per_second);

/* True: it is inside. False: it waits for gate_next() to let it in. */
bool gate_enter(struct gate *gate, struct gate_pass *pass, uint64_t now_ms);

/* Lets the next waiting one in, or NULL: there is none, or it is not time yet. */
struct gate_pass *gate_next(struct gate *gate, uint64_t now_ms);

/* It is done, or does not want any more; a pass that never entered does no harm. */
void gate_leave(struct gate *gate, struct gate_pass *pass);

static inline bool gate_is_waiting(const struct gate_pass *pass)
{
    return pass->link.next && !list_empty(&pass->link);
}

/* When gate_next() is to be asked again, in ms; UINT64_MAX: once somebody has left. */
uint64_t gate_due(const struct gate *gate);

#endif
