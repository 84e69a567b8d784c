/*
 * Signing in on a running sandbox, with raw peers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "server/sign.h"
#include "signed.h"

#define SIGNED_IN(id)                                                                    \
    "{\"event\":\"pusher:signin_success\",\"data\":\"{\\\"user_data\\\":\\\"{"           \
    "\\\\\\\"id\\\\\\\":\\\\\\\"" id "\\\\\\\"}\\\"}\"}"
#define SUCCEEDED(channel)                                                               \
    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" channel       \
    "\",\"data\":\"{}\"}"
#define ERROR(code, text)                                                                \
    "{\"event\":\"pusher:error\",\"data\":{\"code\":" code ",\"message\":\"" text "\"}}"
#define AUTH_ERROR(channel, text)                                                        \
    "{\"event\":\"pusher:subscription_error\",\"channel\":\"" channel                    \
    "\",\"data\":{\"type\":\"AuthError\",\"error\":\"" text "\",\"status\":401}}"
#define UNAUTHORIZED                                                                     \
    ERROR("4009", "Connection not authorized: auth is not the app key and the HMAC "     \
                  "SHA256 hex digest of socket id and user_data")
#define NO_ID                                                                            \
    ERROR("4009", "user_data is not a JSON object with a non-empty text \\\"id\\\"")
#define BAD_WATCHLIST                                                                    \
    ERROR("4009", "The watchlist in user_data is not a list of user ids")

static void success(void **state)
{
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    signed_signin(&rig, &peer, "{\"id\":\"a\"}");
    peer_expect(&rig, &peer, SIGNED_IN("a"));
    signed_signin(&rig, &peer, "{\"id\":\"b\"}");
    peer_expect(&rig, &peer, ERROR("null", "This connection is signed in already"));
    peer_close(&peer);
    rig_stop(&rig);
}

/* Each is refused in-band and by the close code, as soketi does it (CLOSE-13). */
static void wrong_signatures(void **state)
{
    static const char *const data[] = {
        "{}",
        "{\"auth\":\"" RIG_KEY ":00\"}",
        "{\"user_data\":\"{\\\"id\\\":\\\"a\\\"}\"}",
        "{\"auth\":\"" RIG_KEY ":00\",\"user_data\":\"{\\\"id\\\":\\\"a\\\"}\"}",
        "{\"auth\":\"other:00\",\"user_data\":\"{\\\"id\\\":\\\"a\\\"}\"}",
        "{\"auth\":\"" RIG_KEY "\",\"user_data\":\"{\\\"id\\\":\\\"a\\\"}\"}",
        "{\"auth\":5,\"user_data\":{\"id\":\"a\"}}",
        "5",
    };
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        struct peer peer;
        peer_greet(&rig, &peer);
        peer_text(&rig, &peer, "{\"event\":\"pusher:signin\",\"data\":%s}", data[i]);
        peer_expect(&rig, &peer, UNAUTHORIZED);
        peer_expect_close(&rig, &peer, 4009);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

struct refused {
    const char *user_data;
    const char *answer;
};

static void wrong_user_data(void **state)
{
    static char long_id[600];
    const struct refused cases[] = {
        {"", NO_ID},
        {"nonsense", NO_ID},
        {"null", NO_ID},
        {"[\"id\"]", NO_ID},
        {"{}", NO_ID},
        {"{\"id\":\"\"}", NO_ID},
        {"{\"id\":5}", NO_ID},
        {"{\"user_id\":\"a\"}", NO_ID},
        {long_id, NO_ID},
        {"{\"id\":\"a\",\"watchlist\":\"b\"}", BAD_WATCHLIST},
        {"{\"id\":\"a\",\"watchlist\":{}}", BAD_WATCHLIST},
        {"{\"id\":\"a\",\"watchlist\":[\"b\",5]}", BAD_WATCHLIST},
        {"{\"id\":\"a\",\"watchlist\":[\"\"]}", BAD_WATCHLIST},
    };
    struct rig rig;
    (void)state;
    snprintf(long_id, sizeof long_id, "{\"id\":\"%0513d\"}", 1);
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer peer;
        peer_greet(&rig, &peer);
        signed_signin(&rig, &peer, cases[i].user_data);
        peer_expect(&rig, &peer, cases[i].answer);
        peer_expect_close(&rig, &peer, 4009);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

/* USER-09: with more than 100 users the sign-in holds, the watchlist does not. */
static void long_watchlist(void **state)
{
    struct rig rig;
    struct peer watcher, watched;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &watched);
    signed_signin(&rig, &watched, "{\"id\":\"x\"}");
    peer_expect(&rig, &watched, SIGNED_IN("x"));
    for (int count = 100; count <= 101; count++) {
        struct frame frame;
        char data[1024] = "{\"id\":\"a\",\"watchlist\":[\"x\"";
        for (int i = 1; i < count; i++)
            snprintf(data + strlen(data), sizeof data - strlen(data), ",\"%d\"", i);
        strcat(data, "]}");
        peer_greet(&rig, &watcher);
        signed_signin(&rig, &watcher, data);
        assert_true(peer_next(&rig, &watcher, &frame));
        assert_non_null(strstr(frame.text, "pusher:signin_success"));
        free(frame.text);
        peer_expect(
            &rig, &watcher,
            count == 100
                ? "{\"event\":\"pusher_internal:watchlist_events\",\"data\":\"{"
                  "\\\"events\\\":[{\\\"name\\\":\\\"online\\\",\\\"user_ids\\\":["
                  "\\\"x\\\"]}]}\"}"
                : ERROR("4302", "The watchlist has more than 100 users, and is not "
                                "used"));
        peer_text(&rig, &watcher, "{\"event\":\"pusher:ping\"}");
        peer_expect(&rig, &watcher, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
        peer_close(&watcher);
    }
    peer_close(&watched);
    rig_stop(&rig);
}

/* The channel of a user is for that user alone. */
static char journal[4096];

static void on_line(pusher_log_level level, const char *line, void *userdata)
{
    (void)level, (void)userdata;
    size_t len = strlen(journal);
    snprintf(journal + len, sizeof journal - len, "%s\n", line);
}

/* Log lines name neither the user nor, with it, what a terminal would take for a command.
 */
static void own_channel(void **state)
{
    static const char unsubscribe[] = "{\"event\":\"pusher:unsubscribe\",\"data\":{"
                                      "\"channel\":\"#server-to-user-\\u001b[2J\"}}";
    static const char subscribe[] = "{\"event\":\"pusher:subscribe\",\"data\":{"
                                    "\"auth\":\"\",\"channel\":\"#server-to-user-%s\"}}";
    struct rig rig;
    struct peer peer;
    (void)state;
    pusher_sandbox_options options;
    rig_options(&options);
    options.log = (pusher_log){PUSHER_LOG_DEBUG, on_line, NULL};
    journal[0] = '\0';
    rig_start(&rig, &options);
    peer_greet(&rig, &peer);
    peer_text(&rig, &peer, "%s", unsubscribe);
    peer_text(&rig, &peer, subscribe, "a");
    peer_expect(&rig, &peer,
                AUTH_ERROR("#server-to-user-a",
                           "Only the signed-in user may subscribe to its own channel"));
    signed_signin(&rig, &peer, "{\"id\":\"a\"}");
    peer_expect(&rig, &peer, SIGNED_IN("a"));
    peer_text(&rig, &peer, subscribe, "b");
    peer_expect(&rig, &peer,
                AUTH_ERROR("#server-to-user-b",
                           "Only the signed-in user may subscribe to its own channel"));
    peer_text(&rig, &peer, subscribe, "a");
    peer_expect(&rig, &peer, SUCCEEDED("#server-to-user-a"));
    assert_int_equal(signed_post(&rig, "/apps/" RIG_APP "/events",
                                 "{\"name\":\"e\",\"data\":\"x\",\"channels\":"
                                 "[\"#server-to-user-b\",\"#server-to-user-a\"]}",
                                 0, NULL),
                     200);
    peer_expect(&rig, &peer,
                "{\"event\":\"e\",\"channel\":\"#server-to-user-a\",\"data\":\"x\"}");
    assert_non_null(strstr(journal, "unsubscribed from #server-to-user-***\n"));
    assert_non_null(strstr(journal, "subscribed to #server-to-user-***\n"));
    assert_non_null(strstr(journal, "published to #server-to-user-*** and others\n"));
    assert_null(strstr(journal, "-user-a"));
    assert_null(strchr(journal, '\033'));
    peer_close(&peer);
    rig_stop(&rig);
}

/* Subscribes without channel_data. */
static void subscribe_as_user(struct rig *rig, struct peer *peer, const char *channel)
{
    char hex[SHA256_HEX + 1];
    assert_int_equal(sign_channel(&mem_default, STR(RIG_SECRET), str_of(peer->socket_id),
                                  str_of(channel), (pusher_str){NULL, 0}, hex),
                     0);
    peer_text(rig, peer,
              "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"" RIG_KEY
              ":%s\",\"channel\":\"%s\"}}",
              hex, channel);
}

/* PRES-01: without channel_data a member is the signed-in user. */
static void presence_of_the_user(void **state)
{
    struct rig rig;
    struct peer peer;
    struct frame frame;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    subscribe_as_user(&rig, &peer, "presence-a");
    peer_expect(&rig, &peer,
                AUTH_ERROR("presence-a",
                           "channel_data is missing for a presence channel, and the "
                           "connection is not signed in"));
    signed_signin(&rig, &peer, "{\"id\":\"a\",\"user_info\":{\"n\":1.50}}");
    assert_true(peer_next(&rig, &peer, &frame));
    free(frame.text);
    subscribe_as_user(&rig, &peer, "presence-a");
    peer_expect(&rig, &peer,
                "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
                "\"presence-a\",\"data\":\"{\\\"presence\\\":{\\\"ids\\\":[\\\"a\\\"],"
                "\\\"hash\\\":{\\\"a\\\":{\\\"n\\\":1.50}},\\\"count\\\":1}}\"}");
    peer_close(&peer);
    rig_stop(&rig);
}

/* The id of a user may be longer than that of a member (PRES-10). */
static void presence_of_a_long_id(void **state)
{
    struct rig rig;
    struct peer peer;
    struct frame frame;
    char data[200];
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    snprintf(data, sizeof data, "{\"id\":\"%0129d\"}", 1);
    signed_signin(&rig, &peer, data);
    assert_true(peer_next(&rig, &peer, &frame));
    free(frame.text);
    subscribe_as_user(&rig, &peer, "presence-a");
    peer_expect(&rig, &peer,
                "{\"event\":\"pusher:subscription_error\",\"channel\":\"presence-a\","
                "\"data\":{\"type\":\"LimitReached\",\"error\":\"user_id is longer than "
                "128 bytes\",\"status\":4004}}");
    peer_close(&peer);
    rig_stop(&rig);
}

/* Signs in and subscribes, to presence as that user, too, which may fail at any point;
 * true when it came to its end. */
static bool try_session(struct rig *rig, long nth)
{
    struct peer peer;
    struct frame frame;
    unsigned frames = 0;
    peer_greet(rig, &peer);
    memory_fail(&rig->memory, nth);
    signed_signin(rig, &peer,
                  "{\"id\":\"a\",\"user_info\":[1],\"watchlist\":[\"a\",\"b\"]}");
    peer_text(rig, &peer,
              "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":"
              "\"#server-to-user-a\"}}");
    signed_subscribe(rig, &peer, "presence-a", "{\"user_id\":1,\"user_info\":{}}");
    subscribe_as_user(rig, &peer, "presence-b");
    while (frames < 5 && peer_next(rig, &peer, &frame)) {
        free(frame.text);
        frames++;
    }
    peer_close(&peer);
    rig_settle(rig);
    return frames == 5;
}

/* Whatever allocation fails: the session may, the sandbox goes on. */
static void lack_of_memory(void **state)
{
    struct rig rig;
    bool failed = true;
    (void)state;
    rig_start(&rig, NULL);
    for (long nth = 1; failed; nth++) {
        bool done = try_session(&rig, nth);
        failed = rig.memory.failed;
        memory_fail(&rig.memory, 0);
        assert_true(done || failed);
    }
    assert_true(try_session(&rig, 0));
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success),
        cmocka_unit_test(wrong_signatures),
        cmocka_unit_test(wrong_user_data),
        cmocka_unit_test(long_watchlist),
        cmocka_unit_test(own_channel),
        cmocka_unit_test(presence_of_the_user),
        cmocka_unit_test(presence_of_a_long_id),
        cmocka_unit_test(lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
