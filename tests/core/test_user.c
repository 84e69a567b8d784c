/*
 * The signed-in user: sign-in, events, watchlist, and presence channels that wait for it
 * (USER-01 … USER-09, PRES-01).
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

#define USER_REPLY                                                                       \
    "{\"auth\":\"appkey:" SCENE_SIGNATURE "\",\"user_data\":\"{\\\"id\\\":\\\"u1\\\"}"   \
    "\"}"

#define PERSONAL "#server-to-user-u1"

static void wants_user(struct scene *s)
{
    int rc = s->core ? core_signin(s->core) : PUSHER_ERR_NOMEM;
    assert_true(rc == 0 || s->quiet);
    settle(s);
}

static void server_signs_in(struct scene *s)
{
    says(s, "{\"event\":\"pusher:signin_success\",\"data\":"
            "\"{\\\"user_data\\\":\\\"{\\\\\\\"id\\\\\\\":\\\\\\\"u1\\\\\\\"}\\\"}\"}");
}

static void is_user(struct scene *s, const char *id)
{
    if (!s->quiet)
        assert_true(str_equal(core_user_id(s->core), str_of(id)));
}

static void signs_in(struct scene *s)
{
    brings_up(s);
    wants_user(s);
    expect(s, "?user");
    grants_with(s, "user", USER_REPLY);
    expect(s, ">signin");
    assert_true(s->quiet ||
                strstr(s->last_frame, "\"user_data\":\"{\\\"id\\\":\\\"u1\\\"}\""));
    is_user(s, "");
    server_signs_in(s);
    expect(s, "@pusher:signin_success >subscribe(#server-to-user-u1)");
    is_user(s, "u1");
    assert_true(s->quiet || str_equal(core_user_data(s->core), STR("{\"id\":\"u1\"}")));
    confirms(s, "#server-to-user-u1");
    expect(s, "");
    says(s, "{\"event\":\"greet\",\"channel\":\"#server-to-user-u1\",\"data\":\"hi\"}");
    expect(s, "@greet");
    wants_user(s); /* it is done */
    expect(s, "");
}

/* USER-06: on each connection. */
static void each_connection_signs_in(struct scene *s)
{
    wants_user(s);
    brings_up(s);
    grants_with(s, "user", USER_REPLY), server_signs_in(s);
    confirms(s, "#server-to-user-u1");
    s->said[0] = '\0';
    closes(s, 4200);
    is_user(s, "");
    opens(s), greets(s);
    expect(s, "!closed/4200/1+ =connecting dial#2 =connected ?user");
    says(s, "{\"event\":\"greet\",\"channel\":\"#server-to-user-u1\"}");
    expect(s, "*greet"); /* nobody is signed in yet */
    grants_with(s, "user", USER_REPLY);
    s->said[0] = '\0';
    server_signs_in(s);
    expect(s, "@pusher:signin_success >subscribe(#server-to-user-u1)");
}

static void is_denied(struct scene *s)
{
    brings_up(s);
    wants_user(s), denies(s, "user", 403);
    expect(s, "?user !signin/-1/0- @pusher:signin_error");
    expect_text(s, "sign in again, or it is tried at the next connection");
    assert_true(s->quiet || core_signin_state(s->core) == PUSHER_SUBSCRIPTION_FAILED);
    wants_user(s); /* USER-03 C: may be tried again */
    expect(s, "?user");
    denies(s, "user", 500);
    expect(s, "!signin/-1/0+");
    after(s, s->problem.retry_in_ms);
    expect(s, "?user");
}

/* USER-07, USER-08 C */
static void the_server_says_nothing(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants_with(s, "user", USER_REPLY);
    expect(s, "?user >signin");
    after(s, 15000);
    expect(s, "!signin/-1/0+");
    expect_text(s, "the server did not answer the sign-in within 15000 ms");
    after(s, s->problem.retry_in_ms);
    expect(s, "?user");
}

/* Late, and better than never: there is nothing to take back, and a server that has
 * signed in does not do so again. */
static void the_server_answers_late(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants_with(s, "user", USER_REPLY);
    after(s, 15000), after(s, s->problem.retry_in_ms);
    s->said[0] = '\0';
    server_signs_in(s);
    expect(s, "@pusher:signin_success cancel(user) >subscribe(#server-to-user-u1)");
    is_user(s, "u1");
    confirms(s, PERSONAL);
    s->said[0] = '\0';
    closes(s, 4200), opens(s), greets(s);
    s->said[0] = '\0';
    server_signs_in(s); /* on this connection it was not asked for yet */
    expect(s, "*pusher:signin_success");
    is_user(s, "");
}

static void no_answer_after_a_refusal(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants_with(s, "user", USER_REPLY);
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    wants_user(s);
    s->said[0] = '\0';
    server_signs_in(s);
    expect(s, "*pusher:signin_success");
    is_user(s, "");
}

static void the_server_refuses(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants_with(s, "user", USER_REPLY);
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
    expect(s, "!signin/-1/0- *pusher:error");
    assert_true(s->quiet || core_signin_state(s->core) == PUSHER_SUBSCRIPTION_FAILED);
}

/* The hidden channel is part of the sign-in: no report names it, and signing in again
 * asks for it again. */
static void its_own_events_are_refused(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants_with(s, "user", USER_REPLY), server_signs_in(s);
    s->said[0] = '\0';
    refuses(s, PERSONAL);
    expect(s, "!signin/-1/0- @pusher:subscription_error");
    expect_text_start(s, "the server refused the subscription to the user's own events");
    expect_text(s, "; sign in again, or it is tried at the next connection");
    wants_user(s);
    expect(s, ">subscribe(" PERSONAL ")");
    refuses_with(s, PERSONAL, 500);
    expect(s, "!signin/-1/0+ @pusher:subscription_error");
    after(s, s->problem.retry_in_ms);
    expect(s, ">subscribe(" PERSONAL ")");
    after(s, 15000);
    expect(s, "!signin/-1/0+");
    expect_text_start(s, "the server did not answer the subscription to the user's own");
    wants_user(s);
    expect(s, ">unsubscribe(" PERSONAL ") >subscribe(" PERSONAL ")");
    confirms(s, PERSONAL);
    says(s, "{\"event\":\"greet\",\"channel\":\"" PERSONAL "\"}");
    expect(s, "@greet");
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"" PERSONAL
            "\",\"data\":\"many\"}");
    expect(s, "!protocol/-1/0+");
}

/* USER-04 */
static void what_is_no_user(struct scene *s)
{
    static const char *const data[] = {"{}", "7", "{\"user_data\":\"\"}",
                                       "{\"user_data\":\"{\\\"id\\\":\\\"\\\"}\"}"};
    char text[160];
    brings_up(s);
    server_signs_in(s);
    expect(s, "*pusher:signin_success"); /* nobody asked: an event like any other */
    wants_user(s);
    for (size_t i = 0; i < sizeof data / sizeof *data && !s->quiet; i++) {
        grants_with(s, "user", USER_REPLY);
        s->said[0] = '\0';
        snprintf(text, sizeof text, "{\"event\":\"pusher:signin_success\",\"data\":%s}",
                 data[i]);
        says(s, text);
        expect(s, "!signin/-1/0+");
        is_user(s, "");
        after(s, s->problem.retry_in_ms);
        expect(s, "?user");
    }
    s->said[0] = '\0';
}

static void answers_without_a_user(struct scene *s)
{
    brings_up(s);
    wants_user(s), grants(s, "user");
    expect(s, "?user !signin/-1/0- @pusher:signin_error");
    expect_text(s, "user_data");
}

/* USER-09 */
static void watches(struct scene *s)
{
    brings_up(s);
    says(s, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":{\"events\":[]}}");
    expect(s, "");
    wants_user(s), grants_with(s, "user", USER_REPLY), server_signs_in(s);
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":"
            "{\"events\":[{\"name\":\"online\",\"user_ids\":[\"a\",\"b\"]},"
            "{\"name\":\"offline\",\"user_ids\":[\"c\"]}]}}");
    expect(s, "@online @offline");
    assert_true(s->quiet ||
                strcmp(s->data, "{\"name\":\"offline\",\"user_ids\":[\"c\"]}") == 0);
    says(s, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":{\"events\":7}}");
    expect(s, "!protocol/-1/0+");
}

/* PRES-01: without channel_data the member is the user. */
static void presence_waits_for_the_user(struct scene *s)
{
    brings_up(s);
    wants_user(s), wants_channel(s, "presence-a");
    grants(s, "presence-a");
    expect(s, "?user ?presence-a");
    grants_with(s, "user", USER_REPLY);
    expect(s, ">signin");
    server_signs_in(s);
    expect(s, "@pusher:signin_success ?presence-a >subscribe(#server-to-user-u1)");
    grants(s, "presence-a");
    expect(s, ">subscribe(presence-a)");
    says(s, "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
            "\"presence-a\",\"data\":{\"presence\":{\"hash\":{\"u1\":{}}}}}");
    expect(s, "presence-a.pusher:subscription_succeeded");
    struct core_member me;
    struct core_channel *channel =
        s->quiet ? NULL : core_find_channel(s->core, STR("presence-a"));
    assert_true(s->quiet || (core_me(channel, &me) && str_equal(me.id, STR("u1"))));
}

static void presence_without_a_user(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "presence-a"), grants(s, "presence-a");
    expect(s, "?presence-a !auth(presence-a)/-1/0- presence-a.pusher:subscription_error");
    wants_user(s), wants_channel(s, "presence-c");
    grants_with(s, "presence-c", /* it says for whom it is, and is wrong */
                "{\"auth\":\"appkey:" SCENE_SIGNATURE "\",\"channel_data\":\"{}\"}");
    expect(s, "?user ?presence-c !auth(presence-c)/-1/0- "
              "presence-c.pusher:subscription_error");
    wants_channel(s, "presence-b"), grants(s, "presence-b");
    expect(s, "?presence-b");
    denies(s, "user", 403);
    expect(s, "!signin/-1/0- @pusher:signin_error ?presence-b");
    grants(s, "presence-b");
    expect(s, "!auth(presence-b)/-1/0- presence-b.pusher:subscription_error");
}

static void lost_while_waiting(struct scene *s)
{
    brings_up(s);
    wants_user(s), wants_channel(s, "presence-a"), grants(s, "presence-a");
    closes(s, 4200);
    expect(s, "?user ?presence-a !closed/4200/1+ =connecting dial#2 cancel(user)");
    opens(s), greets(s);
    expect(s, "=connected ?user ?presence-a");
    grants(s, "presence-a");
    drops_channel(s, "presence-a");
    s->said[0] = '\0';
    grants_with(s, "user", USER_REPLY);
    server_signs_in(s);
    expect(s, ">signin @pusher:signin_success >subscribe(#server-to-user-u1)");
}

static const struct scenario scenarios[] = {
    {"signs in", signs_in},
    {"each connection signs in", each_connection_signs_in},
    {"is denied", is_denied},
    {"the server says nothing", the_server_says_nothing},
    {"the server refuses", the_server_refuses},
    {"the server answers late", the_server_answers_late},
    {"no answer after a refusal", no_answer_after_a_refusal},
    {"its own events are refused", its_own_events_are_refused},
    {"what is no user", what_is_no_user},
    {"answers without a user", answers_without_a_user},
    {"watches", watches},
    {"presence waits for the user", presence_waits_for_the_user},
    {"presence without a user", presence_without_a_user},
    {"lost while waiting", lost_while_waiting},
};

int main(void)
{
    return play_scenarios("core: user", scenarios, sizeof scenarios / sizeof *scenarios);
}
