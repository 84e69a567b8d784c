/*
 * How attempts begin and end, and what follows.
 */
#include "core/attempt.h"

#include <string.h>

#include "base/log.h"
#include "codec/close_code.h"
#include "core/core_impl.h"
#include "core/problem.h"

/* Pings are never more frequent than that for caution (PING-07). */
enum { LEAST_CAUTIOUS_MS = 10000 };

/* What follows a failed attempt. */
enum verdict {
    VERDICT_WAIT, /* backoff */
    VERDICT_NOW,
    VERDICT_STOP
};

static bool attempts_used_up(const struct core *core)
{
    return core->config.max_attempts &&
           core->backoff.failures >= core->config.max_attempts;
}

static enum verdict judge(struct core *core, int code)
{
    if (attempts_used_up(core))
        return VERDICT_STOP;
    switch (close_action_of(code)) {
    case CLOSE_RECONNECT:
    case CLOSE_BACKOFF:
        return VERDICT_WAIT;
    case CLOSE_RETRY_NOW:
        return backoff_take_immediate(&core->backoff) ? VERDICT_NOW : VERDICT_WAIT;
    case CLOSE_TLS_ONLY:
        /* Only ever up to TLS, so it can happen once (CLOSE-04). */
        if (core->tls)
            return VERDICT_STOP;
        core->tls = true;
        return VERDICT_NOW;
    case CLOSE_REFUSED:
        return VERDICT_STOP;
    }
    return VERDICT_WAIT;
}

/* Forgets what belonged to the connection (CONN-06, CONN-10, SUB-07). */
static void leave_connection(struct core *core)
{
    if (!phase_is_connected(core->phase))
        return;
    core->ping_owed = false;
    core->pong_owed = false;
    core->inband_code = -1;
    core->socket_id[0] = '\0';
    round_trip_forget_pings(&core->round_trip);
    channels_disconnected(core, core->arrived_at < core->heard_at ? core->arrived_at
                                                                  : core->heard_at);
    trigger_lost(core);
}

/*
 * PING-07: a connection that ends early and without a word is one that something on the
 * way forgets when it is silent. The next ones ping twice as often as this one lived,
 * until one lives long enough to show that it is not needed.
 */
static void learn_from_end(struct core *core, const struct attempt_failure *failure)
{
    uint64_t lived_ms = core->now - core->connected_at;
    bool early = lived_ms < 2 * (uint64_t)core->activity_timeout_ms;
    bool silent = failure->code < 0 && (failure->kind == PUSHER_PROBLEM_CLOSED ||
                                        failure->kind == PUSHER_PROBLEM_PONG_TIMEOUT);
    if (!early)
        core->cautious_timeout_ms = 0;
    else if (silent)
        core->cautious_timeout_ms = lived_ms / 2 > LEAST_CAUTIOUS_MS
                                        ? (uint32_t)(lived_ms / 2)
                                        : LEAST_CAUTIOUS_MS;
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return b && b < a ? b : a;
}

static void dial(struct core *core)
{
    core->generation++;
    core->reached = CORE_STAGE_CONNECT;
    set_phase(core, PHASE_OPENING, CORE_NEVER); /* see core_on_dialled() */
}

void attempt_restart(struct core *core)
{
    dial(core);
}

void attempt_start(struct core *core)
{
    /* Counted from when the connection was asked for or lost; attempts do not restart it
     * (CONN-05). */
    if (core->phase != PHASE_WAITING)
        core->unavailable_at = core->now + core->config.unavailable_timeout_ms;
    dial(core);
}

void attempt_succeed(struct core *core, const struct greeting *greeting)
{
    memcpy(core->socket_id, greeting->socket_id, sizeof core->socket_id);
    core->activity_timeout_ms = /* CONN-09 */
        least_of(
            least_of(core->config.activity_timeout_ms, greeting->activity_timeout_ms),
            core->cautious_timeout_ms);
    core->unavailable_at = CORE_NEVER;
    core->connected_at = core->now;
    core->heard_at = core->now;
    core->arrived_at = CORE_NEVER;
    problem_forget(core);
    set_phase(core, PHASE_UP, core->now + core->activity_timeout_ms);
    channels_connected(core);
}

void attempt_fail(struct core *core, const struct attempt_failure *failure)
{
    bool was_connected = phase_is_connected(core->phase);
    if (was_connected) {
        backoff_connection_lived(&core->backoff, &core->config,
                                 core->now - core->connected_at);
        learn_from_end(core, failure);
        core->unavailable_at = core->now + core->config.unavailable_timeout_ms;
    }
    backoff_count_failure(&core->backoff);
    enum verdict verdict = judge(core, failure->code);
    uint32_t delay_ms = 0;
    if (verdict == VERDICT_WAIT) {
        /* Perhaps not only ours was ended. */
        bool lost = was_connected && failure->kind == PUSHER_PROBLEM_CLOSED;
        delay_ms = lost ? backoff_draw_spread(&core->backoff, &core->config)
                        : backoff_draw(&core->backoff, &core->config);
    }
    pusher_problem problem = {
        .kind = failure->kind,
        .code = failure->code,
        .http_status = failure->http_status,
        .system_error = failure->system_error,
        .will_retry = verdict != VERDICT_STOP,
        .attempt = core->backoff.failures,
        .retry_in_ms = delay_ms,
    };
    problem_attempt(core, &problem, failure);
    leave_connection(core);
    switch (verdict) {
    case VERDICT_WAIT:
        set_phase(core, PHASE_WAITING, core->now + delay_ms);
        log_line(&core->config.log, PUSHER_LOG_DEBUG, "next attempt in %u ms", delay_ms);
        break;
    case VERDICT_NOW:
        dial(core);
        break;
    case VERDICT_STOP:
        core->unavailable_at = CORE_NEVER;
        set_phase(core, PHASE_REFUSED, CORE_NEVER);
        break;
    }
}

void attempt_abandon(struct core *core)
{
    if (phase_is_connected(core->phase))
        backoff_connection_lived(&core->backoff, &core->config,
                                 core->now - core->connected_at);
    leave_connection(core);
    core->unavailable_at = CORE_NEVER;
    set_phase(core, PHASE_IDLE, CORE_NEVER);
}
