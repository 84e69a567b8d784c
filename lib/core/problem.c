/*
 * Reports in words.
 */
#include "core/problem.h"

#include "base/log.h"
#include "base/quote.h"
#include "base/str.h"
#include "codec/close_code.h"
#include "codec/control.h"
#include "codec/log_name.h"
#include "core/core_impl.h"

/* What is said when there is no memory to say more. */
static pusher_str short_text(pusher_problem_kind kind)
{
    switch (kind) {
    case PUSHER_PROBLEM_RESOLVE:
        return STR("the host name has no address");
    case PUSHER_PROBLEM_CONNECT:
        return STR("no connection to the server");
    case PUSHER_PROBLEM_TLS:
        return STR("no TLS session with the server");
    case PUSHER_PROBLEM_PROXY:
        return STR("the proxy refused");
    case PUSHER_PROBLEM_UPGRADE:
        return STR("the server did not upgrade to WebSocket");
    case PUSHER_PROBLEM_GREETING:
        return STR("the server did not greet as a Channels server");
    case PUSHER_PROBLEM_CLOSED:
        return STR("the connection ended");
    case PUSHER_PROBLEM_PONG_TIMEOUT:
        return STR("the server did not answer a ping");
    case PUSHER_PROBLEM_PROTOCOL:
        return STR("the server sent something that is not of the protocol");
    case PUSHER_PROBLEM_AUTH:
        return STR("an authorization failed");
    case PUSHER_PROBLEM_SUBSCRIBE:
        return STR("the server refused a subscription");
    case PUSHER_PROBLEM_SIGNIN:
        return STR("signing in failed");
    case PUSHER_PROBLEM_DECRYPT:
        return STR("an event could not be decrypted");
    case PUSHER_PROBLEM_LIMIT:
        return STR("a limit was passed");
    case PUSHER_PROBLEM_SERVER:
        return STR("the server reported an error");
    }
    return STR("a problem");
}

/* Of the hidden channel on which the user's own events come (USER-04). The application
 * knows nothing of it: to them it is part of the sign-in. */
static bool is_personal(pusher_str channel)
{
    return str_starts_with(channel, STR("#"));
}

/* Makes `problem` the one to be taken. Its text is in core->problem_text, NUL included,
 * or there was no memory for it: `rc`. */
static void publish(struct core *core, const pusher_problem *problem, pusher_str channel,
                    int rc)
{
    struct buf *text = &core->problem_text;
    size_t message_bytes = text->len;
    if (is_personal(channel))
        channel = (pusher_str){NULL, 0};
    if (!rc)
        rc = buf_append_byte(text, '\0');
    if (!rc && channel.ptr)
        rc = buf_append(text, channel);
    if (!rc)
        rc = buf_append_byte(text, '\0');
    core->problem = *problem;
    core->problem_pending = true;
    core->problem.message = short_text(problem->kind);
    /* The channel may be gone when the report is read, so it is copied or absent. */
    if (!rc) {
        core->problem.message = (pusher_str){text->ptr, message_bytes};
        if (channel.ptr)
            core->problem.channel =
                (pusher_str){text->ptr + message_bytes + 1, channel.len};
    }
}

/* Appends ": " and the words of others, if there are any. */
static int append_quoted(struct core *core, pusher_str words)
{
    if (!words.len)
        return 0;
    char shown[QUOTE_SIZE];
    quote(words, str_of(core->config.key), shown, sizeof shown);
    return buf_printf(&core->problem_text, ": %s", shown);
}

static int append_code(struct buf *text, int code)
{
    if (code < 0)
        return 0;
    const char *meaning = code <= UINT16_MAX ? close_code_text(code) : "";
    return *meaning ? buf_printf(text, " with code %d (%s)", code, meaning)
                    : buf_printf(text, " with code %d", code);
}

static int append_outlook(struct buf *text, const pusher_problem *problem)
{
    if (!problem->will_retry)
        return buf_printf(text, "; not tried again before the next connect");
    if (!problem->retry_in_ms)
        return buf_printf(text, "; trying again at once");
    return buf_printf(text, "; trying again in %u ms", problem->retry_in_ms);
}

void problem_attempt(struct core *core, const pusher_problem *problem,
                     const struct attempt_failure *failure)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "%s", failure->what);
    if (!rc)
        rc = append_code(text, failure->code);
    if (!rc && failure->http_status)
        rc = buf_printf(text, " (HTTP status %d)", failure->http_status);
    if (!rc)
        rc = append_quoted(core, failure->reason);
    if (!rc && failure->hint)
        rc = buf_printf(text, "; %s", failure->hint);
    if (!rc)
        rc = append_outlook(text, problem);
    publish(core, problem, (pusher_str){NULL, 0}, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u, attempt %u failed: %s (code %d, HTTP status %d, errno %d)",
             core->generation, problem->attempt, failure->what, problem->code,
             problem->http_status, problem->system_error);
}

/* A problem that costs nothing but what it is about. */
static pusher_problem harmless(pusher_problem_kind kind, int code)
{
    return (pusher_problem){.kind = kind, .code = code, .will_retry = true};
}

void problem_dropped(struct core *core, pusher_problem_kind kind, size_t bytes,
                     const char *what)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = bytes
                 ? buf_printf(text, "a message of %zu bytes was dropped: %s", bytes, what)
                 : buf_printf(text, "a message was dropped: %s", what);
    pusher_problem problem = harmless(kind, -1);
    publish(core, &problem, (pusher_str){NULL, 0}, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: message of %zu bytes dropped: %s", core->generation, bytes,
             what);
}

void problem_server(struct core *core, const struct server_error *error)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "the server reported an error");
    if (!rc)
        rc = append_code(text, error->code);
    if (!rc)
        rc = append_quoted(core, str_of(error->message));
    if (!rc)
        rc = buf_printf(text, "; the connection goes on%s",
                        core->inband_code >= 0 ? " unless the server ends it" : "");
    pusher_problem problem = harmless(PUSHER_PROBLEM_SERVER, error->code);
    publish(core, &problem, (pusher_str){NULL, 0}, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN, "connection %u: in-band error, code %d",
             core->generation, error->code);
}

static bool is_about_user(pusher_str channel)
{
    return !channel.ptr || is_personal(channel);
}

static int append_next_try(struct buf *text, pusher_str channel, uint32_t retry_in_ms)
{
    if (retry_in_ms)
        return buf_printf(text, "; trying again in %u ms", retry_in_ms);
    return buf_printf(text, "; %s again, or it is tried at the next connection",
                      is_about_user(channel) ? "sign in" : "subscribe");
}

/* Ends the text in problem_text with what follows, and publishes it: about a channel, or
 * about the sign-in. `rc`: of the text so far. */
static void publish_unsubscribed(struct core *core, pusher_problem_kind kind,
                                 pusher_str channel, int http_status,
                                 uint32_t retry_in_ms, int rc)
{
    if (!rc)
        rc = append_next_try(&core->problem_text, channel, retry_in_ms);
    pusher_problem problem = {
        .kind = is_about_user(channel) ? PUSHER_PROBLEM_SIGNIN : kind,
        .code = -1,
        .http_status = http_status,
        .will_retry = retry_in_ms > 0,
        .retry_in_ms = retry_in_ms,
    };
    publish(core, &problem, channel, rc);
}

static const char *subject(pusher_str channel)
{
    if (!channel.ptr)
        return "sign-in";
    return is_personal(channel) ? "subscription to the user's own events"
                                : "subscription";
}

void problem_subscribe(struct core *core, pusher_str channel,
                       const struct server_error *error, uint32_t retry_in_ms)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "the server refused the %s", subject(channel));
    if (!rc && error->code >= 0)
        rc = buf_printf(text, " with status %d", error->code);
    if (!rc)
        rc = append_quoted(core, str_of(error->message));
    publish_unsubscribed(core, PUSHER_PROBLEM_SUBSCRIBE, channel,
                         error->code > 0 ? error->code : 0, retry_in_ms, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: subscription of %s refused, status %d", core->generation,
             log_name(channel).text, error->code);
}

void problem_subscribe_late(struct core *core, pusher_str channel, uint32_t retry_in_ms)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "the server did not answer the %s within %u ms",
                        subject(channel), core->config.subscribe_timeout_ms);
    publish_unsubscribed(core, PUSHER_PROBLEM_SUBSCRIBE, channel, 0, retry_in_ms, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: no answer to the subscription of %s", core->generation,
             log_name(channel).text);
}

void problem_renewed(struct core *core, pusher_str channel, const char *why,
                     uint32_t retry_in_ms)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "the %s is of no use: %s", subject(channel), why);
    publish_unsubscribed(core, PUSHER_PROBLEM_SUBSCRIBE, channel, 0, retry_in_ms, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: subscription of %s is of no use: %s", core->generation,
             log_name(channel).text, why);
}

void problem_roster(struct core *core, pusher_str channel, size_t left_out, size_t bare)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = 0;
    if (left_out)
        rc = buf_printf(text,
                        "%zu members are not in the roster, which holds %u; raise "
                        "max_members",
                        left_out, core->config.max_members);
    if (!rc && left_out && bare)
        rc = buf_append(text, STR("; "));
    if (!rc && bare)
        rc = buf_printf(text,
                        "%zu members are in the roster without their info, which is "
                        "longer than %u bytes; raise max_member_bytes",
                        bare, core->config.max_member_bytes);
    pusher_problem problem = harmless(PUSHER_PROBLEM_LIMIT, -1);
    publish(core, &problem, channel, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: roster of %s: %zu members left out, %zu without info",
             core->generation, log_name(channel).text, left_out, bare);
}

/* What became of an authorization, without what follows from that. */
static int describe_auth(struct core *core, pusher_str channel,
                         const struct auth_failure *failure)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "the authorization failed: %s", failure->what);
    if (!rc && failure->http_status)
        rc = buf_printf(text, " (HTTP status %d)", failure->http_status);
    if (!rc)
        rc = append_quoted(core, failure->reason);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: authorization of %s failed: %s (HTTP status %d)",
             core->generation, log_name(channel).text, failure->what,
             failure->http_status);
    return rc;
}

void problem_auth(struct core *core, pusher_str channel,
                  const struct auth_failure *failure, uint32_t retry_in_ms)
{
    int rc = describe_auth(core, channel, failure);
    publish_unsubscribed(core, PUSHER_PROBLEM_AUTH, channel, failure->http_status,
                         retry_in_ms, rc);
}

void problem_refresh(struct core *core, pusher_str channel,
                     const struct auth_failure *failure)
{
    int rc = describe_auth(core, channel, failure);
    if (!rc)
        rc = buf_append(&core->problem_text,
                        STR("; the subscription goes on with the key that it has"));
    pusher_problem problem = harmless(PUSHER_PROBLEM_AUTH, -1);
    problem.http_status = failure->http_status;
    publish(core, &problem, channel, rc);
}

void problem_channel(struct core *core, pusher_problem_kind kind, pusher_str channel,
                     const char *what)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "a message was dropped: %s", what);
    pusher_problem problem = harmless(kind, -1);
    publish(core, &problem, channel, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: message on %s dropped: %s", core->generation,
             log_name(channel).text, what);
}

void problem_decrypt(struct core *core, pusher_str channel, const char *why)
{
    struct buf *text = &core->problem_text;
    buf_clear(text);
    int rc = buf_printf(text, "an event could not be decrypted: %s", why);
    pusher_problem problem = harmless(PUSHER_PROBLEM_DECRYPT, -1);
    publish(core, &problem, channel, rc);
    log_line(&core->config.log, PUSHER_LOG_WARN,
             "connection %u: an event on %s could not be decrypted: %s", core->generation,
             log_name(channel).text, why);
}

void problem_forget(struct core *core)
{
    if (!core->problem_pending)
        buf_free(&core->problem_text);
}

bool core_take_problem(struct core *core, pusher_problem *ret)
{
    if (!core->problem_pending)
        return false;
    core->problem_pending = false;
    *ret = core->problem;
    return true;
}
