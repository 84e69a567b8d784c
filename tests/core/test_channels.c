/*
 * Scenarios: channels (SUB) and what events mean for them (MSG).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "scenario.h"

#define ORDER "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"{}\"}"
/* SUB-01, SUB-02, SUB-03: before and after connecting. */
static void subscribes(struct scene *s)
{
    wants_channel(s, "early");
    wants_connection(s), opens(s);
    expect(s, "=connecting dial#1");
    expect_state_of(s, "early", PUSHER_SUBSCRIPTION_WANTED);
    greets(s);
    expect(s, "=connected >subscribe(early)");
    expect_state_of(s, "early", PUSHER_SUBSCRIPTION_SUBSCRIBING);
    wants_channel(s, "late");
    expect(s, ">subscribe(late)");
    confirms(s, "late"), confirms(s, "early");
    expect(s, "late.pusher:subscription_succeeded early.pusher:subscription_succeeded");
    expect_state_of(s, "early", PUSHER_SUBSCRIPTION_SUBSCRIBED);
}

/* SUB-05: each sequence. */
static void sub_sub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), wants_channel(s, "room");
    expect(s, ">subscribe(room)");
    confirms(s, "room");
    expect(s, "room.pusher:subscription_succeeded");
    wants_channel(s, "room");
    expect(s, "");
}

static void sub_unsub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), drops_channel(s, "room");
    expect(s, ">subscribe(room)");
    confirms(s, "room");
    expect(s, ">unsubscribe(room)");
    if (!s->quiet)
        assert_int_equal(s->core->channels.total, 0);
}

static void sub_wait_unsub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room"), drops_channel(s, "room");
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded >unsubscribe(room)");
    if (!s->quiet)
        assert_int_equal(s->core->channels.total, 0);
}

static void sub_unsub_sub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), drops_channel(s, "room"), wants_channel(s, "room");
    confirms(s, "room");
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded");
    expect_state_of(s, "room", PUSHER_SUBSCRIPTION_SUBSCRIBED);
}

static void sub_unsub_wait_sub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), drops_channel(s, "room"), confirms(s, "room");
    wants_channel(s, "room");
    expect(s, ">subscribe(room) >unsubscribe(room) >subscribe(room)");
    confirms(s, "room");
    expect(s, "room.pusher:subscription_succeeded");
}

static void sub_unsub_unsub(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), drops_channel(s, "room"), drops_channel(s, "room");
    confirms(s, "room");
    expect(s, ">subscribe(room) >unsubscribe(room)");
}

/* Nothing is sent for a channel that came and went while the transport was busy. */
static void came_and_went(struct scene *s)
{
    brings_up(s);
    blocks(s, true);
    wants_channel(s, "room"), drops_channel(s, "room");
    blocks(s, false);
    expect(s, "");
}

/* The unsubscribe and the new subscribe go out in that order, and the new channel hears
 * nothing of the old subscription. */
static void leaves_and_comes_back_while_busy(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room");
    s->said[0] = '\0';
    blocks(s, true);
    drops_channel(s, "room"), wants_channel(s, "room");
    says(s, ORDER);
    confirms(s, "room");
    expect(s, "*order");
    expect_state_of(s, "room", PUSHER_SUBSCRIPTION_WANTED);
    drops_channel(s, "room"), wants_channel(s, "room");
    blocks(s, false);
    expect(s, ">unsubscribe(room) >subscribe(room)");
}

/* Frames go out in the order they were asked for; pong and ping first. */
static void order_of_frames(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "a"), confirms(s, "a");
    wants_channel(s, "b"), confirms(s, "b");
    s->said[0] = '\0';
    blocks(s, true);
    wants_channel(s, "c"), drops_channel(s, "b"), wants_channel(s, "d");
    drops_channel(s, "a");
    says(s, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
    says(s, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}"); /* one pong for both */
    after(s, 120000);
    blocks(s, false);
    expect(s, "*pusher:ping *pusher:ping >pong >ping >subscribe(c) >unsubscribe(b) "
              ">subscribe(d) >unsubscribe(a)");
}

/* SUB-07, SUB-08: all again, in the order of insertion. */
static void resubscribes(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "c"), wants_channel(s, "a"), wants_channel(s, "b");
    confirms(s, "a");
    s->said[0] = '\0';
    closes(s, -1);
    expect(s, "!closed/-1/1+ =connecting hangup");
    expect_state_of(s, "a", PUSHER_SUBSCRIPTION_WANTED);
    wants_channel(s, "d"), drops_channel(s, "b");
    after(s, 2000), opens(s), greets(s);
    expect(s, "dial#2 =connected >subscribe(c) >subscribe(a) >subscribe(d)");
    confirms(s, "a");
    expect(s, "a.pusher:subscription_succeeded");
}

/* SUB-08 with disconnect() and connect() (CONN-08). */
static void resubscribes_after_disconnect(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room");
    wants_none(s), wants_connection(s), opens(s), greets(s);
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded =disconnected hangup "
              "=connecting dial#2 =connected >subscribe(room)");
}

/* SUB-09 C: a cancelled channel, and an owed unsubscribe, do not outlive the connection.
 */
static void cancelled_is_forgotten(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), wants_channel(s, "hall"), confirms(s, "hall");
    blocks(s, true);
    drops_channel(s, "room"), drops_channel(s, "hall");
    closes(s, 4200);
    blocks(s, false);
    s->said[0] = '\0';
    opens(s), greets(s);
    expect(s, "=connected");
    if (!s->quiet)
        assert_int_equal(s->core->channels.total, 0);
}

/* SUB-10 C: failed, reported, delivered, and free to be tried again. */
static void subscription_is_refused(struct scene *s)
{
    brings_up(s), sends_binary(s);
    s->said[0] = '\0';
    wants_channel(s, "room");
    refuses(s, "room");
    expect(s, ">subscribe(room) !subscribe(room)/-1/0- room+pusher:subscription_error");
    expect_text(s, "the server refused the subscription with status 403: go away; subsc");
    if (!s->quiet) {
        assert_int_equal(s->problem.http_status, 403);
        assert_int_equal(s->problem_text[0], 't'); /* nothing of the report before */
    }
    expect_state_of(s, "room", PUSHER_SUBSCRIPTION_FAILED);
    says(s, ORDER);
    expect(s, "*order");
    wants_channel(s, "room");
    expect(s, ">subscribe(room)");
    confirms(s, "room");
    expect(s, "room.pusher:subscription_succeeded");
}

static void refused_and_tried_at_the_next_connection(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), refuses(s, "room");
    s->said[0] = '\0';
    closes(s, 4200), opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected >subscribe(room)");
}

static void refused_and_dropped(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), refuses(s, "room"), drops_channel(s, "room");
    s->said[0] = '\0';
    wants_channel(s, "room"), drops_channel(s, "room"), refuses(s, "room");
    /* Nobody wants to know of it, but for bindings of the client (MSG-07, SUB-15 C). */
    expect(s, ">subscribe(room) *pusher:subscription_error");
    if (!s->quiet)
        assert_int_equal(s->core->channels.total, 0);
    refuses(s, "room");
    expect(s, "*pusher:subscription_error");
}

/* A refusal that answers nothing changes nothing. */
static void refused_after_success(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room"), refuses(s, "room");
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded "
              "room+pusher:subscription_error");
    expect_state_of(s, "room", PUSHER_SUBSCRIPTION_SUBSCRIBED);
}

/* I9: once for each connection; what answers nothing is swallowed. */
static void confirmed_twice(struct scene *s)
{
    brings_up(s);
    confirms(s, "room");
    wants_channel(s, "room"), confirms(s, "room"), confirms(s, "room");
    expect(s, ">subscribe(room) room.pusher:subscription_succeeded");
}

/* MSG-07, SUB-15, BIND-08 */
static void events_find_their_channel(struct scene *s)
{
    brings_up(s);
    says(s, ORDER);
    expect(s, "*order"); /* unknown channel */
    wants_channel(s, "room");
    says(s, ORDER);
    expect(s, ">subscribe(room) room+order"); /* SUB-15: pending hears */
    confirms(s, "room"), says(s, ORDER), says(s, ORDER);
    expect(s, "room.pusher:subscription_succeeded room+order room+order");
    drops_channel(s, "room"), says(s, ORDER);
    expect(s, ">unsubscribe(room) *order");
}

/* MSG-07, MSG-09 */
static void names_of_the_protocol(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher:cache_miss\",\"channel\":\"room\"}");
    says(s, "{\"event\":\"pusher:novelty\",\"channel\":\"hall\"}");
    says(s, "{\"event\":\"pusher:signin_success\",\"data\":{}}");
    says(s, "{\"event\":\"pusher_internal:novelty\",\"channel\":\"room\"}");
    says(s, "{\"event\":\"pusher_internal:\"}");
    says(s, "{\"event\":\"pushers\",\"channel\":\"room\"}");
    says(s, "{\"event\":\"pusher\",\"channel\":\"room\"}");
    says(s, "{\"event\":\"\",\"channel\":\"room\"}");
    expect(s, "room+pusher:cache_miss *pusher:novelty *pusher:signin_success "
              "room+pushers room+pusher room+");
}

/* MSG-05, MSG-06 C */
static void nonsense_is_reported(struct scene *s)
{
    static const char *const texts[] = {"",  "x",  "null",          "{}",
                                        "5", "[]", "{\"event\":5}", "{\"event\":\"a\"}x"};
    brings_up(s);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        says(s, texts[i]);
        expect(s, "!protocol/-1/0+");
    }
    expect_text(s, "a message of 14 bytes was dropped: it is not an object with an eve");
    says(s, "{\"event\":\"a\"}");
    expect(s, "*a");
}

/* PING-05 */
static void answers_pings(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:ping\"}");
    expect(s, "*pusher:ping >pong");
}

/* CLOSE-12: whatever the code, the connection goes on; some servers end it after some
 * codes (CLOSE-13). */
static void in_band_errors(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":\"slow\"}}");
    expect(s, "!server/4301/0+ *pusher:error");
    expect_text(s, "the server reported an error with code 4301");
    expect_text(s, ": slow; the connection goes on");
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":null,\"message\":\"dup\"}}");
    expect(s, "!server/-1/0+ *pusher:error");
    expect_text_start(s, "the server reported an error: dup; the connection goes on");
    says(s, "{\"event\":\"pusher:error\"}");
    expect(s, "!server/-1/0+ *pusher:error");
    assert_true(s->quiet || !strstr(s->problem_text, "unless"));
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    expect(s, "!server/4009/0+ *pusher:error");
    expect_text(s, ": no; the connection goes on unless the server ends it");
}

/* SUB-14 */
static void subscription_counts(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"room\","
            "\"data\":\"{\\\"subscription_count\\\":3}\"}");
    expect(s, "room.pusher:subscription_count");
    sends_binary(s);
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"room\","
            "\"data\":\"{\\\"subscription_count\\\":\\\"3\\\"}\"}");
    expect(s, "!protocol(room)/-1/0+");
    expect_text_start(s, "a message was dropped: its subscription count is not a number");
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"room\"}");
    expect(s, "!protocol(room)/-1/0+");
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"hall\"}");
    expect(s, "");
}

/* A refusal that gives no reason. */
static void refused_without_a_word(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room");
    says(s, "{\"event\":\"pusher:subscription_error\",\"channel\":\"room\"}");
    expect(s, ">subscribe(room) !subscribe(room)/-1/0- room+pusher:subscription_error");
    expect_text_start(s, "the server refused the subscription; subscribe again, or");
}

/* What was not taken before the next message is lost with it: it pointed into it. */
static void untaken_delivery(struct scene *s)
{
    brings_up(s);
    if (!s->core)
        return;
    core_on_text(s->core, 1, STR("{\"event\":\"order\"}"), s->now);
    core_on_text(s->core, 1, STR("nonsense"), s->now);
    settle(s);
    expect(s, "!protocol/-1/0+");
}

/* The core is freed while frames are owed. */
static void freed_while_owing(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "left"), confirms(s, "left"), wants_channel(s, "cancelled");
    blocks(s, true);
    drops_channel(s, "left"), drops_channel(s, "cancelled"), wants_channel(s, "wanted");
    s->said[0] = '\0';
}

/* SUB-15 C: a delivery that was not taken when its channel is dropped. */
static void dropped_before_the_delivery(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room");
    s->said[0] = '\0';
    struct core_channel *room = s->core ? core_find_channel(s->core, STR("room")) : NULL;
    if (!room)
        return;
    core_on_text(s->core, 1,
                 STR("{\"event\":\"pusher:subscription_error\",\"channel\":\"room\"}"),
                 s->now);
    pusher_problem problem;
    bool told = core_take_problem(s->core, &problem);
    core_unsubscribe(s->core, room); /* as the application does on hearing of it */
    if (told && !s->quiet)
        assert_memory_equal(problem.channel.ptr, "room", 5);
    settle(s);
    expect(s, "*pusher:subscription_error");
    s->channels[0].told = false; /* the model did not see the refusal */
    wants_channel(s, "room");
    expect(s, ">subscribe(room)");
    room = core_find_channel(s->core, STR("room"));
    if (!room)
        return;
    core_on_text(s->core, 1,
                 STR("{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
                     "\"room\"}"),
                 s->now);
    core_unsubscribe(s->core, room);
    settle(s);
    expect(s, ">unsubscribe(room)");
}

/* Wanted channels are limited, and those on their way out are bounded (I15). */
static void channels_are_limited(struct scene *s)
{
    brings_up(s);
    if (!s->core)
        return;
    s->core->config.max_channels = 2;
    bool all = wants_channel(s, "a") && wants_channel(s, "b");
    bool more = wants_channel(s, "c");
    if (!s->quiet)
        assert_true(all && !more);
    drops_channel(s, "a");
    wants_channel(s, "c");
    expect(s, ">subscribe(a) >subscribe(b) >subscribe(c)");
    if (!s->quiet)
        assert_false(wants_channel(s, "a"));
    drops_channel(s, "b");
    wants_channel(s, "d");
    drops_channel(s, "c");
    expect(s, ">subscribe(d)");
    if (!s->quiet)
        assert_false(wants_channel(s, "e")); /* a, b, c are not gone yet */
    confirms(s, "a");
    wants_channel(s, "e");
    expect(s, ">unsubscribe(a) >subscribe(e)");
}

/* Many channels: each frame once, in order, also with long names. */
static void many_channels(struct scene *s)
{
    enum { MANY = 100 };
    char name[SCENE_NAME];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "channel-%d", i);
        wants_channel(s, name);
    }
    wants_connection(s), opens(s);
    s->said[0] = '\0';
    greets(s);
    const char *said = s->said;
    for (int i = 0; i < MANY && !s->quiet; i++) {
        char frame[64];
        snprintf(frame, sizeof frame, " >subscribe(channel-%d)", i);
        said = strstr(said, frame);
        assert_non_null(said);
    }
    s->said[0] = '\0';
    confirms(s, "channel-99"), confirms(s, "channel-0");
    expect(s, "channel-99.pusher:subscription_succeeded "
              "channel-0.pusher:subscription_succeeded");
}

/* No memory for a frame: nothing has changed, and it is there when asked for again. */
static void frames_without_memory(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "gone"), confirms(s, "gone");
    s->said[0] = '\0';
    blocks(s, true);
    wants_channel(s, "room"), drops_channel(s, "gone");
    says(s, "{\"event\":\"pusher:ping\"}");
    after(s, 120000);
    s->said[0] = '\0';
    static const char *const owed[] = {">pong", ">ping", ">subscribe(room)",
                                       ">unsubscribe(gone)"};
    for (size_t i = 0; i < sizeof owed / sizeof *owed && !s->quiet; i++) {
        struct buf small;
        buf_init(&small, &s->alloc.mem, 8);
        assert_int_equal(core_next_frame(s->core, &small, s->now), PUSHER_ERR_NOMEM);
        assert_int_equal(small.len, 0);
        buf_free(&small);
        takes_a_frame(s);
        expect(s, owed[i]);
    }
}

/* LOG-01: a line for each transition, names and sizes, and nothing of what was said. */
static void logs(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), confirms(s, "room");
    says(s, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"CANARY\","
            "\"user_id\":\"CANARY\"}");
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"message\":\"CANARY\"}}");
    says(s, "CANARY");
    refuses(s, "room");
    closed_with(s, &(struct core_closed){.stage = CORE_STAGE_OPEN,
                                         .close_code = 4001,
                                         .reason = STR("CANARY")});
    s->said[0] = '\0';
    if (s->quiet)
        return;
    static const char *const lines[] = {
        "connection 1: idle -> opening\n",
        "connection 1: opening -> greeting\n",
        "connection 1: greeting -> up\n",
        "connection 1: sent pusher:subscribe on room, ",
        "connection 1: subscribed to room\n",
        "connection 1: received order on room, 69 bytes\n",
        "connection 1: in-band error, code -1\n",
        "connection 1: message of 6 bytes dropped: ",
        "connection 1, attempt 1 failed: the server closed the connection (code 4001, ",
        "connection 1: up -> refused\n",
    };
    const char *log = s->log;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        log = strstr(log, lines[i]);
        if (!log)
            fail_msg("\"%s\" is not in: %s", lines[i], s->log);
    }
    assert_null(strstr(s->log, "CANARY"));
}

/* With the log off nothing is formatted; with a level, only what it covers. */
static void log_levels(struct scene *s)
{
    if (!s->core)
        return;
    s->core->config.log.level = PUSHER_LOG_WARN;
    brings_up(s);
    s->log_used = 0;
    s->log[0] = '\0';
    wants_channel(s, "room"), confirms(s, "room");
    s->said[0] = '\0';
    assert_string_equal(s->log, "");
}

static const struct scenario scenarios[] = {
    {"frames without memory", frames_without_memory},
    {"logs", logs},
    {"log levels", log_levels},
    {"subscribes", subscribes},
    {"sub, sub", sub_sub},
    {"sub, unsub", sub_unsub},
    {"sub, wait, unsub", sub_wait_unsub},
    {"sub, unsub, sub", sub_unsub_sub},
    {"sub, unsub, wait, sub", sub_unsub_wait_sub},
    {"sub, unsub, unsub", sub_unsub_unsub},
    {"came and went", came_and_went},
    {"leaves and comes back while busy", leaves_and_comes_back_while_busy},
    {"order of frames", order_of_frames},
    {"resubscribes", resubscribes},
    {"resubscribes after disconnect", resubscribes_after_disconnect},
    {"cancelled is forgotten", cancelled_is_forgotten},
    {"subscription is refused", subscription_is_refused},
    {"refused and tried at the next connection",
     refused_and_tried_at_the_next_connection},
    {"refused and dropped", refused_and_dropped},
    {"refused after success", refused_after_success},
    {"confirmed twice", confirmed_twice},
    {"events find their channel", events_find_their_channel},
    {"names of the protocol", names_of_the_protocol},
    {"nonsense is reported", nonsense_is_reported},
    {"answers pings", answers_pings},
    {"in-band errors", in_band_errors},
    {"subscription counts", subscription_counts},
    {"refused without a word", refused_without_a_word},
    {"untaken delivery", untaken_delivery},
    {"freed while owing", freed_while_owing},
    {"dropped before the delivery", dropped_before_the_delivery},
    {"channels are limited", channels_are_limited},
    {"many channels", many_channels},
};

int main(void)
{
    return play_scenarios("core: channels", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
