/*
 * A gate for connection attempts.
 */
#include "net/gate.h"

#include <stddef.h>

/* A loop that woke up late lets in what it owes, but no more than for so long. */
enum { CREDIT_US = 10000 };

void gate_init(struct gate *gate, uint32_t most_inside, uint32_t per_second)
{
    *gate = (struct gate){.most_inside = most_inside, .per_second = per_second};
    list_init(&gate->waiting);
}

static bool has_place(const struct gate *gate)
{
    return !gate->most_inside || gate->inside < gate->most_inside;
}

static bool is_time(const struct gate *gate, uint64_t now_ms)
{
    return !gate->per_second || gate->next_us <= now_ms * 1000;
}

static void let_in(struct gate *gate, struct gate_pass *pass, uint64_t now_ms)
{
    pass->inside = true;
    gate->inside++;
    if (!gate->per_second)
        return;
    uint64_t now_us = now_ms * 1000;
    if (gate->next_us + CREDIT_US < now_us)
        gate->next_us = now_us - CREDIT_US;
    gate->next_us += 1000000 / gate->per_second;
}

bool gate_enter(struct gate *gate, struct gate_pass *pass, uint64_t now_ms)
{
    list_init(&pass->link);
    if (list_empty(&gate->waiting) && has_place(gate) && is_time(gate, now_ms)) {
        let_in(gate, pass, now_ms);
        return true;
    }
    list_append(&gate->waiting, &pass->link);
    return false;
}

struct gate_pass *gate_next(struct gate *gate, uint64_t now_ms)
{
    if (list_empty(&gate->waiting) || !has_place(gate) || !is_time(gate, now_ms))
        return NULL;
    struct gate_pass *pass = container_of(gate->waiting.next, struct gate_pass, link);
    list_remove(&pass->link);
    let_in(gate, pass, now_ms);
    return pass;
}

void gate_leave(struct gate *gate, struct gate_pass *pass)
{
    if (pass->inside)
        gate->inside--;
    pass->inside = false;
    if (pass->link.next)
        list_remove(&pass->link);
}

uint64_t gate_due(const struct gate *gate)
{
    if (list_empty(&gate->waiting) || !has_place(gate))
        return UINT64_MAX;
    return gate->per_second ? (gate->next_us + 999) / 1000 : 0;
}
