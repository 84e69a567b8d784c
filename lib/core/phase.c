/*
 * The phases of a connection and the legal transitions between them.
 */
#include "core/phase.h"

#include <assert.h>

#include "base/log.h"
#include "core/core_impl.h"

#define BIT(phase) (1u << (phase))

/* What can end an attempt: a wait, an immediate retry, a refusal, disconnect(). */
#define ENDS                                                                             \
    (BIT(PHASE_WAITING) | BIT(PHASE_OPENING) | BIT(PHASE_REFUSED) | BIT(PHASE_IDLE))

static const unsigned legal_next[PHASE_COUNT] = {
    [PHASE_IDLE] = BIT(PHASE_OPENING),
    [PHASE_OPENING] = BIT(PHASE_GREETING) | ENDS, /* to itself: dialled anew */
    [PHASE_GREETING] = BIT(PHASE_UP) | ENDS,
    [PHASE_UP] = BIT(PHASE_PROBING) | ENDS,
    [PHASE_PROBING] = BIT(PHASE_UP) | ENDS,
    [PHASE_WAITING] = BIT(PHASE_OPENING) | BIT(PHASE_IDLE),
    [PHASE_REFUSED] = BIT(PHASE_OPENING) | BIT(PHASE_IDLE),
};

static const unsigned live_phases =
    BIT(PHASE_OPENING) | BIT(PHASE_GREETING) | BIT(PHASE_UP) | BIT(PHASE_PROBING);

static const unsigned connected_phases = BIT(PHASE_UP) | BIT(PHASE_PROBING);

bool phase_may_follow(enum phase from, enum phase to)
{
    return legal_next[from] & BIT(to);
}

bool phase_is_live(enum phase phase)
{
    return live_phases & BIT(phase);
}

bool phase_is_connected(enum phase phase)
{
    return connected_phases & BIT(phase);
}

const char *phase_name(enum phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
        return "idle";
    case PHASE_OPENING:
        return "opening";
    case PHASE_GREETING:
        return "greeting";
    case PHASE_UP:
        return "up";
    case PHASE_PROBING:
        return "probing";
    case PHASE_WAITING:
        return "waiting";
    case PHASE_REFUSED:
        return "refused";
    }
    return "unknown";
}

void set_phase(struct core *core, enum phase next, uint64_t deadline)
{
    assert(phase_may_follow(core->phase, next));
    /* Opening has its deadline when it is dialled. */
    assert((deadline == CORE_NEVER) ==
           (next == PHASE_IDLE || next == PHASE_OPENING || next == PHASE_REFUSED));
    log_line(&core->config.log, PUSHER_LOG_INFO, "connection %u: %s -> %s",
             core->generation, phase_name(core->phase), phase_name(next));
    core->phase = next;
    core->phase_deadline = deadline;
}

pusher_state phase_public_state(const struct core *core)
{
    switch (core->phase) {
    case PHASE_IDLE:
        return core->disconnected ? PUSHER_STATE_DISCONNECTED : PUSHER_STATE_INITIALIZED;
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_WAITING:
        return core->now < core->unavailable_at ? PUSHER_STATE_CONNECTING
                                                : PUSHER_STATE_UNAVAILABLE;
    case PHASE_UP:
    case PHASE_PROBING:
        return PUSHER_STATE_CONNECTED;
    case PHASE_REFUSED:
        return PUSHER_STATE_DISCONNECTED;
    }
    return PUSHER_STATE_FAILED;
}
