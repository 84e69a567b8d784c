/*
 * How attempts and connections end that nobody asked to end: what they are called, and
 * the code by which they are judged (CLOSE-13, HS-06, HS-07, PING-04, RETRY-04).
 */
#include "core/ending.h"

#include <errno.h>
#include <stdio.h>

#include "core/attempt.h"
#include "core/core_impl.h"

/* A drop that follows an in-band error within this time is judged by it (CLOSE-13). */
enum { INBAND_CODE_VALID_MS = 1000 };

/* What an attempt that ended in a stage is reported as. */
static const struct {
    pusher_problem_kind kind;
    const char *what;
    const char *missing; /* when its time ran out; only before it is open */
    const char *hint;
} by_stage[] = {
    [CORE_STAGE_RESOLVE] = {PUSHER_PROBLEM_RESOLVE, "the host name has no address",
                            "no address of the host name",
                            "check host, cluster and network"},
    [CORE_STAGE_CONNECT] = {PUSHER_PROBLEM_CONNECT, "no connection to the server",
                            "no connection", "check host, port and network"},
    [CORE_STAGE_TLS] = {PUSHER_PROBLEM_TLS, "no TLS session with the server",
                        "no TLS session",
                        "check the host name, its certificate and ca_file"},
    [CORE_STAGE_PROXY] = {PUSHER_PROBLEM_PROXY, "the proxy refused",
                          "no answer of the proxy", "check the proxy"},
    [CORE_STAGE_UPGRADE] = {PUSHER_PROBLEM_UPGRADE,
                            "the server did not upgrade to WebSocket",
                            "no upgrade to WebSocket", "check host, port and path"},
    [CORE_STAGE_OPEN] = {PUSHER_PROBLEM_CLOSED, "the connection was lost", "", NULL},
    [CORE_STAGE_LIMIT] = {PUSHER_PROBLEM_LIMIT, "a message was too long", "",
                          "raise max_message_bytes if such messages are to be expected"},
    [CORE_STAGE_INVALID] = {PUSHER_PROBLEM_PROTOCOL,
                            "the server broke the WebSocket protocol", "", NULL},
    [CORE_STAGE_OURS] = {PUSHER_PROBLEM_LIMIT, "a frame could not be sent", "", NULL},
};

/* 1005 and 1006 never go over the wire: they stand for a close without a code. */
static bool is_codeless(int code)
{
    return code < 0 || code == 1005 || code == 1006;
}

/* The code by which a close is judged (CLOSE-13). */
static int code_of(const struct core *core, const struct core_closed *closed)
{
    bool dropped = closed->stage == CORE_STAGE_OPEN && is_codeless(closed->close_code);
    bool just_heard = core->now - core->heard_at <= INBAND_CODE_VALID_MS;
    if (dropped && core->inband_code >= 0 && just_heard)
        return core->inband_code;
    return closed->close_code <= UINT16_MAX ? closed->close_code : -1;
}

static const char *hint_for(const struct core_closed *closed)
{
    if (closed->system_error == EMFILE)
        return "raise the limit of open files, see descriptors in pusher/loop.h";
    return by_stage[closed->stage].hint;
}

void ending_by_transport(struct core *core, const struct core_closed *closed)
{
    struct attempt_failure failure = {
        .kind = by_stage[closed->stage].kind,
        .code = code_of(core, closed),
        .http_status = closed->http_status,
        .system_error = closed->system_error,
        .what = by_stage[closed->stage].what,
        .hint = hint_for(closed),
        .reason = closed->reason,
    };
    if (closed->stage == CORE_STAGE_OPEN) {
        if (!is_codeless(failure.code)) {
            failure.what = "the server closed the connection";
        } else if (!phase_is_connected(core->phase)) { /* HS-06 */
            failure.kind = PUSHER_PROBLEM_GREETING;
            failure.what = "the connection was lost before the greeting";
        }
    }
    attempt_fail(core, &failure);
}

static void timed_out(struct core *core, pusher_problem_kind kind, const char *what,
                      uint32_t after_ms, const char *hint)
{
    char text[80];
    snprintf(text, sizeof text, "%s within %u ms", what, after_ms);
    attempt_fail(core, &(struct attempt_failure){
                           .kind = kind,
                           .code = -1,
                           .what = text,
                           .hint = hint,
                       });
}

void ending_by_time(struct core *core)
{
    uint32_t connect_ms = core->config.connect_timeout_ms;
    switch (core->phase) {
    case PHASE_OPENING: /* RETRY-04 */
        timed_out(core, by_stage[core->reached].kind, by_stage[core->reached].missing,
                  connect_ms, by_stage[core->reached].hint);
        return;
    case PHASE_GREETING: /* HS-07 */
        timed_out(core, PUSHER_PROBLEM_GREETING, "no greeting from the server",
                  connect_ms, "check host, port and network");
        return;
    case PHASE_PROBING: /* PING-04 */
        timed_out(core, PUSHER_PROBLEM_PONG_TIMEOUT, "no answer to a ping",
                  (uint32_t)(core->phase_deadline - core->probed_at), NULL);
        return;
    case PHASE_IDLE:
    case PHASE_UP:
    case PHASE_WAITING:
    case PHASE_REFUSED:
        return; /* no end comes by time */
    }
}
