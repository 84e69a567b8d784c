/*
 * What a received message means (HS, MSG, PING-05, SUB).
 *
 * inbound_message() is the hot path: an ordinary event costs its decoding, one look-up
 * and a few stores. Timers are not touched, see core_on_time().
 */
#include "core/inbound.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/encrypted.h"
#include "codec/frame.h"
#include "codec/log_name.h"
#include "core/attempt.h"
#include "core/cipher.h"
#include "core/core_impl.h"
#include "core/presence.h"
#include "core/problem.h"
#include "core/said.h"
#include "core/user.h"

#define NAME(literal)                                                                    \
    {                                                                                    \
        "" literal, sizeof(literal) - 1                                                  \
    }

static const pusher_str established = NAME("pusher:connection_established");
static const pusher_str error_name = NAME("pusher:error");
static const pusher_str internal_prefix = NAME("pusher_internal:");
static const char no_memory[] = "out of memory";

/* --- decoding --- */

/* The message that the last delivery pointed to goes. */
int inbound_decode(struct core *core, pusher_str text)
{
    core->delivery_pending = false;
    if (core->message.tree) {
        message_release(&core->message);
        core->message.tree = NULL;
    }
    int rc = message_decode(text, &core->message);
    if (!rc)
        log_line(&core->config.log, PUSHER_LOG_DEBUG,
                 "connection %u: received %s%s%s, %zu bytes", core->generation,
                 log_name(core->message.event).text,
                 core->message.channel.ptr ? " on " : "",
                 core->message.channel.ptr ? log_name(core->message.channel).text : "",
                 text.len);
    return rc;
}

/* The data of the message, decoded, in memory that the caller frees; or NULL. */
char *inbound_copy_data(struct core *core, pusher_str *ret)
{
    char *out = mem_alloc(core->config.mem, message_data_bound(&core->message));
    if (out)
        *ret = message_data_copy(&core->message, out);
    return out;
}

/* Without memory the error is one without a code and a text. */
static void read_error(struct core *core,
                       void (*parse)(pusher_str, struct server_error *),
                       struct server_error *ret)
{
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    parse(data, ret);
    mem_free(core->config.mem, copy);
    if (ret->code < 0 || ret->code > UINT16_MAX)
        ret->code = -1;
}

/* --- the greeting --- */

static void fail_greeting(struct core *core, const char *what)
{
    attempt_fail(core, &(struct attempt_failure){
                           .kind = PUSHER_PROBLEM_GREETING,
                           .code = -1,
                           .what = what,
                           .hint = "check that host and port are those of a Channels "
                                   "server",
                       });
}

/* HS-02, HS-04 */
static void read_greeting(struct core *core)
{
    struct greeting greeting;
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    int rc = copy ? greeting_parse(data, &greeting) : PUSHER_ERR_NOMEM;
    mem_free(core->config.mem, copy);
    if (rc == 0)
        attempt_succeed(core, &greeting);
    else if (rc == PUSHER_ERR_NOMEM)
        fail_greeting(core, "no memory to read the greeting");
    else
        fail_greeting(core, "the greeting holds no valid socket id");
}

/* HS-03, HS-05 */
static void refused_in_band(struct core *core)
{
    struct server_error error;
    read_error(core, server_error_parse, &error);
    attempt_fail(core, &(struct attempt_failure){
                           .kind = PUSHER_PROBLEM_SERVER,
                           .code = error.code,
                           .what = "the server refused the connection",
                           .reason = str_of(error.message),
                       });
}

void inbound_greeting(struct core *core, pusher_str text)
{
    int rc = inbound_decode(core, text);
    if (rc == PUSHER_ERR_NOMEM)
        fail_greeting(core, "no memory to read the greeting");
    else if (rc)
        fail_greeting(core, "the server's first message is not of the protocol");
    else if (str_equal(core->message.event, established))
        read_greeting(core);
    else if (str_equal(core->message.event, error_name))
        refused_in_band(core);
    else
        fail_greeting(core, "the server's first message is not a greeting");
}

/* --- events --- */

void inbound_deliver(struct core *core, enum core_scope scope, pusher_str name,
                     struct core_channel *channel)
{
    core->delivery = (struct core_delivery){
        .scope = scope,
        .name = name,
        .channel = channel,
        .message = &core->message,
        .gap_since = CORE_NEVER,
    };
    core->delivery_pending = true;
}

static struct core_channel *find_channel(struct core *core)
{
    if (!core->message.channel.ptr)
        return NULL;
    return channels_find(&core->channels, core->message.channel);
}

/* A box of a channel that is not subscribed (any more): nobody has its key. */
static bool is_closed_box(const struct core *core)
{
    return core->message.channel.ptr &&
           channel_kind_of(core->message.channel) == CHANNEL_ENCRYPTED &&
           encrypted_is_event(core->message.event);
}

/* MSG-07 */
static void deliver_ordinary(struct core *core)
{
    struct core_channel *channel = find_channel(core);
    if (channel && channel->role == CHANNEL_PERSONAL) {
        inbound_deliver(core, CORE_SCOPE_USER, core->message.event, NULL);
    } else if (channel && channel_hears(channel)) {
        if (channel->kind == CHANNEL_ENCRYPTED && encrypted_is_event(core->message.event))
            cipher_received(core, channel);
        else
            inbound_deliver(core, CORE_SCOPE_BOTH, core->message.event, channel);
    } else if (!is_closed_box(core)) {
        inbound_deliver(core, CORE_SCOPE_CLIENT, core->message.event, NULL);
    }
}

/* PING-05; several are answered by one. */
static void on_ping(struct core *core)
{
    core->pong_owed = true;
    deliver_ordinary(core);
}

static void on_pong(struct core *core)
{
    round_trip_ponged(&core->round_trip, core->now);
    deliver_ordinary(core);
}

/* A server that names no channel means the one that waits longest: answers come in order
 * (SUB-13). True: told. */
static bool is_about_subscription(struct core *core, const struct server_error *error)
{
    enum { UNAUTHORIZED = 4009 };
    if (error->code != UNAUTHORIZED)
        return false;
    struct core_channel *channel = channels_first_awaited(&core->channels);
    if (!channel)
        return false;
    if (channel_refused(core, channel, false))
        problem_subscribe(core, core_channel_name(channel),
                          &(struct server_error){.code = -1}, 0);
    return true;
}

/* CLOSE-12: whatever its code, the connection goes on; but see CLOSE-13. */
static void on_error(struct core *core)
{
    struct server_error error;
    read_error(core, server_error_parse, &error);
    if (error.code >= 4000 && error.code <= 4299)
        core->inband_code = error.code;
    if (!is_about_subscription(core, &error))
        problem_server(core, &error);
    deliver_ordinary(core);
}

/* A connection has one socket id; a server that changes it is not to be followed. */
static void on_second_greeting(struct core *core)
{
    fail_greeting(core, "the server greeted a second time");
}

/* SUB-10. What the server could not do this time it may do the next time. */
static void on_subscription_error(struct core *core)
{
    struct server_error error;
    read_error(core, subscription_error_parse, &error);
    bool retry = error.code == 408 || error.code == 429 || error.code >= 500;
    struct core_channel *channel = find_channel(core);
    if (!channel || !channel_refused(core, channel, retry)) {
        deliver_ordinary(core);
        return;
    }
    problem_subscribe(core, core_channel_name(channel), &error,
                      channel->timed ? (uint32_t)(channel->timer.deadline - core->now)
                                     : 0);
    if (channel->role == CHANNEL_PERSONAL)
        inbound_deliver(core, CORE_SCOPE_USER, core->message.event, NULL);
    else
        inbound_deliver(core, CORE_SCOPE_BOTH, core->message.event, channel);
}

/* SUB-03 */
static void on_subscription_succeeded(struct core *core)
{
    struct core_channel *channel = find_channel(core);
    if (!channel || !channel_confirmed(core, channel))
        return;
    if (channel->kind == CHANNEL_PRESENCE && !presence_subscribed(core, channel))
        return;
    channel->failures = 0;
    if (channel->role == CHANNEL_PERSONAL)
        return;
    log_line(&core->config.log, PUSHER_LOG_INFO, "connection %u: subscribed to %s",
             core->generation, core_channel_name(channel).ptr);
    inbound_deliver(core, CORE_SCOPE_CHANNEL, STR("pusher:subscription_succeeded"),
                    channel);
    core->delivery.gap_since = channel->missing_since; /* SUB-16 */
    channel->missing_since = CORE_NEVER;
}

/* SUB-14 */
static void on_subscription_count(struct core *core)
{
    struct core_channel *channel = find_channel(core);
    if (!channel || !channel_hears(channel))
        return;
    uint32_t count;
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    int rc = copy ? subscription_count_parse(data, &count) : PUSHER_ERR_NOMEM;
    mem_free(core->config.mem, copy);
    if (rc == 0)
        inbound_deliver(core, CORE_SCOPE_CHANNEL, STR("pusher:subscription_count"),
                        channel);
    else if (rc == PUSHER_ERR_NOMEM)
        problem_channel(core, PUSHER_PROBLEM_LIMIT, core_channel_name(channel),
                        no_memory);
    else
        problem_channel(core, PUSHER_PROBLEM_PROTOCOL, core_channel_name(channel),
                        "its subscription count is not a number");
}

/* SUB-06 */
void inbound_auth_error(struct core *core, struct core_channel *channel,
                        const struct auth_failure *failure)
{
    int rc;
    struct buf *text =
        said_begin(core,
                   channel->role == CHANNEL_SIGNIN ? STR("pusher:signin_error")
                                                   : STR("pusher:subscription_error"),
                   core_channel_name(channel), &rc);
    if (!rc)
        rc = buf_append(text, STR("{\"type\":\"AuthError\",\"error\":"));
    if (!rc)
        rc = frame_append_string(text, failure->reason.len ? failure->reason
                                                           : str_of(failure->what));
    if (!rc && failure->http_status)
        rc = buf_printf(text, ",\"status\":%d", failure->http_status);
    if (!rc)
        rc = buf_append_byte(text, '}');
    said_end(core, channel, rc);
}

static void on_signin_success(struct core *core)
{
    if (!user_signed_in(core))
        deliver_ordinary(core);
}

/* PRES-03, PRES-04 */
static void on_member_added(struct core *core)
{
    struct core_channel *channel = find_channel(core);
    if (channel && channel->kind == CHANNEL_PRESENCE && channel_hears(channel))
        presence_added(core, channel);
}

static void on_member_removed(struct core *core)
{
    struct core_channel *channel = find_channel(core);
    if (channel && channel->kind == CHANNEL_PRESENCE && channel_hears(channel))
        presence_removed(core, channel);
}

static const struct {
    pusher_str name;
    void (*handle)(struct core *core);
} own_events[] = {
    {NAME("pusher:ping"), on_ping},
    {NAME("pusher:pong"), on_pong},
    {NAME("pusher:error"), on_error},
    {NAME("pusher:connection_established"), on_second_greeting},
    {NAME("pusher:subscription_error"), on_subscription_error},
    {NAME("pusher_internal:subscription_succeeded"), on_subscription_succeeded},
    {NAME("pusher_internal:subscription_count"), on_subscription_count},
    {NAME("pusher_internal:member_added"), on_member_added},
    {NAME("pusher:signin_success"), on_signin_success},
    {NAME("pusher_internal:watchlist_events"), user_watched},
    {NAME("pusher_internal:member_removed"), on_member_removed},
};

/* An event whose name starts with "pusher" (MSG-07). */
static void handle_own(struct core *core)
{
    pusher_str name = core->message.event;
    for (size_t i = 0; i < sizeof own_events / sizeof *own_events; i++) {
        if (str_equal(name, own_events[i].name)) {
            own_events[i].handle(core);
            return;
        }
    }
    if (!str_starts_with(name, internal_prefix))
        deliver_ordinary(core);
}

void inbound_message(struct core *core, pusher_str text)
{
    int rc = inbound_decode(core, text);
    if (rc) {
        bool memory = rc == PUSHER_ERR_NOMEM;
        problem_dropped(core, memory ? PUSHER_PROBLEM_LIMIT : PUSHER_PROBLEM_PROTOCOL,
                        text.len,
                        memory ? no_memory : "it is not an object with an event name");
        return;
    }
    core->heard_at = core->now; /* PING-01 */
    core->inband_code = -1;
    if (core->phase == PHASE_PROBING) { /* PING-03 */
        core->ping_owed = false;
        set_phase(core, PHASE_UP, core->now + core->activity_timeout_ms);
    }
    if (str_starts_with(core->message.event, STR("pusher")))
        handle_own(core);
    else
        deliver_ordinary(core);
}
