/*
 * Nothing secret is ever logged or reported: a client whose every secret is unmistakable
 * is led through success and failure at the most talkative level, and each log line and
 * each text of a problem is searched for them (LOG-01).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pusher/pusher.h>

#include "support/fake_http.h"
#include "support/fake_net.h"

#define KEY           "CANARY-key"
#define TOKEN         "CANARY-token"
#define SIGNATURE     "0bce35f0ca7a1e50bce35f0ca7a1e50bce35f0ca7a1e50bce35f0ca7a1e50bce3"
#define AUTH          KEY ":" SIGNATURE
#define SHARED_SECRET "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE="
#define USER_ID       "CANARY-user"
#define USER_DATA     "{\\\"id\\\":\\\"" USER_ID "\\\",\\\"name\\\":\\\"CANARY-name\\\"}"
#define CHANNEL_DATA                                                                     \
    "{\\\"user_id\\\":\\\"" USER_ID "\\\",\\\"user_info\\\":\\\"CANARY-info\\\"}"
#define PAYLOAD "CANARY-payload"

#define GRANT        "{\"auth\":\"" AUTH "\"}"
#define MEMBER_GRANT "{\"auth\":\"" AUTH "\",\"channel_data\":\"" CHANNEL_DATA "\"}"
#define USER_GRANT   "{\"auth\":\"" AUTH "\",\"user_data\":\"" USER_DATA "\"}"
#define KEY_GRANT    "{\"auth\":\"" AUTH "\",\"shared_secret\":\"" SHARED_SECRET "\"}"

#define SUCCEEDED(channel)                                                               \
    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" channel       \
    "\",\"data\":\"{}\"}"
#define GREETING                                                                         \
    "{\"event\":\"pusher:connection_established\",\"data\":{\"socket_id\":\"1.2\","      \
    "\"activity_timeout\":120}}"

/* What no text may hold: all of them begin alike, but for the signature and the shared
 * secret. */
static const char *const canaries[] = {"CANARY", SIGNATURE, SHARED_SECRET};

struct cage {
    pusher_loop *loop;
    pusher_client *client;
    unsigned lines, problems;
};

static unsigned heard; /* kinds of problems, as bits, by all tests */

static void search(const char *text)
{
    for (size_t i = 0; i < sizeof canaries / sizeof *canaries; i++) {
        if (strstr(text, canaries[i])) {
            print_error("told: %s\n", text);
            fail();
        }
    }
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at >= ' '); /* one line, no commands to a terminal */
}

static void write_line(pusher_log_level level, const char *line, void *userdata)
{
    struct cage *cage = userdata;
    assert_in_range(level, PUSHER_LOG_ERROR, PUSHER_LOG_DEBUG);
    cage->lines++;
    search(line);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    struct cage *cage = userdata;
    (void)client;
    cage->problems++;
    heard |= 1u << problem->kind;
    search(problem->message.ptr);
}

static int provide(const pusher_auth_request *request, pusher_auth_extras *extras,
                   void *userdata)
{
    (void)request, (void)userdata;
    return pusher_auth_add_header(extras, "X-Session", TOKEN);
}

static const pusher_auth_field headers[] = {{"Authorization", "Bearer " TOKEN}};
static const pusher_auth_field params[] = {{"csrf", TOKEN}};

static const pusher_auth_endpoint endpoint = {
    .url = "http://auth.test/" TOKEN "?token=" TOKEN,
    .headers = headers,
    .header_count = 1,
    .params = params,
    .param_count = 1,
    .provide = provide,
};

static void open_with(struct cage *cage, void (*change)(pusher_options *options))
{
    pusher_options options;
    pusher_loop_options loop_options;
    *cage = (struct cage){0};
    pusher_loop_options_init(&loop_options);
    loop_options.log = (pusher_log){PUSHER_LOG_DEBUG, write_line, cage};
    assert_int_equal(pusher_loop_new(&cage->loop, &loop_options), 0);
    pusher_options_init(&options);
    options.loop = cage->loop;
    options.key = KEY;
    options.host = "h";
    options.auth_endpoint = endpoint;
    options.user_endpoint = endpoint;
    options.on_problem = on_problem;
    options.userdata = cage;
    options.log = loop_options.log;
    if (change)
        change(&options);
    assert_int_equal(pusher_client_new(&cage->client, &options), 0);
    assert_int_equal(pusher_client_connect(cage->client), 0);
    fake_settle(cage->loop);
}

static void greet(struct cage *cage)
{
    fake_open(cage->loop);
    fake_text(cage->loop, GREETING);
    assert_int_equal(pusher_client_state(cage->client), PUSHER_STATE_CONNECTED);
}

static void open_cage(struct cage *cage)
{
    open_with(cage, NULL);
    greet(cage);
}

static void close_cage(struct cage *cage)
{
    assert_true(cage->lines > 0);
    pusher_client_free(cage->client);
    pusher_loop_free(cage->loop);
    assert_int_equal(fake_http_waiting(), 0);
}

static pusher_channel *ask_for(struct cage *cage, const char *name)
{
    pusher_channel *channel;
    assert_int_equal(pusher_client_subscribe(cage->client, name, &channel), 0);
    fake_settle(cage->loop);
    return channel;
}

static void answer(struct cage *cage, const char *json)
{
    assert_non_null(strstr(fake_http_asked(), TOKEN));
    fake_http_answer(200, json);
    fake_settle(cage->loop);
}

static pusher_channel *subscribe(struct cage *cage, const char *name, const char *grant,
                                 const char *confirmation)
{
    pusher_channel *channel = ask_for(cage, name);
    answer(cage, grant);
    assert_non_null(strstr(fake_sent(cage->loop), AUTH));
    fake_text(cage->loop, confirmation);
    assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_SUBSCRIBED);
    return channel;
}

/* At least one problem is told by what the server says. */
static void expect_problem(struct cage *cage, const char *text)
{
    unsigned before = cage->problems;
    fake_text(cage->loop, text);
    if (cage->problems == before)
        print_error("no problem told of: %s\n", text);
    assert_true(cage->problems > before);
}

/* --- success --- */

static void events(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    pusher_channel *channel =
        subscribe(&cage, "private-room", GRANT, SUCCEEDED("private-room"));
    fake_text(cage.loop,
              "{\"event\":\"order\",\"channel\":\"private-room\",\"data\":\"" //
              PAYLOAD "\"}");
    fake_text(cage.loop, "{\"event\":\"order\",\"channel\":\"private-room\",\"data\":{"
                         "\"a\":\"" PAYLOAD "\"},\"extra\":\"" PAYLOAD "\"}");
    assert_int_equal(
        pusher_channel_trigger(channel, "client-a", "{\"a\":\"" PAYLOAD "\"}"), 0);
    fake_settle(cage.loop);
    assert_non_null(strstr(fake_sent(cage.loop), PAYLOAD));
    assert_int_equal(pusher_channel_unsubscribe(channel), 0);
    fake_settle(cage.loop);
    assert_int_equal(cage.problems, 0);
    close_cage(&cage);
}

/* The names that a server gives are not ours. */
static void names(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    fake_text(cage.loop, "{\"event\":\"one\\nline: forged\\u001b[31m\",\"channel\":"
                         "\"a\\r\\nb\\u009b\"}");
    assert_int_equal(cage.problems, 0);
    close_cage(&cage);
}

static void presence(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    subscribe(&cage, "presence-room", MEMBER_GRANT,
              "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
              "\"presence-room\",\"data\":{\"presence\":{\"hash\":{\"" USER_ID
              "\":\"CANARY-info\"}}}}");
    fake_text(cage.loop, "{\"event\":\"pusher_internal:member_added\",\"channel\":"
                         "\"presence-room\",\"data\":{\"user_id\":\"CANARY-other\","
                         "\"user_info\":\"CANARY-info\"}}");
    fake_text(cage.loop, "{\"event\":\"client-a\",\"channel\":\"presence-room\","
                         "\"user_id\":\"CANARY-other\",\"data\":\"" PAYLOAD "\"}");
    fake_text(cage.loop, "{\"event\":\"pusher_internal:member_removed\",\"channel\":"
                         "\"presence-room\",\"data\":{\"user_id\":\"CANARY-other\"}}");
    assert_int_equal(cage.problems, 0);
    close_cage(&cage);
}

static void sign_in(struct cage *cage)
{
    assert_int_equal(pusher_client_signin(cage->client), 0);
    fake_settle(cage->loop);
    answer(cage, USER_GRANT);
    assert_non_null(strstr(fake_sent(cage->loop), "CANARY-name"));
}

static void signed_in(struct cage *cage)
{
    sign_in(cage);
    fake_text(cage->loop, "{\"event\":\"pusher:signin_success\",\"data\":{\"user_data\":"
                          "\"" USER_DATA "\"}}");
    assert_string_equal(pusher_client_user_id(cage->client).ptr, USER_ID);
    assert_non_null(strstr(fake_sent(cage->loop), "#server-to-user-" USER_ID));
}

static void user(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    signed_in(&cage);
    fake_text(cage.loop, SUCCEEDED("#server-to-user-" USER_ID));
    fake_text(cage.loop, "{\"event\":\"bill\",\"channel\":\"#server-to-user-" USER_ID
                         "\",\"data\":\"" PAYLOAD "\"}");
    fake_text(cage.loop, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":{"
                         "\"events\":[{\"name\":\"online\",\"user_ids\":[\"CANARY-x\"]}]"
                         "}}");
    assert_int_equal(cage.problems, 0);
    close_cage(&cage);
}

/* --- connecting fails --- */

static void await_dial(struct cage *cage)
{
    for (int s = 0; !fake_ws(cage->loop) && s < 60; s++)
        fake_advance(cage->loop, 1000);
    assert_non_null(fake_ws(cage->loop));
}

static void attempts(void **state)
{
    static const enum ws_stage stages[] = {WS_STAGE_RESOLVE, WS_STAGE_CONNECT,
                                           WS_STAGE_TLS, WS_STAGE_PROXY,
                                           WS_STAGE_UPGRADE};
    struct cage cage;
    (void)state;
    open_with(&cage, NULL);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        await_dial(&cage);
        fake_end(cage.loop, stages[i], -1, "no /app/" KEY "?protocol=7 for " AUTH);
    }
    assert_true(cage.problems >= 5);
    close_cage(&cage);
}

static void greetings(void **state)
{
    static const char *const texts[] = {
        "{\"event\":\"pusher:error\",\"data\":{\"code\":4100,\"message\":\"App key " KEY
        " does not exist.\"}}",
        "{\"event\":\"pusher:error\",\"data\":\"{\\\"code\\\":null,\\\"message\\\":"
        "\\\"" KEY "\\\"}\"}",
        "{\"event\":\"pusher:connection_established\",\"data\":\"" PAYLOAD "\"}",
        "{\"event\":\"order\",\"data\":\"" PAYLOAD "\"}",
        PAYLOAD,
    };
    struct cage cage;
    (void)state;
    open_with(&cage, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        await_dial(&cage);
        fake_open(cage.loop);
        expect_problem(&cage, texts[i]);
    }
    close_cage(&cage);
}

static void endings(void **state)
{
    static const int codes[] = {1001, 1006, 4100, 4200, 4201, -1, 4001};
    struct cage cage;
    (void)state;
    open_with(&cage, NULL);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        await_dial(&cage);
        greet(&cage);
        fake_end(cage.loop, WS_STAGE_OPEN, codes[i], "app " KEY " (" AUTH ")");
    }
    assert_int_equal(cage.problems, sizeof codes / sizeof *codes);
    assert_int_equal(pusher_client_state(cage.client), PUSHER_STATE_DISCONNECTED);
    close_cage(&cage);
}

static void a_lost_pong(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    fake_advance(cage.loop, 150000);
    assert_true(cage.problems > 0);
    close_cage(&cage);
}

/* --- messages that are not of the protocol --- */

static void malformed(void **state)
{
    static const char *const texts[] = {
        PAYLOAD,
        "\"" PAYLOAD "\"",
        "[\"" PAYLOAD "\"]",
        "{\"event\":5,\"data\":\"" PAYLOAD "\"}",
        "{\"event\":\"order\",\"channel\":\"private-room\",\"data\":\"" PAYLOAD,
        "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"private-room\","
        "\"data\":\"" PAYLOAD "\"}",
        "{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":\"bad: " AUTH
        "\"}}",
        "{\"event\":\"pusher:error\",\"data\":{\"code\":\"" PAYLOAD "\"}}",
        "{\"event\":\"pusher:error\",\"channel\":\"private-room\",\"data\":[\"" PAYLOAD
        "\"]}",
    };
    struct cage cage;
    (void)state;
    open_cage(&cage);
    subscribe(&cage, "private-room", GRANT, SUCCEEDED("private-room"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_problem(&cage, texts[i]);
    fake_binary(cage.loop);
    expect_problem(&cage, GREETING);
    close_cage(&cage);
}

static void few_members(pusher_options *options)
{
    options->max_members = 1;
}

static void malformed_presence(void **state)
{
    struct cage cage;
    (void)state;
    open_with(&cage, few_members);
    greet(&cage);
    pusher_channel *channel = ask_for(&cage, "presence-room");
    answer(&cage, MEMBER_GRANT);
    expect_problem(&cage, "{\"event\":\"pusher_internal:subscription_succeeded\","
                          "\"channel\":\"presence-room\",\"data\":\"" PAYLOAD "\"}");
    fake_advance(cage.loop, 5000);
    answer(&cage, MEMBER_GRANT);
    expect_problem(&cage, "{\"event\":\"pusher_internal:subscription_succeeded\","
                          "\"channel\":\"presence-room\",\"data\":{\"presence\":{"
                          "\"hash\":{\"CANARY-1\":\"CANARY\",\"CANARY-2\":null}}}}");
    assert_int_equal(pusher_channel_member_count(channel), 1);
    expect_problem(&cage, "{\"event\":\"pusher_internal:member_added\",\"channel\":"
                          "\"presence-room\",\"data\":\"" PAYLOAD "\"}");
    expect_problem(&cage, "{\"event\":\"pusher_internal:member_added\",\"channel\":"
                          "\"presence-room\",\"data\":{\"user_id\":\"CANARY-3\"}}");
    close_cage(&cage);
}

/* --- authorizing fails --- */

static void answers(void **state)
{
    static const struct {
        int status;
        const char *body;
    } bodies[] = {
        {403, "{\"error\":\"" TOKEN " is not valid\"}"},
        {302, TOKEN},
        {500, TOKEN},
        {200, TOKEN},
        {200, "{\"auth\":5,\"" TOKEN "\":\"" TOKEN "\"}"},
        {200, "{\"auth\":\"" TOKEN "\"}"},
        {200, "{\"auth\":\"" TOKEN ":" SIGNATURE "\"}"},
        {200, "{\"auth\":\"" AUTH "\",\"shared_secret\":\"" TOKEN "\"}"},
        {200, "{\"auth\":\"" AUTH "\",\"shared_secret\":\"" SHARED_SECRET "AAAA\"}"},
        {200, "{\"auth\":\"" AUTH "\",\"channel_data\":\"" PAYLOAD "\"}"},
        {200, "{\"auth\":\"" AUTH "\",\"channel_data\":{\"a\":\"" PAYLOAD "\"}}"},
        {200, "{\"auth\":\"" AUTH "\",\"user_data\":\"" PAYLOAD "\"}"},
    };
    struct cage cage;
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        open_cage(&cage);
        ask_for(&cage, "presence-room");
        fake_http_answer(bodies[i].status, bodies[i].body);
        fake_settle(cage.loop);
        assert_int_equal(cage.problems, 1);
        assert_int_equal(pusher_client_signin(cage.client), 0);
        fake_settle(cage.loop);
        fake_http_answer(bodies[i].status, bodies[i].body);
        fake_settle(cage.loop);
        assert_int_equal(cage.problems, 2);
        close_cage(&cage);
    }
}

static void no_answers(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    ask_for(&cage, "private-room");
    fake_http_fail(PUSHER_ERR_SYSTEM, "no answer to POST " AUTH " for " KEY);
    fake_settle(cage.loop);
    assert_int_equal(cage.problems, 1);
    fake_http_refuse(PUSHER_ERR_NOMEM);
    fake_advance(cage.loop, 5000);
    unsigned before = cage.problems;
    assert_true(before > 1);
    fake_http_refuse(0);
    fake_advance(cage.loop, 60000); /* auth_timeout_ms passes */
    assert_true(cage.problems > before);
    close_cage(&cage);
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    (void)userdata;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pusher_auth_reject(client, requests[i].id, i ? 403 : 503,
                                            "no: " KEY ", " AUTH "," SHARED_SECRET),
                         0);
}

static void own_authorizer(pusher_options *options)
{
    options->auth_endpoint = options->user_endpoint = (pusher_auth_endpoint){0};
    options->authorizer = (pusher_authorizer){.begin = begin, .batch = true};
}

static void rejected(void **state)
{
    struct cage cage;
    (void)state;
    open_with(&cage, own_authorizer);
    assert_int_equal(pusher_client_subscribe(cage.client, "private-a", NULL), 0);
    assert_int_equal(pusher_client_subscribe(cage.client, "private-b", NULL), 0);
    assert_int_equal(pusher_client_signin(cage.client), 0);
    greet(&cage);
    assert_int_equal(cage.problems, 3);
    close_cage(&cage);
}

/* --- subscribing fails --- */

static void wrong_signature(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    ask_for(&cage, "private-room");
    answer(&cage, GRANT);
    expect_problem(&cage,
                   "{\"event\":\"pusher:subscription_error\",\"channel\":"
                   "\"private-room\",\"data\":{\"type\":\"AuthError\",\"status\":"
                   "401,\"error\":\"expected " SIGNATURE ", got " AUTH " of " KEY "\"}}");
    ask_for(&cage, "private-room");
    answer(&cage, GRANT);
    expect_problem(&cage, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,"
                          "\"message\":\"" AUTH "\"}}");
    ask_for(&cage, "private-room");
    answer(&cage, GRANT);
    unsigned before = cage.problems;
    fake_advance(cage.loop, 15000);
    assert_int_equal(cage.problems, before + 1);
    fake_advance(cage.loop, 5000); /* takes it back and is authorized anew */
    assert_int_equal(fake_http_waiting(), 1);
    close_cage(&cage);
}

static void wrong_user(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    sign_in(&cage);
    expect_problem(&cage,
                   "{\"event\":\"pusher:signin_success\",\"data\":\"" USER_ID "\"}");
    fake_advance(cage.loop, 5000);
    answer(&cage, USER_GRANT);
    assert_non_null(strstr(fake_sent(cage.loop), "CANARY-name"));
    expect_problem(&cage, "{\"event\":\"pusher:error\",\"data\":{\"code\":4009,"
                          "\"message\":\"" AUTH "\"}}");
    signed_in(&cage);
    expect_problem(&cage, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":\""
                          "CANARY-other\"}");
    expect_problem(&cage, "{\"event\":\"pusher:subscription_error\",\"channel\":"
                          "\"#server-to-user-" USER_ID "\",\"data\":{\"status\":500}}");
    close_cage(&cage);
}

/* The hidden channel of the user is not answered. */
static void a_deaf_user(void **state)
{
    struct cage cage;
    (void)state;
    open_cage(&cage);
    signed_in(&cage);
    fake_advance(cage.loop, 15000);
    assert_true(cage.problems > 0);
    close_cage(&cage);
}

/* --- client events --- */

static void small_queue(pusher_options *options)
{
    options->event_queue = PUSHER_QUEUE_DROP_OLDEST;
    options->event_queue_max = 1;
}

static void client_events(void **state)
{
    struct cage cage;
    (void)state;
    open_with(&cage, small_queue);
    pusher_channel *channel = ask_for(&cage, "private-room");
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            pusher_channel_trigger(channel, "client-" PAYLOAD, "{\"a\":\"" PAYLOAD "\"}"),
            0);
    assert_int_equal(
        pusher_channel_trigger(channel, "client-a", "{\"" PAYLOAD "\":\"" PAYLOAD),
        PUSHER_ERR_BAD_DATA);
    greet(&cage);
    answer(&cage, GRANT);
    fake_text(cage.loop, SUCCEEDED("private-room"));
    assert_int_equal(pusher_client_dropped_events(cage.client), 2);
    close_cage(&cage);
}

/* --- encrypted channels --- */

static void undecryptable(void **state)
{
    static const char *const texts[] = {
        "{\"event\":\"a\",\"channel\":\"private-encrypted-a\",\"data\":\"" PAYLOAD "\"}",
        "{\"event\":\"a\",\"channel\":\"private-encrypted-a\",\"data\":{\"nonce\":"
        "\"" PAYLOAD "\",\"ciphertext\":\"" PAYLOAD "\"}}",
    };
    struct cage cage;
    pusher_channel *channel = NULL;
    (void)state;
    open_cage(&cage);
    int rc = pusher_client_subscribe(cage.client, "private-encrypted-a", &channel);
    if (rc == PUSHER_ERR_UNSUPPORTED) { /* a build without libsodium */
        heard |= 1u << PUSHER_PROBLEM_DECRYPT;
        close_cage(&cage);
        return;
    }
    subscribe(&cage, "private-encrypted-a", KEY_GRANT, SUCCEEDED("private-encrypted-a"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_problem(&cage, texts[i]);
    /* Well-formed, and sealed with another key: another is asked for, twice in vain. */
    fake_text(cage.loop, "{\"event\":\"a\",\"channel\":\"private-encrypted-a\",\"data\":{"
                         "\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\","
                         "\"ciphertext\":\"9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==\"}}");
    unsigned before = cage.problems;
    answer(&cage, KEY_GRANT);
    assert_true(cage.problems > before);
    close_cage(&cage);
}

static void every_kind_of_problem_was_told(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind <= PUSHER_PROBLEM_SERVER; kind++) {
        if (!(heard & 1u << kind))
            print_error("never told: %s\n",
                        pusher_problem_name((pusher_problem_kind)kind));
        assert_true(heard & 1u << kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),
        cmocka_unit_test(names),
        cmocka_unit_test(presence),
        cmocka_unit_test(user),
        cmocka_unit_test(attempts),
        cmocka_unit_test(greetings),
        cmocka_unit_test(endings),
        cmocka_unit_test(a_lost_pong),
        cmocka_unit_test(malformed),
        cmocka_unit_test(malformed_presence),
        cmocka_unit_test(answers),
        cmocka_unit_test(no_answers),
        cmocka_unit_test(rejected),
        cmocka_unit_test(wrong_signature),
        cmocka_unit_test(wrong_user),
        cmocka_unit_test(a_deaf_user),
        cmocka_unit_test(client_events),
        cmocka_unit_test(undecryptable),
        cmocka_unit_test(every_kind_of_problem_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
