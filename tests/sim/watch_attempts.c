/*
 * Attempts, states, reports and delays: a second opinion on CONN, CLOSE, RETRY and PING.
 */
#include "watch.h"

#include <string.h>

#include "app.h"
#include "base/str.h"
#include "letter.h"
#include "machine.h"
#include "net/ws.h"

/* --- what is to follow a close code (CLOSE-01) --- */

enum sentence { RETRY_LATER, RETRY_NOW, GIVE_UP };

static enum sentence judge(struct app *app, int64_t code)
{
    struct watch *w = &app->watch;
    if (app->options.max_attempts && w->failures >= app->options.max_attempts)
        return GIVE_UP;
    if (code == 4000) {
        if (w->tls)
            return GIVE_UP;
        w->tls = true; /* only ever up (CLOSE-04) */
        return RETRY_NOW;
    }
    if ((code >= 4001 && code <= 4099) || code >= 4300)
        return GIVE_UP;
    if (code >= 4200 && code <= 4299 && !w->immediate_used) {
        w->immediate_used = true;
        return RETRY_NOW;
    }
    return RETRY_LATER;
}

/* `ended`: the other side has ended a connection. */
static uint64_t bound(const struct app *app, bool ended)
{
    uint64_t bound = app->options.backoff_min_ms;
    for (uint32_t n = app->watch.failures; n && bound < app->options.backoff_max_ms; n--)
        bound *= 2;
    if (ended && bound < app->options.reconnect_spread_ms)
        bound = app->options.reconnect_spread_ms;
    return bound < app->options.backoff_max_ms ? bound : app->options.backoff_max_ms;
}

/* --- the connection --- */

static void leave(struct app *app)
{
    struct watch *w = &app->watch;
    uint64_t lived = app->world->now - w->connected_at;
    if (lived >= app->options.stable_after_ms) {
        w->failures = 0;
        if (lived >= app->options.backoff_min_ms)
            w->immediate_used = false;
    }
    w->connected = false;
    w->inband_code = -1;
    *w->socket_id = '\0';
    watch_channels_lost(app);
}

static void on_dial(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    uint64_t now = app->world->now;
    if (!w->alive || !w->wants)
        violated(world, CHECK_I7, "an attempt that nobody wants");
    else if (!w->may_dial)
        violated(world, CHECK_I12, "an attempt too many");
    else if (now < w->dial_at)
        violated(world, CHECK_I13, "an attempt %u ms too early",
                 (unsigned)(w->dial_at - now));
    if (app->live)
        violated(world, CHECK_I1, "an attempt while a transport lives");
    if (w->attempt_open)
        violated(world, CHECK_I21, "an attempt, and the end of the last is not reported");
    if ((fact->n[1] != 0) != w->tls)
        violated(world, CHECK_I18, "an attempt with%s TLS", fact->n[1] ? "" : "out");
    w->started_at = now;
    w->waits = fact->n[3] != 0;
    w->dialled = fact->n[2] != 0;
    w->may_dial = false;
    w->attempt_open = true;
    w->opened = w->connected = w->ended = false;
    w->ended_code = -1;
    w->transport = (unsigned)fact->n[0];
    w->reasons += 3;
}

static void on_ended(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[0] != w->transport)
        violated(app->world, CHECK_I1, "an old transport was not closed");
    w->ended = true;
    w->ended_stage = fact->n[1];
    w->ended_code = fact->n[2];
}

static void on_closed(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[0] != w->transport)
        violated(app->world, CHECK_I1, "an old transport was closed late");
    if (w->attempt_open && w->wants && w->alive && w->calls_open == 0)
        violated(app->world, CHECK_I21, "given up without a report");
}

static void on_greeting(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    w->greeting = true;
    w->connected = true;
    w->connected_at = app->world->now;
    uint64_t theirs = (uint64_t)fact->n[4];
    w->activity_ms = app->options.activity_timeout_ms;
    if (theirs && theirs < w->activity_ms)
        w->activity_ms = theirs;
    if (w->cautious_ms && w->cautious_ms < w->activity_ms)
        w->activity_ms = w->cautious_ms;
    const char *from = memmem(fact->text.ptr, fact->text.len, "socket_id", 9);
    size_t len = 0;
    if (from) {
        from += 9;
        while (*from == '\\' || *from == '"' || *from == ':')
            from++;
        len = strcspn(from, "\\\"");
    }
    if (len >= sizeof w->socket_id)
        len = 0;
    memcpy(w->socket_id, from ? from : "", len);
    w->socket_id[len] = '\0';
    watch_channels_connected(app);
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int64_t kind = fact->n[1];
    w->reasons += 3;
    if (kind == LETTER_GARBAGE || kind == LETTER_BINARY)
        return;
    w->heard_at = app->world->now;
    w->frozen_ms = 0;
    w->notice_by = UINT64_MAX;
    w->may_ping = false;
    w->inband_code = -1;
    w->inband_unsure = false;
    w->greeted_again = w->connected && kind == LETTER_GREETING;
    if (!w->connected && kind == LETTER_GREETING && w->attempt_open && w->wants) {
        on_greeting(app, fact);
    } else if (w->connected && kind == LETTER_ERROR && fact->n[4] >= 4000 &&
               fact->n[4] <= 4299) {
        w->inband_code = fact->n[4];
        w->inband_at = w->heard_at;
    }
}

/* --- reports --- */

static bool is_codeless(int64_t code)
{
    return code < 0 || code == 1005 || code == 1006;
}

/* Of a transport that has ended, the code by which it is judged (CLOSE-13). */
static int64_t code_of_end(const struct app *app)
{
    const struct watch *w = &app->watch;
    bool recent = app->world->now - w->inband_at <= 1000;
    bool dropped = w->ended_stage == WS_STAGE_OPEN && is_codeless(w->ended_code);
    return dropped && w->inband_code >= 0 && recent ? w->inband_code : w->ended_code;
}

static void check_report(struct app *app, const struct fact *fact, enum sentence sentence,
                         bool was_connected)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    int64_t delay = fact->n[4];
    uint64_t most = bound(app, was_connected && fact->n[0] == PUSHER_PROBLEM_CLOSED);
    if ((fact->n[2] != 0) != (sentence != GIVE_UP))
        violated(world, CHECK_I12, "after code %d it is %s", (int)fact->n[1],
                 fact->n[2] ? "tried again" : "given up");
    if (sentence == RETRY_NOW && delay)
        violated(world, CHECK_I13, "after code %d it waits", (int)fact->n[1]);
    if (sentence == RETRY_LATER &&
        (delay < app->options.backoff_min_ms || (uint64_t)delay > most))
        violated(world, CHECK_I13, "a delay of %u ms, not in %u … %u", (unsigned)delay,
                 (unsigned)app->options.backoff_min_ms, (unsigned)most);
    if (fact->n[3] != w->failures)
        violated(world, CHECK_I13, "it is said to be attempt %u, and is %u",
                 (unsigned)fact->n[3], (unsigned)w->failures);
}

/* Nobody has ended it but the client: its time must be over (RETRY-04). */
static void check_patience(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    bool by_time = fact->n[0] == PUSHER_PROBLEM_RESOLVE ||
                   fact->n[0] == PUSHER_PROBLEM_CONNECT ||
                   fact->n[0] == PUSHER_PROBLEM_TLS;
    bool ours = w->attempt_open && w->dialled && !w->ended && !w->connected;
    bool over =
        !w->waits && app->world->now >= w->started_at + app->options.connect_timeout_ms;
    if (by_time && ours && !over && app->memory.failed == w->failed_seen)
        violated(app->world, CHECK_I13, "an attempt is given up before its time");
}

/* PING-07: after an early and silent end, the next connections ping earlier. */
static void learn_from_loss(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    uint64_t lived = app->world->now - w->connected_at;
    bool silent = fact->n[1] < 0 && (fact->n[0] == PUSHER_PROBLEM_CLOSED ||
                                     fact->n[0] == PUSHER_PROBLEM_PONG_TIMEOUT);
    if (lived >= 2 * w->activity_ms)
        w->cautious_ms = 0;
    else if (silent)
        w->cautious_ms = lived / 2 > 10000 ? lived / 2 : 10000;
}

static void on_failed_attempt(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    uint64_t now = app->world->now;
    /* Without memory it may end before anything of it is seen. */
    bool unseen = w->may_dial && now >= w->dial_at && app->memory.failed > w->failed_seen;
    check_patience(app, fact);
    w->failed_seen = app->memory.failed;
    if (!w->attempt_open && !unseen)
        violated(app->world, CHECK_I21, "a report of an attempt that was reported");
    int64_t code = w->ended ? code_of_end(app) : -1;
    bool in_band = fact->n[0] == PUSHER_PROBLEM_SERVER;
    if (w->greeting && fact->n[0] == PUSHER_PROBLEM_GREETING) {
        w->connected = false; /* it could not be taken */
        *w->socket_id = '\0';
        watch_channels_lost(app);
    }
    bool was_connected = w->connected;
    if (was_connected) {
        learn_from_loss(app, fact);
        leave(app);
        w->since = now;
    }
    w->failures++;
    enum sentence sentence = judge(app, fact->n[1]);
    check_report(app, fact, sentence, was_connected);
    bool unread = w->inband_unsure && (fact->n[1] == -1 || fact->n[1] == w->ended_code);
    if (!in_band && !unread && fact->n[1] != code)
        violated(app->world, CHECK_I21, "reported with code %d, and it was %d",
                 (int)fact->n[1], (int)code);
    w->attempt_open = w->connected = w->greeting = w->ended = false;
    w->greeted_again = false;
    w->reasons += 3;
    if (sentence == GIVE_UP) {
        w->wants = false;
        w->disconnected = true;
        return;
    }
    w->may_dial = true;
    w->dial_at = now + (uint64_t)fact->n[4];
}

/* --- calls and hints --- */

static void expect_answer_within(struct app *app, uint32_t ms)
{
    struct watch *w = &app->watch;
    uint64_t by = app->world->now + ms;
    w->may_ping = true;
    if (by < w->notice_by)
        w->notice_by = by;
}

/* The network may have changed, or the machine has slept. */
static void on_hint(struct app *app)
{
    struct watch *w = &app->watch;
    uint64_t now = app->world->now;
    w->reasons += 3;
    if (w->connected) {
        const pusher_options *o = &app->options;
        expect_answer_within(app, o->probe_timeout_ms < o->pong_timeout_ms
                                      ? o->probe_timeout_ms
                                      : o->pong_timeout_ms);
    } else if (w->attempt_open && !w->opened && w->waits) {
        return; /* a new one would be the last again */
    } else if (w->attempt_open && !w->opened && now - w->started_at >= 1000) {
        w->attempt_open = false;
        w->may_dial = true;
        w->dial_at = now;
    } else if (w->may_dial && w->dial_at > now) {
        w->dial_at = now;
    }
}

static void on_return(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    w->reasons += 3;
    switch (fact->n[0]) {
    case CALL_CONNECT:
        w->called_since_state = true;
        if (w->wants)
            return;
        w->wants = w->may_dial = true;
        w->dial_at = w->since = app->world->now;
        return;
    case CALL_DISCONNECT:
        w->called_since_state = true;
        if (w->connected)
            leave(app);
        w->wants = w->may_dial = w->attempt_open = w->greeting = false;
        w->disconnected = true;
        return;
    case CALL_PING:
        expect_answer_within(app, app->options.pong_timeout_ms);
        return;
    case CALL_HINT:
        on_hint(app);
        return;
    default:
        return;
    }
}

/* --- states --- */

static pusher_state expected_state(const struct app *app)
{
    const struct watch *w = &app->watch;
    if (w->connected)
        return PUSHER_STATE_CONNECTED;
    if (w->wants)
        return app->world->now - w->since >= app->options.unavailable_timeout_ms
                   ? PUSHER_STATE_UNAVAILABLE
                   : PUSHER_STATE_CONNECTING;
    return w->disconnected ? PUSHER_STATE_DISCONNECTED : PUSHER_STATE_INITIALIZED;
}

static bool is_edge(const struct watch *w, int64_t from, int64_t to)
{
    static const unsigned edges[] = {
        [PUSHER_STATE_INITIALIZED] =
            1u << PUSHER_STATE_CONNECTING | 1u << PUSHER_STATE_DISCONNECTED,
        [PUSHER_STATE_CONNECTING] = 1u << PUSHER_STATE_CONNECTED |
                                    1u << PUSHER_STATE_UNAVAILABLE |
                                    1u << PUSHER_STATE_DISCONNECTED,
        [PUSHER_STATE_CONNECTED] =
            1u << PUSHER_STATE_CONNECTING | 1u << PUSHER_STATE_DISCONNECTED,
        [PUSHER_STATE_UNAVAILABLE] =
            1u << PUSHER_STATE_CONNECTED | 1u << PUSHER_STATE_DISCONNECTED,
        [PUSHER_STATE_FAILED] = 0,
        [PUSHER_STATE_DISCONNECTED] = 1u << PUSHER_STATE_CONNECTING,
    };
    if (from == PUSHER_STATE_UNAVAILABLE && to == PUSHER_STATE_CONNECTING)
        return w->called_since_state; /* disconnected and connected again meanwhile */
    return edges[from] >> to & 1;
}

static void on_state(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    int64_t from = fact->n[0];
    int64_t to = fact->n[1];
    w->reasons += 3;
    if (from != w->state || !is_edge(w, from, to) || fact->n[2] != to)
        violated(world, CHECK_I2, "told %s to %s, from %s",
                 pusher_state_name((pusher_state)from),
                 pusher_state_name((pusher_state)to),
                 pusher_state_name((pusher_state)w->state));
    /* After a freeze both are told, one after the other; on_levels() wants the last. */
    bool on_the_way = to == PUSHER_STATE_CONNECTING && from != PUSHER_STATE_UNAVAILABLE &&
                      expected_state(app) == PUSHER_STATE_UNAVAILABLE;
    if (to != (int64_t)expected_state(app) && !on_the_way)
        violated(world, CHECK_I2, "told %s, and it is %s",
                 pusher_state_name((pusher_state)to),
                 pusher_state_name(expected_state(app)));
    if (!str_equal(fact->text, str_of(w->socket_id)))
        violated(world, CHECK_I3, "the socket id is \"%.*s\", not \"%s\"",
                 STR_ARG(fact->text), w->socket_id);
    w->state = to;
    w->called_since_state = false;
}

static void on_levels(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    uint64_t now = app->world->now;
    pusher_state state = (pusher_state)fact->n[0];
    if (!str_equal(fact->text, str_of(w->socket_id)))
        violated(world, CHECK_I3, "the socket id is \"%.*s\", not \"%s\"",
                 STR_ARG(fact->text), w->socket_id);
    if (state != expected_state(app)) {
        bool late = state == PUSHER_STATE_UNAVAILABLE ||
                    expected_state(app) == PUSHER_STATE_UNAVAILABLE;
        violated(world, late ? CHECK_L5 : CHECK_I2, "it is said to be %s, and is %s",
                 pusher_state_name(state), pusher_state_name(expected_state(app)));
    }
    if (state != (pusher_state)w->state)
        violated(world, CHECK_I2, "it is %s, and nobody was told",
                 pusher_state_name(state));
    if (!w->wants && fact->n[1])
        violated(world, CHECK_L4, "a transport lives, and none is wanted");
    if (fact->n[1] > 1)
        violated(world, CHECK_I1, "%u transports live", (unsigned)fact->n[1]);
    if (w->wants && w->may_dial && now >= w->dial_at)
        violated(world, CHECK_L5, "the next attempt is due, and not made");
    if (w->wants && !w->may_dial && !fact->n[1])
        violated(world, CHECK_I21, "the attempt is over, and was not reported");
    if (w->connected && now > watch_notice_by(app))
        violated(world, CHECK_L3, "silent for %u ms, and still taken for connected",
                 (unsigned)(now - w->heard_at));
    if (w->wakes > 50 + w->reasons)
        violated(world, CHECK_L6, "%u timers fired for %u reasons", (unsigned)w->wakes,
                 (unsigned)w->reasons);
}

static void on_timer(struct app *app, const struct fact *fact)
{
    if (fact->n[1] < fact->n[0])
        violated(app->world, CHECK_I14, "a timer fired %u ms early",
                 (unsigned)(fact->n[0] - fact->n[1]));
    if (app->world->wall_reads > app->world->gaps)
        violated(app->world, CHECK_I14, "the wall clock was read");
    if (!app->watch.alive)
        violated(app->world, CHECK_I7, "a timer fired after free");
    app->watch.wakes++;
}

void watch_attempts(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    switch (fact->kind) {
    case FACT_RETURN:
        if (!fact->n[4])
            on_return(app, fact);
        return;
    case FACT_DIAL:
        on_dial(app, fact);
        return;
    case FACT_TURN:
        w->waits = false;
        w->started_at = app->world->now;
        return;
    case FACT_OPENED:
        w->opened = true;
        return;
    case FACT_ENDED:
        on_ended(app, fact);
        return;
    case FACT_CLOSED:
        on_closed(app, fact);
        return;
    case FACT_SENT:
        w->reasons += 3;
        return;
    case FACT_RECEIVED:
        on_received(app, fact);
        return;
    case FACT_TAKEN:
        w->greeting = false;
        if (w->greeted_again && w->connected)
            violated(app->world, CHECK_I3, "a second greeting is lived with");
        w->greeted_again = false;
        if (fact->n[1]) /* it may have been read without its code */
            w->inband_unsure = true;
        return;
    case FACT_PROBLEM:
        if (fact->n[3])
            on_failed_attempt(app, fact);
        return;
    case FACT_STATE:
        on_state(app, fact);
        return;
    case FACT_LEVELS:
        on_levels(app, fact);
        return;
    case FACT_SLEPT:
        w->frozen_ms += (uint64_t)fact->n[0];
        return;
    case FACT_RESUMED:
        on_hint(app);
        return;
    case FACT_TIMER:
        on_timer(app, fact);
        return;
    default:
        return;
    }
}
