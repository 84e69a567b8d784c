/*
 * Authorizations and the deadlines of subscriptions (SUB-05, SUB-06, SUB-08, SUB-11,
 * SUB-13, AUTH-05).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/scenario.h"

#define PRIVATE "private-a"

static void subscribes_with_an_authorization(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE);
    expect(s, "?private-a");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_AUTHORIZING);
    assert_true(grants(s, PRIVATE) == 0 || s->quiet);
    expect(s, ">subscribe(private-a)");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_SUBSCRIBING);
    confirms(s, PRIVATE);
    expect(s, "private-a.pusher:subscription_succeeded");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_SUBSCRIBED);
    assert_true(grants(s, PRIVATE) == PUSHER_ERR_NOT_FOUND || s->quiet); /* answered */
    expect(s, "");
}

static void the_frame_holds_what_was_signed(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "presence-a");
    grants_with(s, "presence-a",
                "{\"channel_data\":\"{\\\"user_id\\\":\\\"7\\\",\\\"user_info\\\":"
                "{\\\"n\\\":\\\"\\u00e4\\\"}}\",\"auth\":\"appkey:0f\",\"more\":1}");
    expect(s, "?presence-a >subscribe(presence-a)");
    if (s->quiet)
        return;
    assert_non_null(strstr(s->last_frame, "\"auth\":\"appkey:0f\""));
    assert_non_null(strstr(
        s->last_frame, "\"channel_data\":\"{\\\"user_id\\\":\\\"7\\\",\\\"user_info\\\":"
                       "{\\\"n\\\":\\\"\xc3\xa4\\\"}}\""));
    assert_null(strstr(s->last_frame, "more"));
}

/* SUB-08: in order, with new authorizations for the new socket id. */
static void each_connection_has_its_own(struct scene *s)
{
    wants_channel(s, PRIVATE), wants_channel(s, "room"), wants_channel(s, "private-b");
    expect(s, "");
    brings_up(s);
    grants(s, "private-b"), grants(s, PRIVATE);
    confirms(s, PRIVATE), confirms(s, "private-b"), confirms(s, "room");
    s->said[0] = '\0';
    closes(s, -1);
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_WANTED);
    after(s, s->problem.retry_in_ms);
    s->said[0] = '\0';
    opens(s), greets(s);
    expect(s, "=connected ?private-a ?private-b >subscribe(room)");
    grants(s, PRIVATE);
    expect(s, ">subscribe(private-a)");
}

/* SUB-06: final on this connection, tried again at the next. */
static void is_denied(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE);
    assert_true(denies(s, PRIVATE, 403) == 0 || s->quiet);
    expect(s, "?private-a !auth(private-a)/-1/0- private-a.pusher:subscription_error");
    expect_text(s, "the authorization failed: it was not granted (HTTP status 403): "
                   "not today; subscribe again");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_FAILED);
    assert_true(s->quiet || s->problem.http_status == 403);
    after(s, 100000);
    expect(s, "");
    closes(s, 4200), opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected ?private-a");
}

static void a_denied_one_is_asked_for_again(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE), denies(s, PRIVATE, 401);
    s->said[0] = '\0';
    wants_channel(s, PRIVATE), grants(s, PRIVATE), confirms(s, PRIVATE);
    expect(s, "?private-a >subscribe(private-a) private-a.pusher:subscription_succeeded");
}

/* AUTH-05 C: with growing delays. */
static void no_answer_is_tried_again(struct scene *s)
{
    static const int statuses[] = {0, 408, 429, 500, 503, 599, -1};
    uint32_t most = 0;
    brings_up(s);
    wants_channel(s, PRIVATE);
    expect(s, "?private-a");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses && !s->quiet; i++) {
        denies(s, PRIVATE, statuses[i]);
        expect(s, "!auth(private-a)/-1/0+");
        expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_FAILED);
        assert_in_range(s->problem.retry_in_ms, 1000, 30000);
        if (s->problem.retry_in_ms > most)
            most = s->problem.retry_in_ms;
        after(s, s->problem.retry_in_ms - 1);
        expect(s, "");
        after(s, 1);
        expect(s, "?private-a");
    }
    if (!s->quiet)
        assert_true(most > 4000);
}

static void each_status(struct scene *s)
{
    brings_up(s);
    for (int status = 100; status < 1000 && !s->quiet; status++) {
        bool again = status == 408 || status == 429 || status >= 500;
        wants_channel(s, PRIVATE);
        denies(s, PRIVATE, status);
        expect(s, again ? "?private-a !auth(private-a)/-1/0+"
                        : "?private-a !auth(private-a)/-1/0- "
                          "private-a.pusher:subscription_error");
        drops_channel(s, PRIVATE);
    }
}

static void the_authorizer_is_late(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE);
    expect(s, "?private-a");
    after(s, 9999);
    expect(s, "");
    after(s, 1);
    expect(s, "!auth(private-a)/-1/0+ cancel(private-a)");
    expect_text(s, "no answer in time");
    assert_true(grants(s, PRIVATE) == PUSHER_ERR_NOT_FOUND || s->quiet);
    after(s, s->problem.retry_in_ms);
    expect(s, "?private-a");
    grants(s, PRIVATE);
    expect(s, ">subscribe(private-a)");
}

/* SUB-11, I4: an answer for another connection finds nothing. */
static void lost_while_authorizing(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE);
    closes(s, 4200);
    expect(s, "?private-a !closed/4200/1+ =connecting dial#2 cancel(private-a)");
    assert_int_equal(grants(s, PRIVATE), PUSHER_ERR_NOT_FOUND);
    assert_int_equal(denies(s, PRIVATE, 403), PUSHER_ERR_NOT_FOUND);
    opens(s), greets(s);
    expect(s, "=connected ?private-a");
    grants(s, PRIVATE);
    expect(s, ">subscribe(private-a)");
}

static void lost_while_authorized(struct scene *s)
{
    brings_up(s);
    blocks(s, true);
    wants_channel(s, PRIVATE), grants(s, PRIVATE);
    closes(s, 4200);
    blocks(s, false);
    s->said[0] = '\0';
    opens(s), greets(s);
    expect(s, "=connected ?private-a"); /* the old authorization is not used */
}

/* SUB-05, with an authorization. */
static void dropped_while_authorizing(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE), drops_channel(s, PRIVATE);
    expect(s, "?private-a cancel(private-a)");
    assert_int_equal(grants(s, PRIVATE), PUSHER_ERR_NOT_FOUND);
    wants_channel(s, PRIVATE), drops_channel(s, PRIVATE), wants_channel(s, PRIVATE);
    expect(s, "?private-a cancel(private-a) ?private-a");
    grants(s, PRIVATE), confirms(s, PRIVATE);
    expect(s, ">subscribe(private-a) private-a.pusher:subscription_succeeded");
    wants_channel(s, PRIVATE);
    expect(s, "");
    drops_channel(s, PRIVATE);
    expect(s, ">unsubscribe(private-a)");
}

static void dropped_while_subscribing(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE), grants(s, PRIVATE), drops_channel(s, PRIVATE);
    expect(s, "?private-a >subscribe(private-a)");
    wants_channel(s, PRIVATE); /* taken back: the first subscribe counts */
    confirms(s, PRIVATE);
    expect(s, "private-a.pusher:subscription_succeeded");
}

static void few_are_under_way_at_a_time(struct scene *s)
{
    char name[16];
    if (s->core)
        s->core->config.max_parallel_auth = 2;
    wants_channel(s, "private-0"), wants_channel(s, "private-1");
    wants_channel(s, "private-2"), wants_channel(s, "private-3");
    wants_channel(s, "private-4");
    wants_connection(s), opens(s), greets(s);
    expect(s, "=connecting dial#1 =connected ?private-0 ?private-1");
    grants(s, "private-1");
    expect(s, "?private-2 >subscribe(private-1)");
    denies(s, "private-0", 403);
    expect(s, "!auth(private-0)/-1/0- private-0.pusher:subscription_error ?private-3");
    drops_channel(s, "private-2");
    expect(s, "cancel(private-2) ?private-4");
    for (int i = 3; i < 5; i++) {
        snprintf(name, sizeof name, "private-%d", i);
        grants(s, name);
    }
    expect(s, ">subscribe(private-3) >subscribe(private-4)");
}

/* T7: an answer is judged field by field, and a wrong one is final: the endpoint is. */
static void answers_that_are_none(struct scene *s)
{
    static const struct {
        const char *channel, *json, *words;
    } answers[] = {
        {"private-a", "", "not JSON"},
        {"private-a", "<html>", "not JSON"},
        {"private-a", "null", "not a JSON object"},
        {"private-a", "[]", "not a JSON object"},
        {"private-a", "{}", "has no \"auth\""},
        {"private-a", "{\"auth\":\"other:0f\"}", "another app key"},
        {"private-a", "{\"auth\":\"appkey\"}", "another app key"},
        {"private-a", "{\"auth\":7}", "\"auth\" of the authorization is not a string"},
        {"presence-a", "{\"auth\":\"appkey:5ec4e7\",\"channel_data\":{}}",
         "not a string"},
        {"presence-a", "{\"auth\":\"appkey:5ec4e7\",\"channel_data\":\"{}\"}", "user_id"},
        {"presence-a", "{\"auth\":\"appkey:5ec4e7\"}", "channel_data"},
        {"private-encrypted-a", "{\"auth\":\"appkey:5ec4e7\"}", "shared_secret"},
        {"private-encrypted-a", "{\"auth\":\"appkey:5ec4e7\",\"shared_secret\":\"eA==\"}",
         "shared_secret"},
    };
    brings_up(s);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        wants_channel(s, answers[i].channel);
        grants_with(s, answers[i].channel, answers[i].json);
        expect_text(s, answers[i].words);
        assert_true(s->quiet || s->problem.kind == PUSHER_PROBLEM_AUTH);
        assert_true(s->quiet || !s->problem.will_retry);
        drops_channel(s, answers[i].channel);
    }
    s->said[0] = '\0';
}

/* SUB-13: asked for anew, with a new authorization. */
static void the_server_does_not_answer(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE), grants(s, PRIVATE);
    s->said[0] = '\0';
    after(s, 14999);
    expect(s, "");
    after(s, 1);
    expect(s, "!subscribe(private-a)/-1/0+");
    expect_text(s, "the server did not answer the subscription within 15000 ms; trying");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_FAILED);
    after(s, s->problem.retry_in_ms);
    expect(s, ">unsubscribe(private-a) ?private-a");
    grants(s, PRIVATE), confirms(s, PRIVATE);
    expect(s, ">subscribe(private-a) private-a.pusher:subscription_succeeded");
    after(s, 100000);
    expect(s, "");
}

static void the_answer_is_late(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room");
    after(s, 15000);
    s->said[0] = '\0';
    confirms(s, "room");
    expect(s, "room.pusher:subscription_succeeded");
    expect_state_of(s, "room", PUSHER_SUBSCRIPTION_SUBSCRIBED);
    after(s, 60000);
    expect(s, "");
}

static void a_late_one_is_asked_for_again(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room");
    after(s, 15000);
    s->said[0] = '\0';
    wants_channel(s, "room");
    expect(s, ">unsubscribe(room) >subscribe(room)");
    after(s, 15000);
    s->said[0] = '\0';
    drops_channel(s, "room");
    expect(s, ">unsubscribe(room)");
}

/* A cancelled one without an answer is left all the same. */
static void a_cancelled_one_is_left_in_the_end(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), drops_channel(s, "room");
    expect(s, ">subscribe(room)");
    after(s, 15000);
    expect(s, ">unsubscribe(room)");
    assert_true(s->quiet || s->core->channels.total == 0);
}

/* What failed on the server's side is tried again. */
static void the_server_has_a_bad_day(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room");
    s->said[0] = '\0';
    refuses_with(s, "room", 503);
    expect(s, "!subscribe(room)/-1/0+ room+pusher:subscription_error");
    after(s, s->problem.retry_in_ms);
    expect(s, ">subscribe(room)");
}

/* An in-band error that names no channel is about the one that waits longest. */
static void refused_without_a_name(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "room"), wants_channel(s, PRIVATE), wants_channel(s, "private-b");
    grants(s, PRIVATE), grants(s, "private-b");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    expect(s, "!subscribe(private-a)/-1/0- *pusher:error");
    expect_state_of(s, PRIVATE, PUSHER_SUBSCRIPTION_FAILED);
    expect_state_of(s, "private-b", PUSHER_SUBSCRIPTION_SUBSCRIBING);
    confirms(s, "private-b");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    expect(s, "!server/4009/0+ *pusher:error");
}

static void freed_while_authorizing(struct scene *s)
{
    brings_up(s);
    wants_channel(s, PRIVATE), wants_channel(s, "private-b");
    if (s->core)
        s->core->config.max_parallel_auth = 2;
    grants(s, "private-b");
    blocks(s, true);
    wants_channel(s, "private-c"), grants(s, "private-c");
    s->said[0] = '\0';
}

static const struct scenario scenarios[] = {
    {"subscribes with an authorization", subscribes_with_an_authorization},
    {"the frame holds what was signed", the_frame_holds_what_was_signed},
    {"each connection has its own", each_connection_has_its_own},
    {"is denied", is_denied},
    {"a denied one is asked for again", a_denied_one_is_asked_for_again},
    {"no answer is tried again", no_answer_is_tried_again},
    {"each status", each_status},
    {"the authorizer is late", the_authorizer_is_late},
    {"lost while authorizing", lost_while_authorizing},
    {"lost while authorized", lost_while_authorized},
    {"dropped while authorizing", dropped_while_authorizing},
    {"dropped while subscribing", dropped_while_subscribing},
    {"few are under way at a time", few_are_under_way_at_a_time},
    {"answers that are none", answers_that_are_none},
    {"the server does not answer", the_server_does_not_answer},
    {"the answer is late", the_answer_is_late},
    {"a late one is asked for again", a_late_one_is_asked_for_again},
    {"a cancelled one is left in the end", a_cancelled_one_is_left_in_the_end},
    {"the server has a bad day", the_server_has_a_bad_day},
    {"refused without a name", refused_without_a_name},
    {"freed while authorizing", freed_while_authorizing},
};

int main(void)
{
    return play_scenarios("core: authorizations", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
