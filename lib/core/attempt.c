/*
 * How attempts begin and end, and what follows.
 */
#include "core/attempt.h"

#include <string.h>

#include "base/log.h"
#include "codec/close_code.h"
#include "core/core_impl.h"
#include "core/problem.h"

/* What follows a failed attempt. */
enum verdict {
    VERDICT_WAIT, /* backoff */
    VERDICT_NOW,
    VERDICT_STOP
};

static enum verdict judge(struct core *core, int code)
{
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
    channels_disconnected(&core->channels);
}

static void dial(struct core *core)
{
    core->generation++;
    core->reached = CORE_STAGE_CONNECT;
    set_phase(core, PHASE_OPENING, core->now + core->config.connect_timeout_ms);
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
    uint32_t ours = core->config.activity_timeout_ms;
    uint32_t theirs = greeting->activity_timeout_ms;
    core->activity_timeout_ms = theirs && theirs < ours ? theirs : ours;
    core->unavailable_at = CORE_NEVER;
    core->connected_at = core->now;
    core->heard_at = core->now;
    problem_forget(core);
    set_phase(core, PHASE_UP, core->now + core->activity_timeout_ms);
    channels_connected(&core->channels);
}

void attempt_fail(struct core *core, const struct attempt_failure *failure)
{
    bool was_connected = phase_is_connected(core->phase);
    if (was_connected) {
        backoff_connection_lived(&core->backoff, core->now - core->connected_at);
        core->unavailable_at = core->now + core->config.unavailable_timeout_ms;
    }
    backoff_count_failure(&core->backoff);
    enum verdict verdict = judge(core, failure->code);
    uint32_t delay_ms = verdict == VERDICT_WAIT ? backoff_draw(&core->backoff) : 0;
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
        backoff_connection_lived(&core->backoff, core->now - core->connected_at);
    leave_connection(core);
    core->unavailable_at = CORE_NEVER;
    set_phase(core, PHASE_IDLE, CORE_NEVER);
}
