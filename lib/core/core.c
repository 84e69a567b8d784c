/*
 * The protocol of one connection: the inputs, one function each, and the levels.
 */
#include "core/core.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/attempt.h"
#include "core/cipher.h"
#include "core/core_impl.h"
#include "core/ending.h"
#include "core/inbound.h"
#include "core/presence.h"
#include "core/problem.h"
#include "core/user.h"

/* An attempt that is younger than that is not begun anew for a hint. */
enum { YOUNG_ATTEMPT_MS = 1000 };

/* The longest text of one problem, channel name included. */
enum { PROBLEM_TEXT_MAX = 1024 };

int core_new(struct core **ret, const struct core_config *config, uint64_t now)
{
    struct core *core = mem_zalloc(config->mem, sizeof *core);
    if (!core)
        return PUSHER_ERR_NOMEM;
    core->config = *config;
    core->phase = PHASE_IDLE;
    core->now = now;
    core->phase_deadline = CORE_NEVER;
    core->unavailable_at = CORE_NEVER;
    core->tls = config->tls;
    core->inband_code = -1;
    backoff_init(&core->backoff, config->seed);
    channels_init(&core->channels, config->mem);
    buf_init(&core->problem_text, config->mem, PROBLEM_TEXT_MAX);
    *ret = core;
    return 0;
}

void core_free(struct core *core)
{
    if (!core)
        return;
    trigger_free(core);
    core->triggers = NULL;
    channels_free(core);
    user_free(core);
    auth_free(core);
    message_release(&core->message);
    buf_free(&core->problem_text);
    mem_free(core->config.mem, core);
}

void core_tick(struct core *core, uint64_t now)
{
    if (now > core->now)
        core->now = now;
}

/* --- what the user wants --- */

void core_connect(struct core *core, uint64_t now)
{
    core_tick(core, now);
    switch (core->phase) {
    case PHASE_IDLE:
    case PHASE_REFUSED:
        attempt_start(core); /* CONN-03, CONN-08 */
        return;
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_UP:
    case PHASE_PROBING:
    case PHASE_WAITING:
        return;
    }
}

void core_disconnect(struct core *core, uint64_t now)
{
    core_tick(core, now);
    core->disconnected = true;
    core->delivery_pending = false; /* CONN-07: nothing in flight is delivered */
    if (!core->problem.attempt)     /* nor does anything go on that a report says */
        core->problem_pending = false;
    switch (core->phase) {
    case PHASE_IDLE:
        return;
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_UP:
    case PHASE_PROBING:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        attempt_abandon(core);
        return;
    }
}

/* Probes the connection: the answer, or any message, is waited for until `deadline`. */
static void probe(struct core *core, uint64_t deadline)
{
    core->ping_owed = true; /* PING-02 */
    core->probed_at = core->now;
    set_phase(core, PHASE_PROBING, deadline);
}

int core_ping(struct core *core, uint64_t now)
{
    core_tick(core, now);
    switch (core->phase) {
    case PHASE_UP:
        probe(core, core->now + core->config.pong_timeout_ms);
        return 0;
    case PHASE_PROBING:
        return 0; /* one is under way */
    case PHASE_IDLE:
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return PUSHER_ERR_STATE;
    }
    return PUSHER_ERR_STATE;
}

void core_network_changed(struct core *core, uint64_t now)
{
    core_tick(core, now);
    /* A hint makes it less patient, never more. */
    uint32_t patience_ms = core->config.probe_timeout_ms < core->config.pong_timeout_ms
                               ? core->config.probe_timeout_ms
                               : core->config.pong_timeout_ms;
    uint64_t soon = core->now + patience_ms;
    switch (core->phase) {
    case PHASE_UP:
        probe(core, soon);
        return;
    case PHASE_PROBING:
        if (soon < core->phase_deadline)
            core->phase_deadline = soon;
        return;
    case PHASE_WAITING:
        attempt_restart(core);
        return;
    case PHASE_OPENING:
        if (core->phase_deadline == CORE_NEVER)
            return; /* it waits for its turn, and a new one would be the last again */
        /* It may hang on the old network; one that has just begun does not. */
        if (core->now + core->config.connect_timeout_ms >=
            core->phase_deadline + YOUNG_ATTEMPT_MS)
            attempt_restart(core);
        return;
    case PHASE_IDLE:
    case PHASE_GREETING:
    case PHASE_REFUSED:
        return;
    }
}

/* --- what happened to the transport --- */

void core_on_dialled(struct core *core, uint32_t generation, uint64_t now)
{
    core_tick(core, now);
    if (generation == core->generation && core->phase == PHASE_OPENING)
        core->phase_deadline = core->now + core->config.connect_timeout_ms;
}

void core_on_open(struct core *core, uint32_t generation, uint64_t now)
{
    core_tick(core, now);
    if (generation != core->generation)
        return;
    switch (core->phase) {
    case PHASE_OPENING:
        /* One deadline from the dialling to the greeting (HS-07). */
        set_phase(core, PHASE_GREETING, core->phase_deadline);
        return;
    case PHASE_IDLE:
    case PHASE_GREETING:
    case PHASE_UP:
    case PHASE_PROBING:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return;
    }
}

void core_on_text(struct core *core, uint32_t generation, pusher_str text, uint64_t now)
{
    core_tick(core, now);
    if (generation != core->generation)
        return;
    switch (core->phase) {
    case PHASE_GREETING:
        inbound_greeting(core, text);
        return;
    case PHASE_UP:
    case PHASE_PROBING:
        inbound_message(core, text);
        return;
    case PHASE_IDLE:
    case PHASE_OPENING:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return;
    }
}

void core_on_binary(struct core *core, uint32_t generation, size_t bytes, uint64_t now)
{
    core_tick(core, now);
    if (generation != core->generation)
        return;
    switch (core->phase) {
    case PHASE_GREETING:
    case PHASE_UP:
    case PHASE_PROBING:
        problem_dropped(core, PUSHER_PROBLEM_PROTOCOL, bytes,
                        "it is binary, and the protocol is text");
        return;
    case PHASE_IDLE:
    case PHASE_OPENING:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return;
    }
}

void core_on_progress(struct core *core, uint32_t generation, enum core_stage stage)
{
    if (generation == core->generation && stage < CORE_STAGE_OPEN)
        core->reached = stage;
}

void core_on_arrival(struct core *core, uint32_t generation, uint64_t arrived_at)
{
    if (generation == core->generation)
        core->arrived_at = arrived_at;
}

void core_on_closed(struct core *core, uint32_t generation,
                    const struct core_closed *closed, uint64_t now)
{
    core_tick(core, now);
    if (generation != core->generation)
        return;
    switch (core->phase) {
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_UP:
    case PHASE_PROBING:
        if (closed->stage == CORE_STAGE_OURS)
            trigger_unsent(core);
        ending_by_transport(core, closed);
        return;
    case PHASE_IDLE:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return;
    }
}

/* --- time --- */

/* Messages only store when they came; here their deadline is looked at. */
static void activity_due(struct core *core)
{
    uint64_t due = core->heard_at + core->activity_timeout_ms;
    if (core->now < due) {
        core->phase_deadline = due;
        return;
    }
    probe(core, core->now + core->config.pong_timeout_ms);
}

void core_on_time(struct core *core, uint64_t now)
{
    bool was_unavailable = core->now >= core->unavailable_at;
    core_tick(core, now);
    if (!was_unavailable && core->now >= core->unavailable_at) {
        log_line(&core->config.log, PUSHER_LOG_INFO, "no connection for %u ms",
                 core->config.unavailable_timeout_ms);
        return; /* core_state() says so from now on (CONN-05) */
    }
    if (core->now < core->phase_deadline) {
        channels_on_time(core);
        return;
    }
    switch (core->phase) {
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_PROBING:
        ending_by_time(core);
        return;
    case PHASE_UP:
        activity_due(core);
        return;
    case PHASE_WAITING:
        attempt_start(core);
        return;
    case PHASE_IDLE:
    case PHASE_REFUSED:
        return;
    }
}

/* --- levels --- */

struct core_want core_want(const struct core *core)
{
    return (struct core_want){
        .open = phase_is_live(core->phase),
        .generation = core->generation,
        .tls = core->tls,
    };
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t core_deadline(const struct core *core)
{
    uint64_t deadline = earlier(core->phase_deadline, channels_deadline(&core->channels));
    deadline = earlier(deadline, trigger_deadline(core));
    return core->now < core->unavailable_at ? earlier(core->unavailable_at, deadline)
                                            : deadline;
}

pusher_state core_state(const struct core *core)
{
    return phase_public_state(core);
}

pusher_str core_socket_id(const struct core *core)
{
    return str_of(core->socket_id);
}

bool core_round_trip(const struct core *core, uint32_t *last_ms, uint32_t *smoothed_ms)
{
    if (!core->round_trip.known)
        return false;
    *last_ms = core->round_trip.last_ms;
    *smoothed_ms = round_trip_smoothed_ms(&core->round_trip);
    return true;
}

/* --- outputs of the last input --- */

bool core_next_told(struct core *core)
{
    return presence_tell_change(core) || cipher_tell(core) || user_tell(core);
}

bool core_take_delivery(struct core *core, struct core_delivery *ret)
{
    if (!core->delivery_pending)
        return false;
    core->delivery_pending = false;
    *ret = core->delivery;
    return true;
}
