/*
 * The running sandbox and raw peers: what the unmodified clients of the integration tests
 * never do, or do not show.
 */
#include "rig.h"
#include "signed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SUCCEEDED(channel)                                                               \
    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" channel       \
    "\",\"data\":\"{}\"}"

static void subscribe_public(struct rig *rig, struct peer *peer)
{
    peer_text(rig, peer,
              "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\","
              "\"channel\":\"room\"}}");
    peer_expect(rig, peer, SUCCEEDED("room"));
}

/* ---- opening ---- */

struct opening {
    const char *path;
    int code;
    const char *error;
};

/* CLOSE-11, CLOSE-13: an in-band error, and then a close with its code. */
static void refused_openings(void **state)
{
    static const struct opening cases[] = {
        {"/app/other?protocol=7", 4001,
         "{\"event\":\"pusher:error\",\"data\":{\"code\":4001,"
         "\"message\":\"There is no app with this key\"}}"},
        {"/app/" RIG_KEY "x?protocol=7", 4001,
         "{\"event\":\"pusher:error\",\"data\":{\"code\":4001,"
         "\"message\":\"There is no app with this key\"}}"},
        {"/app/" RIG_KEY "?protocol=6", 4007,
         "{\"event\":\"pusher:error\",\"data\":{\"code\":4007,"
         "\"message\":\"Unsupported protocol version\"}}"},
        {"/app/" RIG_KEY, 4008,
         "{\"event\":\"pusher:error\",\"data\":{\"code\":4008,"
         "\"message\":\"No protocol version supplied\"}}"},
    };
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer peer;
        peer_open(&rig, &peer);
        assert_int_equal(peer_upgrade(&rig, &peer, cases[i].path), 101);
        peer_expect(&rig, &peer, cases[i].error);
        peer_expect_close(&rig, &peer, cases[i].code);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

static void wrong_paths(void **state)
{
    static const char *const paths[] = {"/",
                                        "/app",
                                        "/app/",
                                        "/application/" RIG_KEY,
                                        "/app/" RIG_KEY "/x",
                                        "/apps/7/events"};
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct peer peer;
        peer_open(&rig, &peer);
        assert_int_equal(peer_upgrade(&rig, &peer, paths[i]), 404);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

static void over_capacity(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    struct peer first, second;
    (void)state;
    rig_options(&options);
    options.max_connections = 1;
    rig_start(&rig, &options);
    peer_greet(&rig, &first);
    peer_open(&rig, &second);
    assert_int_equal(peer_upgrade(&rig, &second, "/app/" RIG_KEY "?protocol=7"), 101);
    peer_expect(&rig, &second,
                "{\"event\":\"pusher:error\",\"data\":{\"code\":4100,"
                "\"message\":\"Over capacity\"}}");
    peer_expect_close(&rig, &second, 4100);
    peer_close(&second);
    /* There is room again once the first has gone. */
    peer_frame(&rig, &first, FRAME_CLOSE, true, "\x03\xe8", 2);
    peer_expect_close(&rig, &first, 1000);
    peer_expect_end(&rig, &first);
    rig_settle(&rig);
    peer_greet(&rig, &second);
    peer_close(&first);
    peer_close(&second);
    rig_stop(&rig);
}

/* ---- messages ---- */

struct exchange {
    const char *sent;
    const char *answer;
};

#define ERROR(text)                                                                      \
    "{\"event\":\"pusher:error\",\"data\":{\"code\":null,\"message\":\"" text "\"}}"
#define REFUSED(text)                                                                    \
    "{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":"                   \
    "\"Client event rejected - " text "\"}}"
#define SUBSCRIPTION_ERROR(channel, type, text, status)                                  \
    "{\"event\":\"pusher:subscription_error\",\"channel\":\"" channel                    \
    "\",\"data\":{\"type\":\"" type "\",\"error\":\"" text "\",\"status\":" status "}}"
#define BAD_NAME "A channel name has 1 to 200 of A-Z a-z 0-9 _ - = @ , . ;"

/* Whatever a client sends, the answer is in-band and the connection stays (CLOSE-12). */
static void odd_messages(void **state)
{
    static const struct exchange cases[] = {
        {"nonsense", ERROR("The message is not a JSON object with an event")},
        {"null", ERROR("The message is not a JSON object with an event")},
        {"{}", ERROR("The message is not a JSON object with an event")},
        {"{\"event\":5}", ERROR("The message is not a JSON object with an event")},
        {"{\"event\":\"pusher:other\",\"data\":{}}",
         ERROR("The sandbox does not know this pusher: event")},
        {"{\"event\":\"pusher:subscribe\"}", ERROR("pusher:subscribe without a channel")},
        {"{\"event\":\"pusher:subscribe\",\"data\":5}",
         ERROR("pusher:subscribe without a channel")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a b\"}}",
         SUBSCRIPTION_ERROR("a b", "InvalidChannel", BAD_NAME, "400")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"#x\\\"\"}}",
         SUBSCRIPTION_ERROR("#x\\\"", "InvalidChannel", BAD_NAME, "400")},
        /* MSG-02: data as a string is the same. */
        {"{\"event\":\"pusher:subscribe\",\"data\":\"{\\\"channel\\\":\\\"one\\\"}\"}",
         SUCCEEDED("one")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"one\"}}",
         ERROR("Existing subscription to channel one")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"private-a\"}}",
         SUBSCRIPTION_ERROR("private-a", "AuthError",
                            "Auth value for the subscription is missing", "401")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"private-a\","
         "\"auth\":\"other:00\"}}",
         SUBSCRIPTION_ERROR("private-a", "AuthError",
                            "Invalid key in subscription auth data", "401")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"private-a\","
         "\"auth\":\"" RIG_KEY "\"}}",
         SUBSCRIPTION_ERROR("private-a", "AuthError",
                            "Invalid key in subscription auth data", "401")},
        {"{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"private-a\","
         "\"auth\":\"" RIG_KEY ":\"}}",
         SUBSCRIPTION_ERROR("private-a", "AuthError",
                            "Invalid signature: not the HMAC SHA256 hex digest of socket "
                            "id, channel and channel data with the app secret",
                            "401")},
        {"{\"event\":\"order\",\"channel\":\"private-a\",\"data\":1}",
         REFUSED("the name must begin with client-")},
        {"{\"event\":\"client-a\",\"data\":1}",
         REFUSED("there is no channel of this name")},
        {"{\"event\":\"client-a\",\"channel\":\"one\",\"data\":1}",
         REFUSED("only supported on private and presence channels")},
        {"{\"event\":\"client-a\",\"channel\":\"private-encrypted-a\",\"data\":1}",
         REFUSED("only supported on private and presence channels")},
        {"{\"event\":\"client-a\",\"channel\":\"private-a\",\"data\":1}",
         REFUSED("not subscribed to the channel")},
        {"{\"event\":\"pusher:ping\",\"data\":{}}",
         "{\"event\":\"pusher:pong\",\"data\":\"{}\"}"},
    };
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        peer_text(&rig, &peer, "%s", cases[i].sent);
        peer_expect(&rig, &peer, cases[i].answer);
    }
    /* These have no answer: the ping after them does. */
    peer_text(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":{}}");
    peer_text(&rig, &peer, "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":5}}");
    peer_text(&rig, &peer,
              "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"never\"}}");
    peer_text(&rig, &peer, "{\"event\":\"pusher:ping\"}");
    peer_expect(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_close(&peer);
    rig_stop(&rig);
}

static void presence_identities(void **state)
{
    struct rig rig;
    struct peer peer;
    char data[1200];
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    /* A number is the same member as its text (PRES-05). */
    signed_subscribe(&rig, &peer, "presence-a", "{\"user_id\":10,\"user_info\":[1.50]}");
    peer_expect(&rig, &peer,
                "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
                "\"presence-a\",\"data\":\"{\\\"presence\\\":{\\\"ids\\\":[\\\"10\\\"],"
                "\\\"hash\\\":{\\\"10\\\":[1.50]},\\\"count\\\":1}}\"}");
    /* PRES-10 */
    snprintf(data, sizeof data, "{\"user_id\":\"%0129d\"}", 1);
    signed_subscribe(&rig, &peer, "presence-b", data);
    peer_expect(&rig, &peer,
                SUBSCRIPTION_ERROR("presence-b", "LimitReached",
                                   "user_id is longer than 128 bytes", "4004"));
    snprintf(data, sizeof data, "{\"user_id\":\"1\",\"user_info\":\"%01000d\"}", 1);
    signed_subscribe(&rig, &peer, "presence-b", data);
    peer_expect(&rig, &peer,
                SUBSCRIPTION_ERROR("presence-b", "LimitReached",
                                   "channel_data is longer than 1 KB", "4004"));
    peer_close(&peer);
    rig_stop(&rig);
}

/* The signature is over this connection's socket id, and no other's. */
static void borrowed_signature(void **state)
{
    struct rig rig;
    struct peer one, two;
    char own[64];
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &one);
    peer_greet(&rig, &two);
    memcpy(own, two.socket_id, sizeof own);
    memcpy(two.socket_id, one.socket_id, sizeof own);
    signed_subscribe(&rig, &two, "private-a", NULL);
    peer_expect(&rig, &two,
                SUBSCRIPTION_ERROR("private-a", "AuthError",
                                   "Invalid signature: not the HMAC SHA256 hex digest of "
                                   "socket id, channel and channel data with the app "
                                   "secret",
                                   "401"));
    memcpy(two.socket_id, own, sizeof own);
    signed_subscribe(&rig, &two, "private-a", NULL);
    peer_expect(&rig, &two, SUCCEEDED("private-a"));
    peer_close(&one);
    peer_close(&two);
    rig_stop(&rig);
}

/* CEV-02: the value as it came, to the others only. */
static void client_event_values(void **state)
{
    static const char *const values[] = {
        "{\"a\": [1.50, 1e3, \"\\u00e9\"]}", "5",    "null",
        "\"text \\\" \\\\ \xc3\xa9\"",       "\"\"", "[]",
    };
    struct rig rig;
    struct peer from, to;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &from);
    peer_greet(&rig, &to);
    signed_subscribe(&rig, &from, "private-a", NULL);
    peer_expect(&rig, &from, SUCCEEDED("private-a"));
    signed_subscribe(&rig, &to, "private-a", NULL);
    peer_expect(&rig, &to, SUCCEEDED("private-a"));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char expected[200];
        peer_text(&rig, &from,
                  "{\"event\":\"client-a\",\"data\":%s,\"channel\":\"private-a\"}",
                  values[i]);
        snprintf(expected, sizeof expected,
                 "{\"event\":\"client-a\",\"channel\":\"private-a\",\"data\":%s}",
                 values[i]);
        peer_expect(&rig, &to, expected);
    }
    peer_text(&rig, &from, "{\"event\":\"client-a\",\"channel\":\"private-a\"}");
    peer_expect(&rig, &to, "{\"event\":\"client-a\",\"channel\":\"private-a\"}");
    /* The sender got none of them. */
    peer_text(&rig, &from, "{\"event\":\"pusher:ping\"}");
    peer_expect(&rig, &from, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_close(&from);
    peer_close(&to);
    rig_stop(&rig);
}

static void client_event_limits(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_options(&options);
    options.max_client_events_per_s = 1;
    options.max_data_bytes = 8;
    rig_start(&rig, &options);
    peer_greet(&rig, &peer);
    signed_subscribe(&rig, &peer, "private-a", NULL);
    peer_expect(&rig, &peer, SUCCEEDED("private-a"));
    peer_text(
        &rig, &peer,
        "{\"event\":\"client-a\",\"data\":\"123456789\",\"channel\":\"private-a\"}");
    peer_expect(&rig, &peer, REFUSED("the data is too long"));
    peer_text(&rig, &peer, "{\"event\":\"client-%0200d\",\"channel\":\"private-a\"}", 1);
    peer_expect(&rig, &peer, REFUSED("the name is longer than 200 bytes"));
    /* Many in a row: at most one a second is let through, however slow this machine is.
     */
    for (int i = 0; i < 50; i++)
        peer_text(&rig, &peer, "{\"event\":\"client-a\",\"channel\":\"private-a\"}");
    peer_expect(&rig, &peer, REFUSED("too many in one second"));
    peer_close(&peer);
    rig_stop(&rig);
}

/* ---- sizes ---- */

static void fragments(void **state)
{
    static const char text[] = "{\"event\":\"pusher:ping\",\"data\":{}}";
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    for (size_t i = 0; i < sizeof text - 1; i++)
        peer_frame(&rig, &peer, i ? FRAME_CONTINUATION : FRAME_TEXT, i == sizeof text - 2,
                   text + i, 1);
    peer_expect(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_close(&peer);
    rig_stop(&rig);
}

static void message_too_long(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    struct peer peer;
    static char text[8192];
    (void)state;
    memset(text, ' ', sizeof text);
    rig_options(&options);
    options.max_message_bytes = 8192;
    rig_start(&rig, &options);
    peer_greet(&rig, &peer);
    memcpy(text, "{\"event\":\"pusher:ping\"}", 23);
    peer_frame(&rig, &peer, FRAME_TEXT, true, text, sizeof text);
    peer_expect(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_frame(&rig, &peer, FRAME_TEXT, false, text, sizeof text);
    peer_frame(&rig, &peer, FRAME_CONTINUATION, true, " ", 1);
    peer_expect_close(&rig, &peer, 1009);
    peer_close(&peer);
    rig_stop(&rig);
}

static void binary_message(void **state)
{
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    peer_frame(&rig, &peer, FRAME_BINARY, true, "{}", 2);
    peer_expect_close(&rig, &peer, 1003);
    peer_close(&peer);
    rig_stop(&rig);
}

/* Others would have to hang up on it (RFC 6455, 8.1). A character may be in two frames.
 */
static void message_that_is_not_utf8(void **state)
{
    static const char good[] = "{\"event\":\"pusher:ping\",\"a\":\"\xc3\xa4\"}";
    static const char bad[] = "{\"event\":\"pusher:ping\",\"a\":\"\xc3\"}";
    enum { FIRST = sizeof good - 4 };
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    peer_frame(&rig, &peer, FRAME_TEXT, false, good, FIRST);
    peer_frame(&rig, &peer, FRAME_CONTINUATION, true, good + FIRST, 3);
    peer_expect(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_frame(&rig, &peer, FRAME_TEXT, false, bad, 5);
    peer_frame(&rig, &peer, FRAME_CONTINUATION, true, bad + 5, sizeof bad - 6);
    peer_expect_close(&rig, &peer, 1007);
    peer_close(&peer);
    peer_greet(&rig, &peer);
    peer_frame(&rig, &peer, FRAME_TEXT, true, bad, sizeof bad - 1);
    peer_expect_close(&rig, &peer, 1007);
    peer_close(&peer);
    rig_stop(&rig);
}

/* ---- the HTTP API ---- */

struct call {
    const char *path;
    const char *body;
    int64_t skew_s;
    int status;
    const char *answer;
};

#define EVENTS "/apps/" RIG_APP "/events"
#define BATCH  "/apps/" RIG_APP "/batch_events"
#define E      "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}"

static void api_calls(void **state)
{
    static const struct call cases[] = {
        {EVENTS, "{\"name\":\"e\",\"channels\":[\"room\"],\"data\":\"x\"}", 0, 200, "{}"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}", 0, 200, "{}"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}", -590, 200, "{}"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}", 590, 200, "{}"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}", -700, 401, NULL},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\"}", 700, 401, NULL},
        {BATCH, "{\"batch\":[" E "," E "]}", 0, 200, "{}"},
        {"/apps/8/events", E, 0, 404, "There is no app with this id"},
        {"/apps/7/other", E, 0, 404, NULL},
        {"/apps/7", E, 0, 404, NULL},
        {"/apps/", E, 0, 404, NULL},
        {"/other", E, 0, 404, "There is nothing at this address"},
        {EVENTS, "", 0, 400, "The body is not a JSON object in UTF-8"},
        {EVENTS, "[]", 0, 400, "The body is not a JSON object in UTF-8"},
        {EVENTS, "{", 0, 400, "The body is not a JSON object in UTF-8"},
        {EVENTS, "{\"name\":\"\xff\"}", 0, 400, "The body is not a JSON object in UTF-8"},
        {EVENTS, "{\"name\":\"e\",\"data\":\"x\"}", 0, 400, "Invalid channel name"},
        {EVENTS, "{\"name\":\"e\",\"data\":\"x\",\"channel\":\"a b\"}", 0, 400,
         "Invalid channel name"},
        {EVENTS, "{\"name\":\"e\",\"data\":\"x\",\"channels\":[\"a\",5]}", 0, 400,
         "Invalid channel name"},
        {EVENTS, "{\"name\":\"e\",\"data\":\"x\",\"channels\":[]}", 0, 400,
         "channels must be a list of 1 to 100 names"},
        {EVENTS, "{\"name\":\"e\",\"data\":\"x\",\"channels\":\"room\"}", 0, 400,
         "channels must be a list of 1 to 100 names"},
        {EVENTS, "{\"data\":\"x\",\"channel\":\"room\"}", 0, 400,
         "name is missing or not text"},
        {EVENTS, "{\"name\":5,\"data\":\"x\",\"channel\":\"room\"}", 0, 400,
         "name is missing or not text"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\"}", 0, 400,
         "data is missing or not text"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":{}}", 0, 400,
         "data is missing or not text"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"12345678901234567\"}",
         0, 413, "The data content of this event exceeds the allowed maximum (16 bytes)"},
        {EVENTS,
         "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\",\"socket_id\":\"a\"}", 0,
         400, "Invalid socket id"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\",\"socket_id\":5}",
         0, 400, "Invalid socket id"},
        {EVENTS,
         "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\",\"socket_id\":null}", 0,
         200, "{}"},
        {EVENTS, "{\"name\":\"e\",\"channel\":\"room\",\"data\":\"x\",\"info\":[]}", 0,
         400, "info may hold user_count, subscription_count and cache only"},
        {BATCH, "{\"batch\":[]}", 0, 400, "batch must be a list of 1 to 10 events"},
        {BATCH, E, 0, 400, "batch must be a list of 1 to 10 events"},
        {BATCH,
         "{\"batch\":[" E "," E "," E "," E "," E "," E "," E "," E "," E "," E "," E
         "]}",
         0, 400, "batch must be a list of 1 to 10 events"},
        {BATCH, "{\"batch\":[" E ",5]}", 0, 400, "Invalid channel name"},
    };
    pusher_sandbox_options options;
    struct rig rig;
    (void)state;
    rig_options(&options);
    options.max_data_bytes = 16;
    rig_start(&rig, &options);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer;
        int status =
            signed_post(&rig, cases[i].path, cases[i].body, cases[i].skew_s, &answer);
        if (status != cases[i].status)
            fail_msg("%s %s: %d %s", cases[i].path, cases[i].body, status, answer);
        if (cases[i].answer)
            assert_string_equal(answer, cases[i].answer);
        free(answer);
    }
    rig_stop(&rig);
}

/* A refused batch publishes none of its events. */
static void batch_is_all_or_nothing(void **state)
{
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_start(&rig, NULL);
    peer_greet(&rig, &peer);
    subscribe_public(&rig, &peer);
    assert_int_equal(signed_post(&rig, BATCH, "{\"batch\":[" E ",{}]}", 0, NULL), 400);
    assert_int_equal(signed_post(&rig, BATCH, "{\"batch\":[" E "," E "]}", 0, NULL), 200);
    peer_expect(&rig, &peer, "{\"event\":\"e\",\"channel\":\"room\",\"data\":\"x\"}");
    peer_expect(&rig, &peer, "{\"event\":\"e\",\"channel\":\"room\",\"data\":\"x\"}");
    peer_text(&rig, &peer, "{\"event\":\"pusher:ping\"}");
    peer_expect(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_close(&peer);
    rig_stop(&rig);
}

struct raw_request {
    const char *text;
    int status;
};

static void raw_requests(void **state)
{
    static const struct raw_request cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 404},
        {"GET /app/" RIG_KEY "?protocol=7 HTTP/1.1\r\nHost: a\r\n\r\n", 404},
        {"GET " EVENTS " HTTP/1.1\r\nHost: a\r\n\r\n", 404},
        {"POST " EVENTS " HTTP/1.1\r\nHost: a\r\n\r\n", 401},
        {"POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 401},
        {"POST " EVENTS " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "2\r\n{}\r\n0\r\n\r\n",
         411},
        {"POST " EVENTS "?auth_key=" RIG_KEY " HTTP/1.1\r\nHost: a\r\n\r\n", 401},
        {"POST " EVENTS "?auth_key=" RIG_KEY
         "&auth_version=1.0 HTTP/1.1\r\nHost: a\r\n\r\n",
         401},
        {"POST " EVENTS "?auth_key=" RIG_KEY
         "&auth_version=1.0&auth_timestamp=9999999999999999 HTTP/1.1\r\nHost: a\r\n\r\n",
         401},
        {"POST " EVENTS
         "?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
         " HTTP/1.1\r\nHost: a\r\n\r\n",
         400},
        {"GET /app/" RIG_KEY "?protocol=7 HTTP/1.1\r\nHost: a\r\n"
         "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
         "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
         400},
    };
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer;
        int status = rig_http(&rig, cases[i].text, strlen(cases[i].text), &answer);
        if (status != cases[i].status)
            fail_msg("%s: %d %s", cases[i].text, status, answer);
        free(answer);
    }
    rig_stop(&rig);
}

static void body_too_large(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    enum { BYTES = 1000000 };
    char *request = malloc(BYTES + 100);
    (void)state;
    assert_non_null(request);
    rig_options(&options);
    options.max_data_bytes = 16;
    rig_start(&rig, &options);
    int head = sprintf(
        request, "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
        BYTES);
    memset(request + head, 'x', BYTES);
    assert_int_equal(rig_http(&rig, request, (size_t)head + BYTES, NULL), 413);
    free(request);
    rig_stop(&rig);
}

/* ---- deadlines and limits of a connection ---- */

static void silent_peer(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    struct peer peer;
    (void)state;
    rig_options(&options);
    options.activity_timeout_s = 1;
    rig_start(&rig, &options);
    peer_greet(&rig, &peer);
    peer_expect(&rig, &peer, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
    peer_text(&rig, &peer, "{\"event\":\"pusher:pong\",\"data\":{}}");
    peer_expect(&rig, &peer, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
    peer_expect_close(&rig, &peer, 4201);
    peer_close(&peer);
    rig_stop(&rig);
}

/* Requests that do not come to their end. */
static void slow_requests(void **state)
{
    static const char *const heads[] = {
        "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
        "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
        "POST " EVENTS " HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n{",
    };
    pusher_sandbox_options options;
    struct rig rig;
    (void)state;
    rig_options(&options);
    options.activity_timeout_s = 1;
    rig_start(&rig, &options);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct peer peer;
        peer_open(&rig, &peer);
        assert_true(peer_send(&rig, &peer, heads[i], strlen(heads[i])));
        peer_expect_end(&rig, &peer);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

/* A peer that does not read is dropped; the others get everything. */
static void slow_reader(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    struct peer slow, good;
    static char body[110000], expected[10300];
    size_t len = 0;
    (void)state;
    rig_options(&options);
    options.max_queue_bytes = 256 * 1024;
    rig_start(&rig, &options);
    peer_greet(&rig, &slow);
    subscribe_public(&rig, &slow);
    peer_greet(&rig, &good);
    subscribe_public(&rig, &good);
    for (int i = 0; i < 10; i++)
        len += (size_t)snprintf(
            body + len, sizeof body - len,
            "%s{\"name\":\"e\",\"channel\":\"room\",\"data\":\"%010000d\"}%s",
            i ? "," : "{\"batch\":[", 1, i == 9 ? "]}" : "");
    snprintf(expected, sizeof expected,
             "{\"event\":\"e\",\"channel\":\"room\",\"data\":\"%010000d\"}", 1);
    /* Far more than the sockets' buffers hold. */
    for (int i = 0; i < 300; i++) {
        assert_int_equal(signed_post(&rig, BATCH, body, 0, NULL), 200);
        for (int j = 0; j < 10; j++)
            peer_expect(&rig, &good, expected);
    }
    peer_expect_end(&rig, &slow);
    peer_close(&slow);
    peer_close(&good);
    rig_stop(&rig);
}

/* SUB-14; it is off unless asked for, as the other tests show. */
static void subscription_counts(void **state)
{
    static const char count[] =
        "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"room\","
        "\"data\":\"{\\\"subscription_count\\\":%d}\"}";
    pusher_sandbox_options options;
    struct rig rig;
    struct peer one, two;
    char expected[128];
    (void)state;
    rig_options(&options);
    options.subscription_count = true;
    rig_start(&rig, &options);
    peer_greet(&rig, &one);
    peer_greet(&rig, &two);
    subscribe_public(&rig, &one);
    snprintf(expected, sizeof expected, count, 1);
    peer_expect(&rig, &one, expected);
    subscribe_public(&rig, &two);
    snprintf(expected, sizeof expected, count, 2);
    peer_expect(&rig, &one, expected);
    peer_expect(&rig, &two, expected);
    peer_close(&two);
    snprintf(expected, sizeof expected, count, 1);
    peer_expect(&rig, &one, expected);
    /* It ends with a change that nobody has been told of. */
    peer_close(&one);
    rig_stop(&rig);
}

/* ---- life ---- */

static void options_are_checked(void **state)
{
    pusher_sandbox_options options;
    pusher_sandbox *sandbox = NULL;
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    assert_int_equal(pusher_sandbox_new(&sandbox, NULL), PUSHER_ERR_INVALID);
#define WRONG(error, ...)                                                                \
    do {                                                                                 \
        rig_options(&options);                                                           \
        options.loop = rig.loop;                                                         \
        __VA_ARGS__;                                                                     \
        assert_int_equal(pusher_sandbox_new(&sandbox, &options), (error));               \
    } while (0)
    WRONG(PUSHER_ERR_INVALID, options.loop = NULL);
    WRONG(PUSHER_ERR_INVALID, options.struct_size--);
    WRONG(PUSHER_ERR_INVALID, options.app_id = "a/b");
    WRONG(PUSHER_ERR_INVALID, options.secret = "");
    WRONG(PUSHER_ERR_BAD_KEY, options.key = "");
    WRONG(PUSHER_ERR_BAD_HOST, options.address = "localhost");
    WRONG(PUSHER_ERR_INVALID, options.activity_timeout_s = 0);
    WRONG(PUSHER_ERR_INVALID, options.max_connections = 0);
    WRONG(PUSHER_ERR_INVALID, options.max_message_bytes = 1023);
    WRONG(PUSHER_ERR_INVALID, options.max_queue_bytes = 1023);
    WRONG(PUSHER_ERR_INVALID, options.max_data_bytes = 0);
    WRONG(PUSHER_ERR_SYSTEM, options.port = rig.port);
#undef WRONG
    assert_int_equal(errno, EADDRINUSE);
    assert_null(sandbox);
    assert_int_equal(pusher_sandbox_port(NULL), 0);
    pusher_sandbox_free(NULL);
    rig_stop(&rig);
}

/* Ends at every stage, with peers of every kind on it. */
static void ends_at_every_stage(void **state)
{
    (void)state;
    for (int stage = 0; stage < 5; stage++) {
        struct rig rig;
        struct peer peers[4] = {0};
        rig_start(&rig, NULL);
        if (stage > 0) {
            peer_greet(&rig, &peers[0]);
            subscribe_public(&rig, &peers[0]);
            peer_open(&rig, &peers[1]);
            peer_open(&rig, &peers[2]);
            peer_send(&rig, &peers[2], "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
                      40);
            rig_settle(&rig);
            peer_open(&rig, &peers[3]);
        }
        if (stage > 1) {
            pusher_sandbox_free(rig.sandbox);
            rig.sandbox = NULL;
        }
        if (stage > 2)
            peer_expect_end(&rig, &peers[0]);
        if (stage > 3)
            rig_settle(&rig);
        rig_stop(&rig);
        for (int i = 0; i < 4; i++)
            peer_close(&peers[i]);
    }
}

/* While it ends, what each member is told of the others is too much for its queue. */
static void ends_with_full_queues(void **state)
{
    enum { MEMBERS = 30 };
    pusher_sandbox_options options;
    struct rig rig;
    struct peer peers[MEMBERS];
    (void)state;
    rig_options(&options);
    options.max_queue_bytes = 2048;
    rig_start(&rig, &options);
    for (int i = 0; i < MEMBERS; i++) {
        struct frame frame;
        char data[32];
        snprintf(data, sizeof data, "{\"user_id\":\"%d\"}", i);
        peer_greet(&rig, &peers[i]);
        signed_subscribe(&rig, &peers[i], "presence-r", data);
        assert_true(peer_next(&rig, &peers[i], &frame));
        free(frame.text);
    }
    rig_stop(&rig);
    for (int i = 0; i < MEMBERS; i++)
        peer_close(&peers[i]);
}

static void many_on_one_loop(void **state)
{
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (int i = 0; i < 20; i++) {
        struct rig other = rig;
        struct peer peer;
        pusher_sandbox_options options;
        rig_options(&options);
        options.loop = rig.loop;
        assert_int_equal(pusher_sandbox_new(&other.sandbox, &options), 0);
        other.port = pusher_sandbox_port(other.sandbox);
        peer_greet(&other, &peer);
        pusher_sandbox_free(other.sandbox);
        peer_expect_end(&other, &peer);
        peer_close(&peer);
    }
    rig_stop(&rig);
}

/* ---- lack of memory ---- */

/* One session, which may fail at any point; true when it came to its end. */
static bool try_session(struct rig *rig)
{
    struct peer peer;
    struct frame frame;
    bool done = false;
    peer_open(rig, &peer);
    if (peer_upgrade(rig, &peer, "/app/" RIG_KEY "?protocol=7") == 101 &&
        peer_next(rig, &peer, &frame)) {
        free(frame.text);
        peer_text(rig, &peer,
                  "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\","
                  "\"channel\":\"cache-r\"}}");
        done = peer_next(rig, &peer, &frame);
        if (done)
            free(frame.text);
    }
    int status = signed_post(
        rig, EVENTS, "{\"name\":\"e\",\"channel\":\"cache-r\",\"data\":\"x\"}", 0, NULL);
    peer_close(&peer);
    return done && status == 200;
}

/* Whatever allocation fails: the session may, the sandbox goes on. */
static void lack_of_memory(void **state)
{
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (long nth = 1;; nth++) {
        memory_fail(&rig.memory, nth);
        bool done = try_session(&rig);
        bool failed = rig.memory.failed;
        memory_fail(&rig.memory, 0);
        if (!failed) {
            assert_true(done);
            break;
        }
    }
    assert_true(try_session(&rig));
    rig_stop(&rig);
}

static void no_memory_for_a_sandbox(void **state)
{
    pusher_sandbox_options options;
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    rig_options(&options);
    options.loop = rig.loop;
    for (long nth = 1;; nth++) {
        pusher_sandbox *sandbox = NULL;
        long live = rig.memory.live;
        memory_fail(&rig.memory, nth);
        int rc = pusher_sandbox_new(&sandbox, &options);
        bool failed = rig.memory.failed;
        memory_fail(&rig.memory, 0);
        if (!failed) {
            assert_int_equal(rc, 0);
            pusher_sandbox_free(sandbox);
            break;
        }
        assert_int_equal(rc, PUSHER_ERR_NOMEM);
        assert_null(sandbox);
        assert_int_equal(rig.memory.live, live);
    }
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_openings),
        cmocka_unit_test(wrong_paths),
        cmocka_unit_test(over_capacity),
        cmocka_unit_test(odd_messages),
        cmocka_unit_test(presence_identities),
        cmocka_unit_test(borrowed_signature),
        cmocka_unit_test(client_event_values),
        cmocka_unit_test(client_event_limits),
        cmocka_unit_test(fragments),
        cmocka_unit_test(message_too_long),
        cmocka_unit_test(binary_message),
        cmocka_unit_test(message_that_is_not_utf8),
        cmocka_unit_test(api_calls),
        cmocka_unit_test(batch_is_all_or_nothing),
        cmocka_unit_test(raw_requests),
        cmocka_unit_test(body_too_large),
        cmocka_unit_test(silent_peer),
        cmocka_unit_test(slow_reader),
        cmocka_unit_test(slow_requests),
        cmocka_unit_test(subscription_counts),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(ends_at_every_stage),
        cmocka_unit_test(ends_with_full_queues),
        cmocka_unit_test(many_on_one_loop),
        cmocka_unit_test(lack_of_memory),
        cmocka_unit_test(no_memory_for_a_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
