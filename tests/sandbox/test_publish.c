/*
 * Publishing: the server object against the sandbox, and against servers that fail.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pusher/server.h>

#include "base/str.h"

/* What happened to one request. */
struct outcome {
    int done;  /* calls of on_done */
    int freed; /* calls of on_free */
    int error;
    int http_status;
    char message[256];
    bool free_server;
};

static void on_done(pusher_server *server, const pusher_server_result *result,
                    void *userdata)
{
    struct outcome *outcome = userdata;
    assert_int_equal(outcome->freed, 0);
    outcome->done++;
    outcome->error = result->error;
    outcome->http_status = result->http_status;
    assert_int_equal(result->message.ptr[result->message.len], '\0');
    snprintf(outcome->message, sizeof outcome->message, "%s", result->message.ptr);
    if (outcome->free_server)
        pusher_server_free(server);
}

static void on_free(void *userdata)
{
    struct outcome *outcome = userdata;
    outcome->freed++;
}

/* Every line that was logged. */
struct journal {
    char text[16384];
    size_t len;
};

static void on_line(pusher_log_level level, const char *line, void *userdata)
{
    struct journal *journal = userdata;
    (void)level;
    int len = snprintf(journal->text + journal->len, sizeof journal->text - journal->len,
                       "%s\n", line);
    if (len > 0 && journal->len + (size_t)len < sizeof journal->text)
        journal->len += (size_t)len;
}

static void server_options(struct rig *rig, pusher_server_options *options)
{
    pusher_server_options_init(options);
    options->loop = rig->loop;
    options->app_id = RIG_APP;
    options->key = RIG_KEY;
    options->secret = RIG_SECRET;
    options->host = "127.0.0.1";
    options->port = rig->port;
    options->tls = false;
    options->allocator = &rig->memory.mem;
}

static pusher_server *new_server(struct rig *rig)
{
    pusher_server_options options;
    pusher_server *server = NULL;
    server_options(rig, &options);
    assert_int_equal(pusher_server_new(&server, &options), 0);
    return server;
}

static pusher_server_event room_event(void)
{
    static const char *const channels[] = {"room"};
    pusher_server_event event;
    pusher_server_event_init(&event);
    event.name = "order";
    event.data = STR("{\"id\":7,\"text\":\"\xc3\xa9\"}");
    event.channels = channels;
    event.channel_count = 1;
    return event;
}

static int publish(pusher_server *server, const pusher_server_event *event,
                   struct outcome *outcome)
{
    *outcome = (struct outcome){.free_server = outcome->free_server};
    return pusher_server_publish(server, event, on_done, outcome, on_free);
}

/* Publishes and waits for the end. */
static void publish_and_wait(struct rig *rig, pusher_server *server,
                             const pusher_server_event *event, struct outcome *outcome)
{
    assert_int_equal(publish(server, event, outcome), 0);
    assert_int_equal(outcome->done, 0);
    rig_until(rig, &outcome->freed);
    assert_int_equal(outcome->done, 1);
    assert_int_equal(outcome->freed, 1);
}

static void events_arrive(void **state)
{
    static const char *const channels[] = {"room", "other"};
    struct outcome outcome = {0};
    struct rig rig;
    struct peer one, two;
    (void)state;
    rig_start(&rig, NULL);
    pusher_server *server = new_server(&rig);
    struct peer *peers[] = {&one, &two};
    for (int i = 0; i < 2; i++) {
        peer_greet(&rig, peers[i]);
        peer_text(&rig, peers[i],
                  "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"room\"}}");
        peer_expect(&rig, peers[i],
                    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
                    "\"room\",\"data\":\"{}\"}");
    }
    static const char arrived[] = "{\"event\":\"order\",\"channel\":\"room\",\"data\":"
                                  "\"{\\\"id\\\":7,\\\"text\\\":\\\"\xc3\xa9\\\"}\"}";
    pusher_server_event event = room_event();
    event.channels = channels;
    event.channel_count = 2;
    publish_and_wait(&rig, server, &event, &outcome);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.http_status, 200);
    assert_string_equal(outcome.message, "");
    peer_expect(&rig, &one, arrived);
    peer_expect(&rig, &two, arrived);

    /* API-04: not to the connection it came from. */
    event.socket_id = one.socket_id;
    publish_and_wait(&rig, server, &event, &outcome);
    peer_expect(&rig, &two, arrived);
    peer_text(&rig, &one, "{\"event\":\"pusher:ping\"}");
    peer_expect(&rig, &one, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    peer_close(&one);
    peer_close(&two);
    pusher_server_free(server);
    rig_stop(&rig);
}

struct refusal {
    const char *app_id, *key, *secret;
    int http_status;
};

static void refusals_are_reported(void **state)
{
    static const struct refusal cases[] = {
        {"8", RIG_KEY, RIG_SECRET, 404},
        {RIG_APP, "other-key", RIG_SECRET, 401},
        {RIG_APP, RIG_KEY, "canary-secret", 401},
    };
    static struct journal journal;
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = {0};
        pusher_server_options options;
        pusher_server *server;
        server_options(&rig, &options);
        options.app_id = cases[i].app_id;
        options.key = cases[i].key;
        options.secret = cases[i].secret;
        options.log = (pusher_log){PUSHER_LOG_DEBUG, on_line, &journal};
        assert_int_equal(pusher_server_new(&server, &options), 0);
        pusher_server_event event = room_event();
        publish_and_wait(&rig, server, &event, &outcome);
        assert_int_equal(outcome.error, PUSHER_ERR_INVALID);
        assert_int_equal(outcome.http_status, cases[i].http_status);
        assert_string_not_equal(outcome.message, "");
        assert_null(strstr(outcome.message, "canary"));
        pusher_server_free(server);
    }
    assert_true(journal.len > 0);
    assert_null(strstr(journal.text, "canary"));
    assert_null(strstr(journal.text, RIG_SECRET));
    assert_null(strstr(journal.text, "other-key"));
    rig_stop(&rig);
}

static void local_checks(void **state)
{
    static struct journal journal;
    pusher_server_options options;
    pusher_server *server;
    struct outcome outcome = {0};
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    server_options(&rig, &options);
    options.log = (pusher_log){PUSHER_LOG_ERROR, on_line, &journal};
    options.max_data_bytes = 5;
    assert_int_equal(pusher_server_new(&server, &options), 0);
    pusher_server_event event = room_event();
    assert_int_equal(publish(server, &event, &outcome), PUSHER_ERR_LIMIT);
    assert_int_equal(outcome.freed, 1);
    assert_int_equal(outcome.done, 0);
    assert_non_null(strstr(journal.text, "data is longer"));
    event.struct_size = 1;
    assert_int_equal(publish(server, &event, &outcome), PUSHER_ERR_INVALID);
    assert_int_equal(publish(NULL, &event, &outcome), PUSHER_ERR_INVALID);
    assert_int_equal(publish(server, NULL, &outcome), PUSHER_ERR_INVALID);
    assert_int_equal(outcome.freed, 1);
    pusher_server_free(server);
    rig_stop(&rig);
}

static void requests_are_bounded(void **state)
{
    pusher_server_options options;
    pusher_server *server;
    struct outcome outcomes[3] = {{0}};
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    server_options(&rig, &options);
    options.max_requests = 2;
    assert_int_equal(pusher_server_new(&server, &options), 0);
    pusher_server_event event = room_event();
    assert_int_equal(publish(server, &event, &outcomes[0]), 0);
    assert_int_equal(publish(server, &event, &outcomes[1]), 0);
    assert_int_equal(publish(server, &event, &outcomes[2]), PUSHER_ERR_LIMIT);
    rig_until(&rig, &outcomes[0].freed);
    rig_until(&rig, &outcomes[1].freed);
    publish_and_wait(&rig, server, &event, &outcomes[2]);
    for (int i = 0; i < 3; i++)
        assert_int_equal(outcomes[i].error, 0);
    pusher_server_free(server);
    rig_stop(&rig);
}

static void freed_inside_done(void **state)
{
    struct outcome first = {.free_server = true}, second = {0};
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    pusher_server *server = new_server(&rig);
    pusher_server_event event = room_event();
    assert_int_equal(publish(server, &event, &first), 0);
    rig_until(&rig, &first.freed);
    assert_int_equal(first.done, 1);
    /* One is under way when the other ends. */
    server = new_server(&rig);
    assert_int_equal(publish(server, &event, &first), 0);
    assert_int_equal(publish(server, &event, &second), 0);
    rig_until(&rig, &first.freed);
    assert_int_equal(second.freed, 1);
    rig_settle(&rig);
    assert_int_equal(second.freed, 1);
    rig_stop(&rig);
}

static void freed_under_way(void **state)
{
    struct outcome outcome = {0};
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    pusher_server *server = new_server(&rig);
    pusher_server_event event = room_event();
    assert_int_equal(publish(server, &event, &outcome), 0);
    pusher_server_free(server);
    assert_int_equal(outcome.freed, 1);
    rig_settle(&rig);
    assert_int_equal(outcome.done, 0);
    pusher_server_free(NULL);
    rig_stop(&rig);
}

/* A socket on a free port, bound, and listening or not. */
static int own_socket(bool listening, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    if (listening)
        assert_int_equal(listen(fd, 4), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void no_answer(void **state)
{
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (int listening = 0; listening < 2; listening++) {
        struct outcome outcome = {0};
        pusher_server_options options;
        pusher_server *server;
        server_options(&rig, &options);
        int fd = own_socket(listening, &options.port);
        options.timeout_ms = listening ? 100 : 10000;
        assert_int_equal(pusher_server_new(&server, &options), 0);
        pusher_server_event event = room_event();
        publish_and_wait(&rig, server, &event, &outcome);
        assert_int_equal(outcome.error,
                         listening ? PUSHER_ERR_TIMEOUT : PUSHER_ERR_SYSTEM);
        assert_int_equal(outcome.http_status, 0);
        assert_string_not_equal(outcome.message, "");
        pusher_server_free(server);
        close(fd);
    }
    rig_stop(&rig);
}

static void lack_of_memory(void **state)
{
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    for (long nth = 1;; nth++) {
        struct outcome outcome = {0};
        pusher_server_options options;
        pusher_server *server = NULL;
        pusher_server_event event = room_event();
        server_options(&rig, &options);
        memory_fail(&rig.memory, nth);
        int rc = pusher_server_new(&server, &options);
        if (!rc) {
            rc = publish(server, &event, &outcome);
            assert_int_equal(outcome.freed, rc ? 1 : 0);
        }
        if (!rc)
            rig_until(&rig, &outcome.freed);
        bool failed = rig.memory.failed;
        memory_fail(&rig.memory, 0);
        pusher_server_free(server);
        if (rc)
            assert_int_equal(rc, PUSHER_ERR_NOMEM);
        if (!failed) {
            assert_int_equal(outcome.http_status, 200);
            break;
        }
    }
    rig_stop(&rig);
}

static void options_are_checked(void **state)
{
    pusher_server_options options;
    pusher_server *server = NULL;
    struct rig rig;
    (void)state;
    rig_start(&rig, NULL);
    assert_int_equal(pusher_server_new(&server, NULL), PUSHER_ERR_INVALID);
#define WRONG(error, ...)                                                                \
    do {                                                                                 \
        server_options(&rig, &options);                                                  \
        __VA_ARGS__;                                                                     \
        assert_int_equal(pusher_server_new(&server, &options), (error));                 \
    } while (0)
    WRONG(PUSHER_ERR_INVALID, options.struct_size = 8);
    WRONG(PUSHER_ERR_INVALID, options.loop = NULL);
    WRONG(PUSHER_ERR_INVALID, options.app_id = NULL);
    WRONG(PUSHER_ERR_INVALID, options.app_id = "7/8");
    WRONG(PUSHER_ERR_INVALID, options.secret = NULL);
    WRONG(PUSHER_ERR_INVALID, options.secret = "");
    WRONG(PUSHER_ERR_INVALID, options.timeout_ms = 99);
    WRONG(PUSHER_ERR_INVALID, options.max_data_bytes = 0);
    WRONG(PUSHER_ERR_INVALID, options.max_requests = 0);
    WRONG(PUSHER_ERR_BAD_KEY, options.key = "a&b");
    WRONG(PUSHER_ERR_BAD_HOST, options.host = "a b");
    WRONG(PUSHER_ERR_BAD_HOST, options.host = NULL);
    WRONG(PUSHER_ERR_BAD_HOST, options.host = NULL; options.cluster = "a.b");
    assert_null(server);
    WRONG(0, options.host = NULL; options.cluster = "eu");
#undef WRONG
    pusher_server_free(server);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_arrive),       cmocka_unit_test(refusals_are_reported),
        cmocka_unit_test(local_checks),        cmocka_unit_test(requests_are_bounded),
        cmocka_unit_test(freed_inside_done),   cmocka_unit_test(freed_under_way),
        cmocka_unit_test(no_answer),           cmocka_unit_test(lack_of_memory),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
