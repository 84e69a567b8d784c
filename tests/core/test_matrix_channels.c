/*
 * What the inputs about single channels and the user do in each phase: answers of
 * authorizers, client events, the sign-in, refused subscriptions, members. In every phase
 * these are wanted, and while connected they have come as far as their names say:
 *
 *     private-done    subscribed
 *     private-sent    authorized; the subscribe was sent
 *     private-asked   the authorizer was asked
 *     presence-den    subscribed, with members 1, which is us, and 2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "matrix.h"

#define AUTH "{\"auth\":\"appkey:" SCENE_SIGNATURE "\""

static void wants(struct scene *s)
{
    wants_channel(s, "private-done");
    wants_channel(s, "private-sent");
    wants_channel(s, "private-asked");
    wants_channel(s, "presence-den");
}

static void answers(struct scene *s)
{
    assert_int_equal(grants(s, "private-done"), 0);
    confirms(s, "private-done");
    assert_int_equal(grants(s, "private-sent"), 0);
    assert_int_equal(
        grants_with(s, "presence-den", AUTH ",\"channel_data\":\"{\\\"user_id\\\":1}\"}"),
        0);
    says(s, "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
            "\"presence-den\",\"data\":{\"presence\":{\"hash\":{\"1\":{},\"2\":{}}}}}");
}

/* --- answers of authorizers --- */

static void in_granted(struct scene *s)
{
    matrix_result(s, grants(s, "private-asked"));
}

static void in_granted_with(struct scene *s, const char *json)
{
    matrix_result(s, grants_with(s, "private-asked", json));
}

static void in_granted_nonsense(struct scene *s)
{
    in_granted_with(s, "nonsense");
}

static void in_granted_other_key(struct scene *s)
{
    in_granted_with(s, "{\"auth\":\"other:" SCENE_SIGNATURE "\"}");
}

static void in_granted_again(struct scene *s)
{
    matrix_result(s, grants(s, "private-sent"));
}

static void in_denied_403(struct scene *s)
{
    matrix_result(s, denies(s, "private-asked", 403));
}

static void in_denied_503(struct scene *s)
{
    matrix_result(s, denies(s, "private-asked", 503));
}

static void in_denied_again(struct scene *s)
{
    matrix_result(s, denies(s, "private-done", 403));
}

static void in_dropped_asked(struct scene *s)
{
    drops_channel(s, "private-asked");
    matrix_result(s, grants(s, "private-asked"));
}

/* --- client events --- */

static void in_trigger(struct scene *s)
{
    matrix_result(s, triggers(s, "private-done", "client-hi"));
}

static void in_trigger_early(struct scene *s)
{
    matrix_result(s, triggers(s, "private-sent", "client-hi"));
}

static void in_trigger_kept(struct scene *s)
{
    s->core->config.event_queue = PUSHER_QUEUE_REFUSE;
    matrix_result(s, triggers(s, "private-sent", "client-hi"));
    confirms(s, "private-sent");
}

/* --- the sign-in --- */

static void in_signin(struct scene *s)
{
    int rc = core_signin(s->core);
    settle(s);
    matrix_result(s, rc);
}

static void in_signin_granted(struct scene *s)
{
    in_signin(s);
    matrix_result(s, grants_with(s, "user", AUTH ",\"user_data\":\"{\\\"id\\\":1}\"}"));
}

static void in_signin_denied(struct scene *s)
{
    in_signin(s);
    matrix_result(s, denies(s, "user", 403));
}

static void in_signin_success(struct scene *s)
{
    says(s, "{\"event\":\"pusher:signin_success\",\"data\":"
            "\"{\\\"user_data\\\":\\\"{\\\\\\\"id\\\\\\\":\\\\\\\"1\\\\\\\"}\\\"}\"}");
}

static void in_signed_in(struct scene *s)
{
    in_signin_granted(s);
    in_signin_success(s);
}

static void in_watchlist(struct scene *s)
{
    says(s, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":"
            "\"{\\\"events\\\":[{\\\"name\\\":\\\"online\\\",\\\"user_ids\\\":[\\\"2\\\"]"
            "}]}\"}");
}

/* --- answers of the server --- */

static void in_confirmed(struct scene *s)
{
    confirms(s, "private-sent");
}

static void in_confirmed_unasked(struct scene *s)
{
    confirms(s, "private-asked");
}

static void in_refused_403(struct scene *s)
{
    refuses(s, "private-sent");
}

static void in_refused_500(struct scene *s)
{
    refuses_with(s, "private-sent", 500);
}

static void in_refused_unasked(struct scene *s)
{
    refuses(s, "private-asked");
}

static void in_refused_done(struct scene *s)
{
    refuses(s, "private-done");
}

static void in_refused_unknown(struct scene *s)
{
    refuses(s, "private-other");
}

static void in_refused_bare(struct scene *s)
{
    says(s, "{\"event\":\"pusher:subscription_error\",\"channel\":\"private-sent\"}");
}

static void in_error_4009(struct scene *s)
{
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,\"message\":\"no\"}}");
}

/* --- members --- */

static void moves(struct scene *s, const char *what, const char *channel,
                  const char *data)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:member_%s\",\"channel\":\"%s\",\"data\":%s}",
             what, channel, data);
    says(s, text);
}

static void in_added(struct scene *s)
{
    moves(s, "added", "presence-den", "{\"user_id\":3}");
}

static void in_added_again(struct scene *s)
{
    moves(s, "added", "presence-den", "{\"user_id\":2}");
}

static void in_added_nonsense(struct scene *s)
{
    moves(s, "added", "presence-den", "{\"user\":3}");
}

static void in_added_elsewhere(struct scene *s)
{
    moves(s, "added", "private-done", "{\"user_id\":3}");
}

static void in_removed(struct scene *s)
{
    moves(s, "removed", "presence-den", "{\"user_id\":2}");
}

static void in_removed_unknown(struct scene *s)
{
    moves(s, "removed", "presence-den", "{\"user_id\":9}");
}

static void in_removed_nonsense(struct scene *s)
{
    moves(s, "removed", "presence-den", "[]");
}

/* --- time --- */

static void in_auth_late(struct scene *s)
{
    after(s, 10000);
}

/* The answer of an authorizer: only while connected is there a request for it. */
#define ANSWER(while_connected)                                                          \
    {                                                                                    \
        "idle: -> not_found", "opening: -> not_found", "greeting: -> not_found",         \
            "up: " while_connected, "probing: " while_connected,                         \
            "waiting: -> not_found", "refused: -> not_found"                             \
    }

/* A message: it is no greeting (HS-04), and answers a ping (PING-03). */
#define MESSAGE(while_connected)                                                         \
    {                                                                                    \
        "idle:", "opening:", "waiting: !greeting/-1/1+ hangup", while_connected,         \
            while_connected, "waiting:", "refused:"                                      \
    }

static const struct matrix_row rows[] = {
    /* AUTH-05, SUB-11 */
    {"granted", in_granted, ANSWER(">subscribe(private-asked) -> ok")},
    {"granted: nonsense", in_granted_nonsense,
     ANSWER("!auth(private-asked)/-1/0- private-asked.pusher:subscription_error -> ok")},
    {"granted: for another key", in_granted_other_key,
     ANSWER("!auth(private-asked)/-1/0- private-asked.pusher:subscription_error -> ok")},
    /* SUB-11: answered, it is unknown */
    {"granted a second time", in_granted_again, ANSWER("-> not_found")},
    /* AUTH-05, SUB-06 */
    {"denied 403", in_denied_403,
     ANSWER("!auth(private-asked)/-1/0- private-asked.pusher:subscription_error -> ok")},
    {"denied 503", in_denied_503, ANSWER("!auth(private-asked)/-1/0+ -> ok")},
    {"denied after it was granted", in_denied_again, ANSWER("-> not_found")},
    {"granted, but dropped", in_dropped_asked,
     ANSWER("cancel(private-asked) -> not_found")},
    /* CEV-04 */
    {"trigger",
     in_trigger,
     {"idle: -> state", "opening: -> state", "greeting: -> state",
      "up: >client-hi(private-done) -> ok", "probing: >client-hi(private-done) -> ok",
      "waiting: -> state", "refused: -> state"}},
    {"trigger, not subscribed",
     in_trigger_early,
     {"idle: -> state", "opening: -> state", "greeting: -> state", "up: -> state",
      "probing: -> state", "waiting: -> state", "refused: -> state"}},
    {"trigger, not subscribed, with a queue",
     in_trigger_kept,
     {"idle: -> ok", "opening: -> ok", "waiting: -> ok !greeting/-1/1+ hangup",
      "up: -> ok private-sent.pusher:subscription_succeeded >client-hi(private-sent)",
      "up: -> ok private-sent.pusher:subscription_succeeded >client-hi(private-sent)",
      "waiting: -> ok", "refused: -> ok"}},
    /* USER-01 … USER-03 */
    {"signin",
     in_signin,
     {"idle: -> ok", "opening: -> ok", "greeting: -> ok", "up: ?user -> ok",
      "probing: ?user -> ok", "waiting: -> ok", "refused: -> ok"}},
    {"signin granted",
     in_signin_granted,
     {"idle: -> ok -> not_found", "opening: -> ok -> not_found",
      "greeting: -> ok -> not_found", "up: ?user -> ok >signin -> ok",
      "probing: ?user -> ok >signin -> ok", "waiting: -> ok -> not_found",
      "refused: -> ok -> not_found"}},
    {"signin denied",
     in_signin_denied,
     {"idle: -> ok -> not_found", "opening: -> ok -> not_found",
      "greeting: -> ok -> not_found",
      "up: ?user -> ok !signin/-1/0- @pusher:signin_error -> ok",
      "probing: ?user -> ok !signin/-1/0- @pusher:signin_error -> ok",
      "waiting: -> ok -> not_found", "refused: -> ok -> not_found"}},
    {"signed in",
     in_signed_in,
     {"idle: -> ok -> not_found", "opening: -> ok -> not_found",
      "waiting: -> ok -> not_found !greeting/-1/1+ hangup",
      "up: ?user -> ok >signin -> ok @pusher:signin_success "
      ">subscribe(#server-to-user-1)",
      "up: ?user -> ok >signin -> ok @pusher:signin_success "
      ">subscribe(#server-to-user-1)",
      "waiting: -> ok -> not_found", "refused: -> ok -> not_found"}},
    /* USER-04 C, USER-09 */
    {"signin_success, unasked", in_signin_success, MESSAGE("up: *pusher:signin_success")},
    {"watchlist_events, nobody signed in", in_watchlist, MESSAGE("up:")},
    /* SUB-03 */
    {"subscription_succeeded", in_confirmed,
     MESSAGE("up: private-sent.pusher:subscription_succeeded")},
    {"subscription_succeeded, not sent", in_confirmed_unasked, MESSAGE("up:")},
    /* SUB-10 C */
    {"subscription_error 403", in_refused_403,
     MESSAGE(
         "up: !subscribe(private-sent)/-1/0- private-sent+pusher:subscription_error")},
    {"subscription_error 500", in_refused_500,
     MESSAGE(
         "up: !subscribe(private-sent)/-1/0+ private-sent+pusher:subscription_error")},
    {"subscription_error without data", in_refused_bare,
     MESSAGE(
         "up: !subscribe(private-sent)/-1/0- private-sent+pusher:subscription_error")},
    /* answers nothing that was asked (SUB-10 C) */
    {"subscription_error, not sent", in_refused_unasked,
     MESSAGE("up: *pusher:subscription_error")},
    {"subscription_error, subscribed", in_refused_done,
     MESSAGE("up: private-done+pusher:subscription_error")},
    {"subscription_error, unknown channel", in_refused_unknown,
     MESSAGE("up: *pusher:subscription_error")},
    /* SUB-13; HS-03 before the greeting */
    {"pusher:error 4009",
     in_error_4009,
     {"idle:", "opening:", "refused: !server/4009/1- =disconnected hangup",
      "up: !subscribe(private-sent)/-1/0- *pusher:error",
      "up: !subscribe(private-sent)/-1/0- *pusher:error", "waiting:", "refused:"}},
    /* PRES-03 */
    {"member_added", in_added, MESSAGE("up: presence-den.pusher:member_added")},
    {"member_added, there already", in_added_again,
     MESSAGE("up: presence-den.pusher:member_added")},
    {"member_added, malformed", in_added_nonsense,
     MESSAGE("up: !protocol(presence-den)/-1/0+")},
    {"member_added, no presence channel", in_added_elsewhere, MESSAGE("up:")},
    /* PRES-04 */
    {"member_removed", in_removed, MESSAGE("up: presence-den.pusher:member_removed")},
    {"member_removed, not there", in_removed_unknown, MESSAGE("up:")},
    {"member_removed, malformed", in_removed_nonsense,
     MESSAGE("up: !protocol(presence-den)/-1/0+")},
    /* AUTH-05; CONN-05 */
    {"ten seconds",
     in_auth_late,
     {"idle:", "opening: =unavailable", "greeting: =unavailable",
      "up: !auth(private-asked)/-1/0+ cancel(private-asked)",
      "probing: !auth(private-asked)/-1/0+ cancel(private-asked)",
      "opening: dial#2 =unavailable", "refused:"}},
};

static void every_cell(void **state)
{
    (void)state;
    matrix_check(&(struct matrix){.wants = wants,
                                  .answers = answers,
                                  .rows = rows,
                                  .count = sizeof rows / sizeof *rows});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cell)};
    return cmocka_run_group_tests_name("core: phases and channels", tests, NULL, NULL);
}
