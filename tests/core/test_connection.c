/*
 * Scenarios: connecting, the greeting, losing the connection, and coming back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "scenario.h"

/* CONN-01, CONN-03, CONN-04, HS-02, CONN-10 */
static void connects(struct scene *s)
{
    expect(s, "");
    wants_connection(s);
    expect(s, "=connecting dial#1");
    wants_connection(s); /* no-op while an attempt exists */
    at(s, 5), opens(s);
    expect(s, "");
    greets(s);
    expect(s, "=connected");
    if (!s->quiet)
        assert_string_equal(core_socket_id(s->core).ptr, "1.2");
    wants_connection(s);
    expect(s, "");
}

/* CONN-07, CONN-08: from every phase, twice, before anything. */
static void disconnects(struct scene *s)
{
    wants_none(s);
    expect(s, "=disconnected");
    wants_none(s);
    expect(s, "");
    wants_connection(s), wants_none(s);
    expect(s, "=connecting dial#1 =disconnected hangup");
    wants_connection(s), opens(s), wants_none(s);
    expect(s, "=connecting dial#2 =disconnected hangup");
    wants_connection(s), opens(s), greets(s), wants_none(s);
    expect(s, "=connecting dial#3 =connected =disconnected hangup");
    wants_connection(s), fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "=connecting dial#4 !connect/-1/1+ hangup");
    wants_none(s);
    expect(s, "=disconnected");
    after(s, 3600000); /* I7: nothing comes back by itself */
    expect(s, "");
}

/* CONN-07: what is in flight when disconnect() returns is not delivered. */
static void disconnect_drops_what_is_in_flight(struct scene *s)
{
    brings_up(s);
    uint32_t generation = s->want.generation;
    if (s->core) {
        core_on_text(s->core, generation, STR("{\"event\":\"order\"}"), s->now);
        core_disconnect(s->core, s->now);
    }
    settle(s);
    expect(s, "=disconnected hangup");
    says_as(s, generation, "{\"event\":\"order\"}");
    expect(s, "");
}

/* CONN-06, CONN-10, RETRY-06: connected is left at once, and the delay is the one said.
 */
static void loses_the_connection(struct scene *s)
{
    brings_up(s);
    at(s, 4000), closes(s, -1);
    expect(s, "!closed/-1/1+ =connecting hangup");
    expect_text(s, "the connection was lost; trying again in ");
    at(s, 4999);
    expect(s, "");
    at(s, 6000);
    expect(s, "dial#2");
    opens(s), greets(s);
    expect(s, "=connected");
    if (!s->quiet)
        assert_null(s->core->problem_text.ptr); /* a connection keeps no old report */
}

/* RETRY-06: a server that dies ends many connections at once, and they return one after
 * the other; silence is noticed at different moments anyway. */
static void returns_spread(struct scene *s)
{
    uint32_t most = 0;
    if (s->core)
        s->core->config.reconnect_spread_ms = 9500;
    brings_up(s);
    for (int i = 0; i < 20; i++) {
        after(s, 20000), closes(s, 4100);
        most = s->problem.retry_in_ms > most ? s->problem.retry_in_ms : most;
        after(s, s->problem.retry_in_ms), opens(s), greets(s);
    }
    if (!s->quiet)
        assert_in_range(most, 7000, 9500);
    s->said[0] = '\0';
    after(s, 120000), after(s, 30000);
    expect(s, ">ping !pong_timeout/-1/1+ =connecting hangup");
    if (!s->quiet)
        assert_in_range(s->problem.retry_in_ms, 1000, 2000);
}

/* CONN-05 C: counted from the loss; attempts do not restart it, and they go on. */
static void becomes_unavailable(struct scene *s)
{
    brings_up(s);
    at(s, 100000), closes(s, 1006);
    expect(s, "!closed/1006/1+ =connecting hangup");
    at(s, 102000), fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "dial#2 !connect/-1/2+ hangup");
    at(s, 106000);
    expect(s, "dial#3");
    at(s, 109999);
    expect(s, "");
    at(s, 110000);
    expect(s, "=unavailable");
    fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "!connect/-1/3+ hangup");
    at(s, 118000), opens(s), greets(s);
    expect(s, "dial#4 =connected"); /* CONN-04: directly */
}

/* CONN-05: while the first attempt still runs; CONN-04: connected directly. */
static void unavailable_while_dialling(struct scene *s)
{
    wants_connection(s);
    expect(s, "=connecting dial#1");
    at(s, 9999);
    expect(s, "");
    at(s, 10000);
    expect(s, "=unavailable");
    opens(s), greets(s);
    expect(s, "=connected");
}

/* CONN-08: a new connect() counts anew. */
static void unavailable_starts_anew(struct scene *s)
{
    wants_connection(s);
    at(s, 10000);
    wants_none(s);
    wants_connection(s);
    expect(s, "=connecting dial#1 =unavailable =disconnected hangup =connecting dial#2");
    at(s, 19999);
    expect(s, "");
    at(s, 20000);
    expect(s, "=unavailable");
}

/* CONN-11: every failed attempt is reported once, with stage, cause and what follows. */
static void reports_each_stage(struct scene *s)
{
    static const struct {
        enum core_stage stage;
        const char *words;
        const char *text;
    } stages[] = {
        {CORE_STAGE_RESOLVE, "resolve/-1/1+", "the host name has no address: why; check"},
        {CORE_STAGE_CONNECT, "connect/-1/2+", "no connection to the server: why; check"},
        {CORE_STAGE_TLS, "tls/-1/3+", "no TLS session with the server: why; check"},
        {CORE_STAGE_PROXY, "proxy/-1/4+", "the proxy refused: why; check"},
        {CORE_STAGE_UPGRADE, "upgrade/-1/5+", "the server did not upgrade to WebSocket"},
        {CORE_STAGE_OPEN, "greeting/-1/6+", "lost before the greeting: why; trying"},
        {CORE_STAGE_LIMIT, "limit/-1/7+", "a message was too long: why; raise max_mess"},
        {CORE_STAGE_INVALID, "protocol/-1/8+", "broke the WebSocket protocol: why; try"},
        {CORE_STAGE_OURS, "limit/-1/9+", "a frame could not be sent: why; trying"},
    };
    wants_connection(s);
    s->said[0] = '\0';
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (stages[i].stage >= CORE_STAGE_OPEN)
            opens(s);
        fails(s, stages[i].stage, "why");
        char words[64];
        snprintf(words, sizeof words, "!%s hangup", stages[i].words);
        expect(s, words);
        expect_text(s, stages[i].text);
        after(s, s->problem.retry_in_ms);
        s->said[0] = '\0';
    }
}

/* RETRY-04: a timeout names what it waited for; each attempt begins anew. */
static void timeouts_name_the_stage(struct scene *s)
{
    static const struct {
        enum core_stage stage;
        const char *words;
        const char *text;
    } stages[] = {
        {CORE_STAGE_RESOLVE, "resolve/-1/1+", "no address of the host name within"},
        {CORE_STAGE_CONNECT, "connect/-1/2+", "no connection within"},
        {CORE_STAGE_TLS, "tls/-1/3+", "no TLS session within"},
        {CORE_STAGE_PROXY, "proxy/-1/4+", "no answer of the proxy within"},
        {CORE_STAGE_UPGRADE, "upgrade/-1/5+", "no upgrade to WebSocket within"},
        {CORE_STAGE_OPEN, "connect/-1/6+", "no connection within"}, /* not believed */
    };
    wants_connection(s);
    for (size_t i = 0; i < sizeof stages / sizeof *stages && s->core; i++) {
        uint32_t generation = s->want.generation;
        core_on_progress(s->core, generation, stages[i].stage);
        core_on_progress(s->core, generation - 1, CORE_STAGE_RESOLVE); /* too late */
        s->said[0] = '\0';
        after(s, scene_config().connect_timeout_ms);
        char words[64];
        snprintf(words, sizeof words, "!%s", stages[i].words);
        assert_true(s->quiet || strstr(s->said, words));
        expect_text(s, stages[i].text);
        after(s, s->problem.retry_in_ms);
    }
    s->said[0] = '\0';
}

/* The HTTP status and errno of a failed attempt are handed on. */
static void reports_status_and_errno(struct scene *s)
{
    wants_connection(s);
    closed_with(s, &(struct core_closed){.stage = CORE_STAGE_UPGRADE,
                                         .close_code = -1,
                                         .http_status = 404,
                                         .system_error = 71,
                                         .reason = STR("Not Found")});
    expect(s, "=connecting dial#1 !upgrade/-1/1+ hangup");
    expect_text(s, "WebSocket (HTTP status 404): Not Found; check host, port and path");
    if (!s->quiet) {
        assert_int_equal(s->problem.http_status, 404);
        assert_int_equal(s->problem.system_error, 71);
    }
}

/* RETRY-04, HS-07: one deadline from dialling to the greeting, by where it hung. */
static void attempt_times_out(struct scene *s)
{
    wants_connection(s);
    at(s, 14999);
    expect(s, "=connecting dial#1 =unavailable");
    at(s, 15000);
    expect(s, "!connect/-1/1+ hangup");
    expect_text(s, "no connection within 15000 ms");
    after(s, s->problem.retry_in_ms);
    expect(s, "dial#2");
    after(s, 14000);
    opens(s);
    after(s, 999);
    expect(s, "");
    after(s, 1);
    expect(s, "!greeting/-1/2+ hangup");
    expect_text(s, "no greeting from the server within 15000 ms");
}

/* HS-03: the code of an in-band error before the greeting is judged (CLOSE-01). */
static void refused_in_band(struct scene *s)
{
    wants_connection(s), opens(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4001,\"message\":"
            "\"App key appkey does not exist\"}}");
    expect(s, "=connecting dial#1 !server/4001/1- =disconnected hangup");
    expect_text(s, "the server refused the connection with code 4001");
    expect_text(s, ": App key *** does not exist; not tried again before the next con");
    after(s, 3600000);
    expect(s, "");
    wants_connection(s); /* CLOSE-03 */
    expect(s, "=connecting dial#2");
    opens(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":\"{\\\"code\\\":4100}\"}");
    expect(s, "!server/4100/2+ hangup");
    after(s, 4000), opens(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":65535}}");
    expect(s, "dial#3 !server/65535/3- =disconnected hangup");
}

/* HS-05: codes null and below 4000 mean backoff; a code out of range is none. */
static void greeting_errors_without_action(struct scene *s)
{
    static const char *const texts[] = {
        "{\"event\":\"pusher:error\",\"data\":{\"code\":null,\"message\":\"x\"}}",
        "{\"event\":\"pusher:error\",\"data\":{\"code\":17}}",
        "{\"event\":\"pusher:error\",\"data\":{\"code\":99999}}",
        "{\"event\":\"pusher:error\",\"data\":{\"code\":-4001}}",
        "{\"event\":\"pusher:error\",\"data\":[]}",
        "{\"event\":\"pusher:error\"}",
    };
    wants_connection(s);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        opens(s);
        says(s, texts[i]);
        if (!s->quiet) {
            assert_int_equal(s->problem.kind, PUSHER_PROBLEM_SERVER);
            assert_true(s->problem.will_retry);
            assert_int_equal(s->problem.code, i == 1 ? 17 : -1);
        }
        after(s, s->problem.retry_in_ms);
    }
    s->said[0] = '\0';
}

/* HS-01, HS-04, T33: exactly one message counts, and all others mean backoff. */
static void what_is_no_greeting(struct scene *s)
{
    static const char *const texts[] = {
        "{\"event\":\"order\",\"data\":1}",
        "{\"event\":\"pusher:ping\"}",
        "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"room\"}",
        "not json",
        "null",
        "{\"event\":5}",
        "{\"event\":\"pusher:connection_established\"}",
        "{\"event\":\"pusher:connection_established\",\"data\":\"{}\"}",
        "{\"event\":\"pusher:connection_established\",\"data\":{\"socket_id\":7}}",
    };
    wants_connection(s);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        opens(s);
        s->said[0] = '\0';
        says(s, texts[i]);
        if (!s->quiet) {
            assert_int_equal(s->problem.kind, PUSHER_PROBLEM_GREETING);
            assert_true(s->problem.will_retry);
            assert_int_equal(s->problem.attempt, i + 1);
            assert_int_equal(s->core->phase, PHASE_WAITING);
        }
        after(s, s->problem.retry_in_ms);
    }
    s->said[0] = '\0';
}

/* HS-04 C, CONN-09 C: the timeout of the greeting may be missing; then ours holds. */
static void greeting_without_timeout(struct scene *s)
{
    wants_connection(s), opens(s);
    says(s, "{\"event\":\"pusher:connection_established\",\"data\":"
            "{\"socket_id\":\"3.4\"}}");
    expect(s, "=connecting dial#1 =connected");
    at(s, 119999);
    expect(s, "");
    at(s, 120000);
    expect(s, ">ping");
}

/* CONN-09: the smaller activity timeout wins. */
static void server_wants_shorter_silence(struct scene *s)
{
    wants_connection(s), opens(s);
    says(s, "{\"event\":\"pusher:connection_established\",\"data\":"
            "\"{\\\"socket_id\\\":\\\"3.4\\\",\\\"activity_timeout\\\":30}\"}");
    expect(s, "=connecting dial#1 =connected");
    at(s, 29999);
    expect(s, "");
    at(s, 30000);
    expect(s, ">ping");
}

static void server_wants_longer_silence(struct scene *s)
{
    wants_connection(s), opens(s);
    says(s, "{\"event\":\"pusher:connection_established\",\"data\":"
            "\"{\\\"socket_id\\\":\\\"3.4\\\",\\\"activity_timeout\\\":600}\"}");
    expect(s, "=connecting dial#1 =connected");
    at(s, 120000);
    expect(s, ">ping");
}

/* T33: a connection has one socket id. */
static void second_greeting(struct scene *s)
{
    brings_up(s);
    greets(s);
    expect(s, "!greeting/-1/1+ =connecting hangup");
    expect_text(s, "the server greeted a second time");
}

/* PING-01, PING-02, PING-03: any decoded message is life; sending is not. */
static void probes_silence(struct scene *s)
{
    brings_up(s);
    at(s, 50000), says(s, "{\"event\":\"order\"}");
    expect(s, "*order");
    wants_channel(s, "room"), confirms(s, "room");
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded");
    at(s, 169999);
    expect(s, "");
    at(s, 170000);
    expect(s, ">ping");
    at(s, 199999);
    says(s, "{\"event\":\"other\"}");
    expect(s, "*other");
    at(s, 319998);
    expect(s, "");
    at(s, 319999);
    expect(s, ">ping");
    at(s, 320000), says(s, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    expect(s, "*pusher:pong"); /* MSG-09 */
    at(s, 439999);
    expect(s, "");
}

/* PING-04 C, L3 */
static void silence_ends_the_connection(struct scene *s)
{
    brings_up(s);
    at(s, 149999);
    expect(s, ">ping");
    at(s, 150000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
    expect_text(s, "no answer to a ping within 30000 ms; trying again in ");
    at(s, 152000);
    expect(s, "dial#2");
}

/* A ping that the transport did not take in time is not sent any more. */
static void ping_is_taken_back(struct scene *s)
{
    brings_up(s);
    blocks(s, true);
    at(s, 120000);
    says(s, "{\"event\":\"order\"}");
    blocks(s, false);
    expect(s, "*order");
}

/* A message that cannot be decoded is no sign of life (MSG-05, PING-01). */
static void nonsense_is_no_life(struct scene *s)
{
    brings_up(s);
    at(s, 119999), says(s, "nonsense");
    expect(s, "!protocol/-1/0+");
    at(s, 120000);
    expect(s, ">ping");
    says(s, "nonsense");
    expect(s, "!protocol/-1/0+");
    at(s, 150000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
}

/* CLOSE-06 C: immediately, but only once until a connection was stable. */
static void reconnects_now_only_once(struct scene *s)
{
    brings_up(s);
    closes(s, 4200);
    expect(s, "!closed/4200/1+ =connecting dial#2");
    expect_text(s, "; trying again at once");
    opens(s), greets(s), closes(s, 4299);
    expect(s, "=connected !closed/4299/2+ =connecting hangup");
    after(s, 4000), opens(s), greets(s);
    expect(s, "dial#3 =connected");
    after(s, 9999), closes(s, 4200);
    expect(s, "!closed/4200/3+ =connecting hangup");
    after(s, 8000), opens(s), greets(s);
    expect(s, "dial#4 =connected");
    after(s, 10000), closes(s, 4200); /* stable: one more */
    expect(s, "!closed/4200/1+ =connecting dial#5");
}

/* CLOSE-04 C: up to TLS, once; never down again. */
static void moves_up_to_tls(struct scene *s)
{
    brings_up(s);
    closes(s, 4000);
    expect(s, "!closed/4000/1+ =connecting dial#2/tls");
    opens(s), greets(s), closes(s, 4000);
    expect(s, "=connected !closed/4000/2- =disconnected hangup");
    wants_connection(s);
    expect(s, "=connecting dial#3/tls");
}

/* CLOSE-13 C: an in-band code, and a drop without a code right after it. */
static void drop_after_in_band_code(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    expect(s, "!server/4009/0+ *pusher:error"); /* CLOSE-12 */
    after(s, 1000), closes(s, 1006);
    expect(s, "!closed/4009/1- =disconnected hangup");
}

static void drop_long_after_in_band_code(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009}}");
    after(s, 1001), closes(s, -1);
    expect(s, "!server/4009/0+ *pusher:error !closed/-1/1+ =connecting hangup");
}

/* The server did not drop it: its error is no reason to give up. */
static void given_up_after_in_band_code(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009}}");
    fails(s, CORE_STAGE_OURS, "out of memory");
    expect(s, "!server/4009/0+ *pusher:error !limit/-1/1+ =connecting hangup");
}

static void drop_after_another_message(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009}}");
    says(s, "{\"event\":\"order\"}");
    closes(s, -1);
    expect(s, "!server/4009/0+ *pusher:error *order !closed/-1/1+ =connecting hangup");
}

/* A close code of its own is the better witness; 4301 only speaks of a message. */
static void drop_with_its_own_code(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009}}");
    closes(s, 4100);
    expect(s, "!server/4009/0+ *pusher:error !closed/4100/1+ =connecting hangup");
    after(s, 2000), opens(s), greets(s);
    expect(s, "dial#2 =connected");
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4301}}");
    closes(s, -1);
    expect(s, "!server/4301/0+ *pusher:error !closed/-1/2+ =connecting hangup");
}

/* Which in-band codes count, and as what (CLOSE-01, CLOSE-13 C). */
static void drop_after_each_in_band_code(struct scene *s)
{
    static const struct {
        int code;
        int judged; /* -1: not remembered */
        const char *follows;
    } codes[] = {
        {3999, -1, "=connecting hangup"},       {4000, 4000, "=connecting dial#2/tls"},
        {4001, 4001, "=disconnected hangup"},   {4199, 4199, "=connecting hangup"},
        {4200, 4200, "=connecting dial#2/tls"}, {4299, 4299, "=connecting dial#2/tls"},
        {4300, -1, "=connecting hangup"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes && s->core; i++) {
        char text[160];
        struct core_config config = s->core->config;
        core_free(s->core);
        s->core = NULL;
        if (core_new(&s->core, &config, s->now))
            return;
        s->core->tls = codes[i].code > 4000;
        s->state = PUSHER_STATE_INITIALIZED;
        s->want = (struct core_want){0};
        s->retry_known = false;
        brings_up(s);
        snprintf(text, sizeof text, "{\"event\":\"pusher:error\",\"data\":{\"code\":%d}}",
                 codes[i].code);
        says(s, text);
        s->said[0] = '\0';
        closes(s, -1);
        snprintf(text, sizeof text, "!closed/%d/1%c %s", codes[i].judged,
                 codes[i].code == 4001 ? '-' : '+', codes[i].follows);
        expect(s, text);
    }
}

/* What a connection owed is not paid to the next one. */
static void debts_end_with_the_connection(struct scene *s)
{
    brings_up(s);
    blocks(s, true);
    at(s, 120000);
    says(s, "{\"event\":\"pusher:ping\"}");
    at(s, 240000);
    s->said[0] = '\0';
    closes(s, 4200);
    blocks(s, false);
    opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected");
}

/* In-band codes do not outlive their connection. */
static void in_band_code_of_an_older_connection(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4200}}");
    closes(s, -1);
    expect(s, "!server/4200/0+ *pusher:error !closed/4200/1+ =connecting dial#2");
    opens(s), closes(s, -1);
    expect(s, "!greeting/-1/2+ hangup");
}

/* HS-06: a close code before the greeting has its usual meaning. */
static void closed_before_the_greeting(struct scene *s)
{
    wants_connection(s), opens(s), closes(s, 4003);
    expect(s, "=connecting dial#1 !closed/4003/1- =disconnected hangup");
    wants_connection(s), opens(s), closes(s, 1000);
    expect(s, "=connecting dial#2 !closed/1000/2+ hangup");
}

/* Facts of older attempts change nothing (I1). */
static void old_facts_are_ignored(struct scene *s)
{
    brings_up(s);
    closes(s, 4200);
    expect(s, "!closed/4200/1+ =connecting dial#2");
    if (s->core) {
        core_on_open(s->core, 1, s->now);
        core_on_binary(s->core, 1, 3, s->now);
        core_on_closed(
            s->core, 1,
            &(struct core_closed){.stage = CORE_STAGE_OPEN, .close_code = 4001}, s->now);
    }
    says_as(s, 1, "{\"event\":\"order\"}");
    says_as(s, 1,
            "{\"event\":\"pusher:connection_established\",\"data\":"
            "{\"socket_id\":\"6.6\",\"activity_timeout\":1}}");
    expect(s, "");
    opens(s), greets(s);
    expect(s, "=connected");
}

/* RETRY-06: a connection that was not stable does not reset the backoff. */
static void accept_then_close_backs_off(struct scene *s)
{
    brings_up(s);
    uint32_t last = 0;
    for (uint32_t i = 1; i <= 20; i++) {
        closes(s, 1000);
        if (!s->quiet)
            assert_int_equal(s->problem.attempt, i);
        last = s->problem.retry_in_ms > last ? s->problem.retry_in_ms : last;
        after(s, s->problem.retry_in_ms);
        opens(s), greets(s);
    }
    if (!s->quiet) {
        assert_true(last > 15000);
        assert_int_equal(backoff_bound(&s->core->backoff, &s->core->config), 30000);
    }
    s->said[0] = '\0';
    after(s, 10000), closes(s, 1000);
    expect(s, "!closed/1000/1+ =connecting hangup");
}

/* A connection that the user ends was stable too, if it lived. */
static void stable_until_disconnect(struct scene *s)
{
    brings_up(s), closes(s, 4200), opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected");
    after(s, 10000), wants_none(s), wants_connection(s);
    expect(s, "=disconnected hangup =connecting dial#3");
    fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "!connect/-1/1+ hangup");
}

static void unstable_until_disconnect(struct scene *s)
{
    brings_up(s), closes(s, 4200), opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected");
    after(s, 9999), wants_none(s), wants_connection(s);
    expect(s, "=disconnected hangup =connecting dial#3");
    fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "!connect/-1/2+ hangup");
}

/* The clock starts where core_new() says. */
static void starts_at_any_time(struct scene *s)
{
    struct core_config config = scene_config();
    config.mem = &s->alloc.mem;
    struct core *core;
    if (core_new(&core, &config, 5000))
        return;
    assert_true(core_deadline(core) == CORE_NEVER);
    core_connect(core, 4000);
    assert_true(core_deadline(core) == 15000); /* unavailable */
    core_on_dialled(core, 1, 6000);
    assert_true(core->phase_deadline == 21000);
    core_free(core);
    core_free(NULL);
}

/* URL-03 C: reported, the connection stays. */
static void binary_is_refused(struct scene *s)
{
    wants_connection(s), opens(s), sends_binary(s);
    expect(s, "=connecting dial#1 !protocol/-1/0+");
    greets(s), sends_binary(s);
    expect(s, "=connected !protocol/-1/0+");
    expect_text(
        s, "a message of 3 bytes was dropped: it is binary, and the protocol is text");
    says(s, "{\"event\":\"order\"}");
    expect(s, "*order");
}

/* `now` never goes back. */
static void clock_that_goes_back(struct scene *s)
{
    brings_up(s);
    at(s, 50000), says(s, "{\"event\":\"a\"}");
    if (s->core)
        core_on_text(s->core, 1, STR("{\"event\":\"b\"}"), 20000);
    settle(s);
    expect(s, "*a *b");
    at(s, 169999);
    expect(s, "");
    at(s, 170000);
    expect(s, ">ping");
}

/* A suspended machine: everything is long due at once. */
static void long_sleep(struct scene *s)
{
    brings_up(s);
    s->late = true;
    s->now = 86400000;
    settle(s);
    expect(s, ">ping");
    s->now += 86400000;
    settle(s);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
    s->now += 86400000;
    settle(s);
    expect(s, "=unavailable dial#2");
}

static const struct scenario scenarios[] = {
    {"connects", connects},
    {"disconnects", disconnects},
    {"disconnect drops what is in flight", disconnect_drops_what_is_in_flight},
    {"loses the connection", loses_the_connection},
    {"returns spread", returns_spread},
    {"becomes unavailable", becomes_unavailable},
    {"unavailable while dialling", unavailable_while_dialling},
    {"unavailable starts anew", unavailable_starts_anew},
    {"reports each stage", reports_each_stage},
    {"reports status and errno", reports_status_and_errno},
    {"timeouts name the stage", timeouts_name_the_stage},
    {"attempt times out", attempt_times_out},
    {"refused in band", refused_in_band},
    {"greeting errors without action", greeting_errors_without_action},
    {"what is no greeting", what_is_no_greeting},
    {"greeting without timeout", greeting_without_timeout},
    {"server wants shorter silence", server_wants_shorter_silence},
    {"server wants longer silence", server_wants_longer_silence},
    {"second greeting", second_greeting},
    {"probes silence", probes_silence},
    {"silence ends the connection", silence_ends_the_connection},
    {"ping is taken back", ping_is_taken_back},
    {"nonsense is no life", nonsense_is_no_life},
    {"reconnects now only once", reconnects_now_only_once},
    {"moves up to TLS", moves_up_to_tls},
    {"drop after in-band code", drop_after_in_band_code},
    {"drop long after in-band code", drop_long_after_in_band_code},
    {"given up after in-band code", given_up_after_in_band_code},
    {"drop after another message", drop_after_another_message},
    {"drop with its own code", drop_with_its_own_code},
    {"drop after each in-band code", drop_after_each_in_band_code},
    {"debts end with the connection", debts_end_with_the_connection},
    {"in-band code of an older connection", in_band_code_of_an_older_connection},
    {"closed before the greeting", closed_before_the_greeting},
    {"old facts are ignored", old_facts_are_ignored},
    {"accept then close backs off", accept_then_close_backs_off},
    {"stable until disconnect", stable_until_disconnect},
    {"unstable until disconnect", unstable_until_disconnect},
    {"starts at any time", starts_at_any_time},
    {"binary is refused", binary_is_refused},
    {"clock that goes back", clock_that_goes_back},
    {"long sleep", long_sleep},
};

int main(void)
{
    return play_scenarios("core: connection", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
