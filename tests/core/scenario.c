/*
 * A core on a virtual clock, and what must always be true of it.
 */
#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"

static void say(struct scene *s, const char *format, ...)
{
    char word[512];
    va_list args;
    va_start(args, format);
    vsnprintf(word, sizeof word, format, args);
    va_end(args);
    size_t used = strlen(s->said);
    snprintf(s->said + used, sizeof s->said - used, "%s%s", used ? " " : "", word);
    for (const char *c = word; *c; c++)
        s->digest = (s->digest ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
}

static void keep_line(pusher_log_level level, const char *line, void *userdata)
{
    struct scene *s = userdata;
    (void)level;
    size_t room = sizeof s->log - s->log_used;
    int used = snprintf(s->log + s->log_used, room, "%s\n", line);
    if (used > 0 && (size_t)used < room)
        s->log_used += (size_t)used;
}

struct core_config scene_config(void)
{
    return (struct core_config){
        .activity_timeout_ms = 120000,
        .pong_timeout_ms = 30000,
        .probe_timeout_ms = 5000,
        .unavailable_timeout_ms = 10000,
        .connect_timeout_ms = 15000,
        .backoff_min_ms = 1000,
        .backoff_max_ms = 30000,
        .reconnect_spread_ms = 0, /* a scene that is about it sets it */
        .stable_after_ms = 10000,
        .subscribe_timeout_ms = 15000,
        .auth_timeout_ms = 10000,
        .max_parallel_auth = 8,
        .max_members = 1000,
        .max_member_bytes = 100,
        .event_queue_max = 4,
        .event_queue_bytes = 1000,
        .max_channels = 100000,
        .seed = 1,
        .key = "appkey",
    };
}

void scene_open(struct scene *s, const struct core_config *config, size_t fail_at,
                bool fail_on)
{
    *s = (struct scene){.digest = UINT64_C(0xcbf29ce484222325)};
    fail_alloc_init(&s->alloc);
    s->alloc.fail_at = fail_at;
    s->alloc.fail_on = fail_on;
    s->quiet = fail_at != 0;
    buf_init(&s->frame, &mem_default, 4096);
    struct core_config copy = *config;
    copy.mem = &s->alloc.mem;
    copy.log = (pusher_log){PUSHER_LOG_DEBUG, keep_line, s};
    int rc = core_new(&s->core, &copy, 0);
    assert_true(rc == 0 || (rc == PUSHER_ERR_NOMEM && s->alloc.failed));
}

void scene_close(struct scene *s)
{
    core_free(s->core);
    assert_int_equal(s->alloc.live, 0);
    assert_int_equal(s->alloc.spilled, 0);
    assert_null(strstr(s->log, "appkey"));
    assert_null(strstr(s->log, SCENE_SIGNATURE));
    buf_free(&s->frame);
}

/* --- what must always be true --- */

#define BIT(state) (1u << PUSHER_STATE_##state)
static const unsigned legal_edges[] = {
    [PUSHER_STATE_INITIALIZED] = BIT(CONNECTING) | BIT(DISCONNECTED),
    [PUSHER_STATE_CONNECTING] = BIT(CONNECTED) | BIT(UNAVAILABLE) | BIT(DISCONNECTED),
    [PUSHER_STATE_CONNECTED] = BIT(CONNECTING) | BIT(DISCONNECTED),
    [PUSHER_STATE_UNAVAILABLE] = BIT(CONNECTED) | BIT(DISCONNECTED),
    [PUSHER_STATE_FAILED] = 0,
    [PUSHER_STATE_DISCONNECTED] = BIT(CONNECTING),
};

/* What is true of a channel in each stage while connected. */
static const struct {
    bool waits; /* in a line */
    enum { NEVER, SOMETIMES, ALWAYS } timed;
} stages[] = {
    [CHANNEL_WANTED] = {true, NEVER},        [CHANNEL_QUEUED] = {true, NEVER},
    [CHANNEL_AUTHORIZING] = {false, ALWAYS}, [CHANNEL_AUTHORIZED] = {true, NEVER},
    [CHANNEL_SUBSCRIBING] = {true, ALWAYS},  [CHANNEL_SUBSCRIBED] = {false, SOMETIMES},
    [CHANNEL_LATE] = {false, ALWAYS},        [CHANNEL_RENEWED] = {true, NEVER},
    [CHANNEL_FAILED] = {false, SOMETIMES},   [CHANNEL_CANCELLED] = {true, ALWAYS},
    [CHANNEL_LEAVING] = {true, NEVER},
};

static void check_channels(const struct core *core)
{
    size_t wanted = 0, total = 0, under_way = 0;
    bool connected = core_state(core) == PUSHER_STATE_CONNECTED;
    for (const struct map_node *node = core->channels.map.first; node;
         node = node->hh.next) {
        const struct core_channel *channel =
            container_of(node, struct core_channel, node);
        bool waits = !list_empty(&channel->line);
        total++;
        wanted += channel->role == CHANNEL_OF_USER && channel->stage != CHANNEL_CANCELLED;
        assert_true(channel->stage != CHANNEL_LEAVING);
        assert_true(connected || channel->stage == CHANNEL_WANTED); /* I8, SUB-07 */
        bool refreshes =
            channel->stage == CHANNEL_SUBSCRIBED && channel->kind == CHANNEL_ENCRYPTED;
        assert_true(refreshes || waits == (connected && stages[channel->stage].waits));
        assert_true(channel->timed ? stages[channel->stage].timed != NEVER
                                   : stages[channel->stage].timed != ALWAYS);
        assert_true(refreshes || (channel->authorization != NULL) ==
                                     (channel->stage == CHANNEL_AUTHORIZING)); /* I4 */
        assert_true((channel->granted != NULL) == (channel->stage == CHANNEL_AUTHORIZED));
        under_way += channel->authorization != NULL;
    }
    assert_int_equal(core->auth ? core->auth->under_way : 0, under_way);
    assert_true(under_way <= core->config.max_parallel_auth);
    for (const struct list *at = core->channels.owed.next; at != &core->channels.owed;
         at = at->next) {
        const struct core_channel *channel = container_of(at, struct core_channel, line);
        assert_true(
            channel->stage == CHANNEL_WANTED || channel->stage == CHANNEL_AUTHORIZED ||
            channel->stage == CHANNEL_RENEWED || channel->stage == CHANNEL_LEAVING);
        total += channel->stage == CHANNEL_LEAVING;
    }
    assert_int_equal(core->channels.wanted, wanted);
    assert_int_equal(core->channels.total, total);
    assert_true(wanted <= core->config.max_channels);
    assert_true(total <= 2 * core->config.max_channels);
}

static void check_invariants(const struct scene *s)
{
    const struct core *core = s->core;
    bool timed = core->phase != PHASE_IDLE && core->phase != PHASE_REFUSED;
    assert_true((core->phase_deadline != CORE_NEVER) == timed);
    assert_true((core_deadline(core) != CORE_NEVER) == timed);
    bool live = timed && core->phase != PHASE_WAITING;
    assert_true(core_want(core).open == live);
    assert_true(!core->config.tls || core_want(core).tls); /* T2: never down */
    bool connected = core_state(core) == PUSHER_STATE_CONNECTED;
    assert_true((core_socket_id(core).len > 0) == connected); /* I3, CONN-10 */
    assert_true((core->unavailable_at != CORE_NEVER) == (timed && !connected));
    check_channels(core);
}

static void check_delay(struct scene *s, const pusher_problem *problem)
{
    assert_true(problem->attempt > 0);
    if (!problem->will_retry || !problem->retry_in_ms)
        return;
    assert_true(problem->retry_in_ms >= s->core->config.backoff_min_ms); /* I13 */
    assert_true(problem->retry_in_ms <= s->core->config.backoff_max_ms);
}

/* --- outputs --- */

static void see_problem(struct scene *s, const pusher_problem *problem)
{
    s->problem = *problem;
    assert_true(problem->message.len > 0);
    assert_int_equal(problem->message.ptr[problem->message.len], '\0');
    snprintf(s->problem_text, sizeof s->problem_text, "%s", problem->message.ptr);
    assert_null(strstr(s->problem_text, "appkey"));
    assert_null(strstr(s->problem_text, SCENE_SIGNATURE));
    s->problem.message.ptr = s->problem_text;
    static const char *const names[] = {
        "resolve",   "connect", "tls",          "proxy",    "upgrade",
        "greeting",  "closed",  "pong_timeout", "protocol", "auth",
        "subscribe", "signin",  "decrypt",      "limit",    "server"};
    char channel[SCENE_NAME + 2] = "";
    if (problem->channel.ptr)
        snprintf(channel, sizeof channel, "(%.*s)", STR_ARG(problem->channel));
    say(s, "!%s%s/%d/%u%c", names[problem->kind], channel, problem->code,
        problem->attempt, problem->will_retry ? '+' : '-');
    if (problem->attempt) {
        check_delay(s, problem);
        s->retry_known = problem->will_retry;
        s->retry_at = s->now + problem->retry_in_ms;
    }
}

static void keep_data(struct scene *s, const struct message *message)
{
    *s->data = '\0';
    if (message_data_bound(message) <= sizeof s->data)
        message_data_copy(message, s->data);
}

static void see_delivery(struct scene *s, const struct core_delivery *delivery)
{
    keep_data(s, delivery->message);
    assert_non_null(delivery->message);
    if (delivery->scope == CORE_SCOPE_CLIENT || delivery->scope == CORE_SCOPE_USER) {
        assert_null(delivery->channel);
        say(s, "%c%.*s", delivery->scope == CORE_SCOPE_USER ? '@' : '*',
            STR_ARG(delivery->name));
        return;
    }
    assert_non_null(delivery->channel);
    pusher_str name = core_channel_name(delivery->channel);
    assert_ptr_equal(core_find_channel(s->core, name), delivery->channel);
    assert_ptr_equal(core_channel_user(delivery->channel), s);
    say(s, "%.*s%c%.*s", STR_ARG(name), delivery->scope == CORE_SCOPE_BOTH ? '+' : '.',
        STR_ARG(delivery->name));
    if (str_equal(delivery->name, STR("pusher:subscription_succeeded"))) {
        assert_true(delivery->gap_since == CORE_NEVER || delivery->gap_since <= s->now);
        s->gap_ms =
            delivery->gap_since == CORE_NEVER ? CORE_NEVER : s->now - delivery->gap_since;
    } else {
        assert_true(delivery->gap_since == CORE_NEVER);
    }
}

static void see_state(struct scene *s)
{
    static const char *const names[] = {"initialized", "connecting", "connected",
                                        "unavailable", "failed",     "disconnected"};
    pusher_state state = core_state(s->core);
    if (state == s->state)
        return;
    assert_true(legal_edges[s->state] & (1u << state)); /* I2 */
    s->state = state;
    say(s, "=%s", names[state]);
}

/* A new attempt starts when the report of the last one said so (I12). */
static void see_dial(struct scene *s, const struct core_want *want)
{
    assert_true(want->generation > s->want.generation);
    if (s->retry_known)
        assert_true(s->late ? s->now >= s->retry_at : s->now == s->retry_at);
    s->retry_known = false;
    s->dials++;
    s->dialled_at = s->now;
    core_on_dialled(s->core, want->generation, s->now);
    memset(s->channels, 0, sizeof s->channels);
    say(s, "dial#%u%s", want->generation, want->tls ? "/tls" : "");
}

static void see_want(struct scene *s)
{
    struct core_want want = core_want(s->core);
    if (want.open && (!s->want.open || want.generation != s->want.generation))
        see_dial(s, &want);
    else if (!want.open && s->want.open)
        say(s, "hangup");
    s->want = want;
}

static struct scene_channel *server_channel(struct scene *s, const char *name)
{
    for (size_t i = 0; i < SCENE_CHANNELS; i++) {
        struct scene_channel *channel = &s->channels[i];
        if (!channel->name[0])
            snprintf(channel->name, sizeof channel->name, "%s", name);
        if (strcmp(channel->name, name) == 0)
            return channel;
    }
    return NULL; /* more than the model follows */
}

/* No second subscribe without an unsubscribe between, and the reverse (I5, I6). */
static void see_channel_frame(struct scene *s, const char *frame, bool subscribe)
{
    const char *at = strstr(frame, "\"channel\":\"");
    assert_non_null(at);
    char name[SCENE_NAME] = "";
    assert_int_equal(sscanf(at, "\"channel\":\"%31[^\"]", name), 1);
    struct scene_channel *channel = server_channel(s, name);
    if (channel) {
        assert_true(channel->told != subscribe);
        channel->told = subscribe;
        channel->confirmed = false;
    }
    say(s, ">%s(%s)", subscribe ? "subscribe" : "unsubscribe", name);
}

/* Only to a channel that the server has confirmed (CEV-04). */
static void see_client_event(struct scene *s, const char *frame)
{
    char name[SCENE_NAME] = "", event[SCENE_NAME] = "";
    const char *channel = strstr(frame, "\"channel\":\"");
    assert_non_null(channel);
    assert_int_equal(sscanf(channel, "\"channel\":\"%31[^\"]", name), 1);
    assert_int_equal(
        sscanf(strstr(frame, "\"event\":\"client-"), "\"event\":\"%31[^\"]", event), 1);
    struct core_channel *known = core_find_channel(s->core, str_of(name));
    assert_non_null(known);
    assert_int_equal(core_channel_state(known), PUSHER_SUBSCRIPTION_SUBSCRIBED);
    say(s, ">%s(%s)", event, name);
}

static bool see_frame(struct scene *s)
{
    buf_clear(&s->frame);
    int rc = core_next_frame(s->core, &s->frame, s->now);
    assert_true(rc == 0 || rc == 1);
    if (!rc)
        return false;
    assert_int_equal(core_state(s->core), PUSHER_STATE_CONNECTED);
    buf_append_byte(&s->frame, '\0');
    const char *frame = s->frame.ptr;
    snprintf(s->last_frame, sizeof s->last_frame, "%s", frame);
    if (strcmp(frame, "{\"event\":\"pusher:ping\",\"data\":{}}") == 0)
        say(s, ">ping");
    else if (strcmp(frame, "{\"event\":\"pusher:pong\",\"data\":{}}") == 0)
        say(s, ">pong");
    else if (strstr(frame, "\"event\":\"pusher:signin\""))
        say(s, ">signin");
    else if (strstr(frame, "\"event\":\"client-"))
        see_client_event(s, frame);
    else
        see_channel_frame(s, frame, strstr(frame, "pusher:subscribe") != NULL);
    return true;
}

/* --- authorizations --- */

static struct scene_auth *auth_slot(struct scene *s, pusher_id id)
{
    for (size_t i = 0; i < SCENE_AUTHS; i++) {
        if (s->auths[i].id == id)
            return &s->auths[i];
    }
    return NULL;
}

/* As an application may in a callback. */
static void leave(struct scene *s)
{
    if (s->leaves)
        core_disconnect(s->core, s->now);
    s->retry_known = s->retry_known && !s->leaves;
    s->leaves = false;
}

static void tell(struct scene *s)
{
    pusher_problem problem;
    struct core_delivery delivery;
    do {
        if (core_take_problem(s->core, &problem))
            see_problem(s, &problem);
        if (core_take_delivery(s->core, &delivery)) {
            see_delivery(s, &delivery);
            leave(s);
        }
    } while (core_next_told(s->core));
    see_state(s);
    assert_false(core_take_problem(s->core, &problem));
    assert_false(core_take_delivery(s->core, &delivery));
}

static void see_auths(struct scene *s)
{
    struct core_auth_cancelled cancelled;
    struct core_auth auth;
    while (core_next_auth_answer(s->core, s->now))
        tell(s);
    while (core_take_cancelled_auth(s->core, &cancelled)) {
        struct scene_auth *slot = auth_slot(s, cancelled.id);
        assert_true(!slot || cancelled.user == (strcmp(slot->name, "user") == 0));
        if (slot)
            say(s, "cancel(%s)", slot->name);
    }
    while (core_next_auth(s->core, &auth, s->now) > 0) {
        assert_int_equal(core_state(s->core), PUSHER_STATE_CONNECTED);
        assert_null(auth_slot(s, auth.id)); /* never used again */
        struct scene_auth *slot = &s->auths[s->auth_count++ % SCENE_AUTHS];
        pusher_str name = auth.channel ? core_channel_name(auth.channel) : STR("user");
        slot->id = auth.id;
        snprintf(slot->name, sizeof slot->name, "%.*s", STR_ARG(name));
        say(s, "?%s", slot->name);
    }
}

void settle(struct scene *s)
{
    if (!s->core)
        return;
    int turns = 0;
    do {
        assert_true(turns++ < 100000); /* L6 */
        tell(s);
        while (core_deadline(s->core) <= s->now) {
            assert_true(turns++ < 100000);
            core_on_time(s->core, s->now);
            tell(s);
        }
        see_want(s);
        see_auths(s);
        tell(s);
        see_want(s);
        check_invariants(s);
    } while (!s->blocked && see_frame(s));
}

/* --- inputs --- */

void at(struct scene *s, uint64_t now)
{
    assert_true(now >= s->now);
    while (s->core && core_deadline(s->core) <= now) {
        s->now = core_deadline(s->core);
        settle(s);
    }
    s->now = now;
}

void after(struct scene *s, uint64_t ms)
{
    at(s, s->now + ms);
}

void wants_connection(struct scene *s)
{
    if (s->core)
        core_connect(s->core, s->now);
    settle(s);
}

void wants_none(struct scene *s)
{
    if (s->core)
        core_disconnect(s->core, s->now);
    s->retry_known = false;
    settle(s);
}

void pings_now(struct scene *s)
{
    if (!s->core)
        return;
    bool connected = core_state(s->core) == PUSHER_STATE_CONNECTED;
    assert_int_equal(core_ping(s->core, s->now), connected ? 0 : PUSHER_ERR_STATE);
    settle(s);
}

void network_changes(struct scene *s)
{
    s->retry_known = false; /* a hint may bring the announced attempt forward */
    if (s->core)
        core_network_changed(s->core, s->now);
    settle(s);
}

bool wants_channel(struct scene *s, const char *name)
{
    struct core_channel *channel = NULL;
    int rc =
        s->core ? core_subscribe(s->core, str_of(name), s, &channel) : PUSHER_ERR_NOMEM;
    assert_true((rc == 0) == (channel != NULL));
    assert_true(rc != PUSHER_ERR_NOMEM || s->alloc.failed);
    if (!rc)
        assert_string_equal(core_channel_name(channel).ptr, name);
    settle(s);
    return rc == 0;
}

void drops_channel(struct scene *s, const char *name)
{
    struct core_channel *channel =
        s->core ? core_find_channel(s->core, str_of(name)) : NULL;
    if (channel)
        core_unsubscribe(s->core, channel);
    settle(s);
    if (s->core)
        assert_null(core_find_channel(s->core, str_of(name)));
}

void opens(struct scene *s)
{
    if (s->core)
        core_on_open(s->core, s->want.generation, s->now);
    settle(s);
}

void says_as(struct scene *s, uint32_t generation, const char *text)
{
    /* A copy of its own length: reading past the end is then seen. */
    char *copy = mem_dup(&mem_default, str_of(text));
    assert_non_null(copy);
    char *exact = mem_realloc(&mem_default, copy, strlen(text));
    if (s->core)
        core_on_text(s->core, generation, (pusher_str){exact, strlen(text)}, s->now);
    settle(s);
    mem_free(&mem_default, exact);
}

void says(struct scene *s, const char *text)
{
    says_as(s, s->want.generation, text);
}

void greets(struct scene *s)
{
    says(s, "{\"event\":\"pusher:connection_established\",\"data\":"
            "\"{\\\"socket_id\\\":\\\"1.2\\\",\\\"activity_timeout\\\":120}\"}");
}

void confirms(struct scene *s, const char *channel)
{
    char text[128];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\","
             "\"data\":\"{}\"}",
             channel);
    struct scene_channel *known = server_channel(s, channel);
    if (known)
        known->confirmed = known->told;
    says(s, text);
}

void refuses_with(struct scene *s, const char *channel, int status)
{
    char text[160];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher:subscription_error\",\"channel\":\"%s\",\"data\":"
             "{\"type\":\"AuthError\",\"error\":\"go away\",\"status\":%d}}",
             channel, status);
    struct scene_channel *known = server_channel(s, channel);
    if (known && !known->confirmed)
        known->told = false;
    says(s, text);
}

void refuses(struct scene *s, const char *channel)
{
    refuses_with(s, channel, 403);
}

int triggers(struct scene *s, const char *channel, const char *event)
{
    struct core_channel *known =
        s->core ? core_find_channel(s->core, str_of(channel)) : NULL;
    int rc =
        known ? core_trigger(s->core, known, str_of(event), STR("{}")) : PUSHER_ERR_NOMEM;
    settle(s);
    return rc;
}

/* The last request for that channel. */
static pusher_id last_auth(const struct scene *s, const char *channel)
{
    pusher_id last = 0;
    for (size_t i = 0; i < s->auth_count && i < SCENE_AUTHS; i++) {
        if (strcmp(s->auths[i].name, channel) == 0 && s->auths[i].id > last)
            last = s->auths[i].id;
    }
    return last;
}

int grants_with(struct scene *s, const char *channel, const char *json)
{
    int rc = s->core ? core_auth_resolve(s->core, last_auth(s, channel), str_of(json))
                     : PUSHER_ERR_NOT_FOUND;
    settle(s);
    return rc;
}

int grants(struct scene *s, const char *channel)
{
    return grants_with(s, channel, "{\"auth\":\"appkey:" SCENE_SIGNATURE "\"}");
}

int denies(struct scene *s, const char *channel, int http_status)
{
    int rc = s->core ? core_auth_reject(s->core, last_auth(s, channel), http_status,
                                        STR("not today"))
                     : PUSHER_ERR_NOT_FOUND;
    settle(s);
    return rc;
}

void sends_binary(struct scene *s)
{
    if (s->core)
        core_on_binary(s->core, s->want.generation, 3, s->now);
    settle(s);
}

void closed_with(struct scene *s, const struct core_closed *closed)
{
    if (s->core)
        core_on_closed(s->core, s->want.generation, closed, s->now);
    settle(s);
}

void closes(struct scene *s, int code)
{
    closed_with(s, &(struct core_closed){
                       .stage = CORE_STAGE_OPEN, .close_code = code, .reason = STR("")});
}

void fails(struct scene *s, enum core_stage stage, const char *reason)
{
    closed_with(s, &(struct core_closed){
                       .stage = stage, .close_code = -1, .reason = str_of(reason)});
}

void brings_up(struct scene *s)
{
    wants_connection(s);
    opens(s);
    greets(s);
    s->said[0] = '\0';
}

void blocks(struct scene *s, bool blocked)
{
    s->blocked = blocked;
    settle(s);
}

void takes_a_frame(struct scene *s)
{
    see_frame(s);
}

void recovers(struct scene *s)
{
    s->alloc.fail_at = 0;
    if (!s->core)
        return;
    s->blocked = false;
    wants_none(s);
    drops_channel(s, "recovered");
    s->core->config.max_channels = 100000;
    assert_true(wants_channel(s, "recovered"));
    wants_connection(s);
    opens(s);
    s->said[0] = '\0';
    greets(s);
    assert_int_equal(s->state, PUSHER_STATE_CONNECTED);
    assert_non_null(strstr(s->said, ">subscribe(recovered)"));
    s->said[0] = '\0';
    confirms(s, "recovered");
    assert_string_equal(s->said, "recovered.pusher:subscription_succeeded");
}

void expect_text(struct scene *s, const char *part)
{
    if (!s->quiet && !strstr(s->problem_text, part))
        fail_msg("\"%s\" does not say \"%s\"", s->problem_text, part);
}

void expect_text_start(struct scene *s, const char *part)
{
    if (!s->quiet && strncmp(s->problem_text, part, strlen(part)) != 0)
        fail_msg("\"%s\" does not start with \"%s\"", s->problem_text, part);
}

void expect_state_of(struct scene *s, const char *name, pusher_subscription state)
{
    if (s->quiet)
        return;
    struct core_channel *channel = core_find_channel(s->core, str_of(name));
    assert_non_null(channel);
    assert_int_equal(core_channel_state(channel), state);
}

void expect(struct scene *s, const char *words)
{
    if (!s->quiet)
        assert_string_equal(s->said, words);
    s->said[0] = '\0';
}
