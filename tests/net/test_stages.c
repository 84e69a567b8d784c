/*
 * A WebSocket attempt that is ended in each of its stages: by its owner, by the end of
 * the loop, by time. It ends promptly, tells nobody who does not want to know, and leaves
 * nothing behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <libwebsockets.h>

#include "base/list.h"
#include "base/str.h"
#include "names.h"
#include "net/ws.h"
#include "peer.h"

/* Linked in the place of malloc(): a system that has no memory for large blocks. */
enum { LARGE = 16384 };
static bool no_memory;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return no_memory && size > LARGE ? NULL : __real_malloc(size);
}

struct attempt {
    pusher_loop *loop;
    struct ws *ws;
    int listener, socket, fillers[3];
    bool opened, closed;
    struct ws_closed how;
    char reason[200];
};

static void on_open(void *userdata)
{
    ((struct attempt *)userdata)->opened = true;
}

static void on_text(void *userdata, pusher_str text)
{
    (void)userdata;
    (void)text;
    fail_msg("nothing was sent");
}

static void on_binary(void *userdata, size_t bytes)
{
    (void)userdata;
    (void)bytes;
    fail_msg("nothing was sent");
}

static void on_sent(void *userdata)
{
    (void)userdata;
    fail_msg("nothing was sent");
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct attempt *a = userdata;
    assert_false(a->closed);
    a->closed = true;
    a->how = *closed;
    assert_true(closed->reason.len < sizeof a->reason);
    memcpy(a->reason, closed->reason.ptr ? closed->reason.ptr : "", closed->reason.len);
    a->reason[closed->reason.len] = '\0';
    a->ws = NULL;
}

static const struct ws_calls calls = {.on_open = on_open,
                                      .on_text = on_text,
                                      .on_binary = on_binary,
                                      .on_sent = on_sent,
                                      .on_closed = on_closed};

static void dial(struct attempt *a, const char *host, uint16_t port, bool tls)
{
    struct ws_target target = {
        .host = str_of(host),
        .port = port,
        .tls = tls,
        .request = STR("/app/k?protocol=7"),
        .host_header = STR("h"),
        .max_message_bytes = 1000,
        .timeout_ms = 1000,
    };
    struct ws_handler handler = {&calls, a};
    assert_int_equal(ws_dial(a->loop, &target, &handler, &a->ws), 0);
}

/* --- how to get into a stage --- */

static void to_resolving(struct attempt *a)
{
    dial(a, "hang.test", 1, false);
    pusher_loop_run_for(a->loop, 20);
}

static void to_connecting(struct attempt *a)
{
    uint16_t port;
    a->listener = peer_listen_full(&port, a->fillers);
    dial(a, "127.0.0.1", port, false);
    pusher_loop_run_for(a->loop, 20);
}

static void to_tls(struct attempt *a)
{
    uint16_t port;
    unsigned char hello[2];
    a->listener = peer_listen(&port);
    dial(a, "127.0.0.1", port, true);
    a->socket = peer_accept(a->loop, a->listener);
    peer_read_bytes(a->loop, a->socket, hello, 2);
}

static void to_upgrade(struct attempt *a)
{
    uint16_t port;
    char head[2048];
    a->listener = peer_listen(&port);
    dial(a, "127.0.0.1", port, false);
    a->socket = peer_accept(a->loop, a->listener);
    peer_read(a->loop, a->socket, head, sizeof head, "\r\n\r\n");
}

static void to_open(struct attempt *a)
{
    uint16_t port;
    a->listener = peer_listen(&port);
    dial(a, "127.0.0.1", port, false);
    a->socket = peer_accept_websocket(a->loop, a->listener);
    assert_true(peer_run_until(a->loop, &a->opened));
}

static const struct {
    enum ws_stage stage;
    void (*go_to)(struct attempt *a);
} stages[] = {
    {WS_STAGE_RESOLVE, to_resolving}, {WS_STAGE_CONNECT, to_connecting},
    {WS_STAGE_TLS, to_tls},           {WS_STAGE_UPGRADE, to_upgrade},
    {WS_STAGE_OPEN, to_open},
};

enum { STAGES = sizeof stages / sizeof *stages };

static void begin(struct attempt *a)
{
    *a = (struct attempt){.listener = -1, .socket = -1, .fillers = {-1, -1, -1}};
    assert_int_equal(pusher_loop_new(&a->loop, NULL), 0);
}

static void finish(struct attempt *a)
{
    if (a->loop)
        pusher_loop_free(a->loop);
    names_release();
    close(a->listener);
    close(a->socket);
    for (int i = 0; i < 3; i++)
        close(a->fillers[i]);
}

/* What a process keeps for good is made before it is counted. */
static int warm_up(void **state)
{
    struct attempt a;
    (void)state;
    begin(&a);
    to_tls(&a);
    finish(&a);
    return 0;
}

static void each_stage_is_known(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        struct attempt a;
        begin(&a);
        stages[i].go_to(&a);
        assert_int_equal(ws_stage(a.ws), stages[i].stage);
        assert_false(a.closed);
        ws_close(a.ws, 1000);
        finish(&a);
    }
}

/* No handler runs afterwards, and the peer sees the end at once. */
static void closing_in_each_stage(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        struct attempt a;
        int descriptors = peer_descriptors();
        begin(&a);
        stages[i].go_to(&a);
        ws_close(a.ws, 1000);
        if (a.socket >= 0) {
            char frame[200];
            size_t len;
            if (stages[i].stage == WS_STAGE_OPEN) {
                assert_int_equal(peer_read_frame(a.loop, a.socket, frame, 200, &len), 8);
                assert_memory_equal(frame, "\x03\xe8", 2);
                peer_send_frame(a.socket, PEER_CLOSE, true, "\x03\xe8", 2);
            }
            peer_expect_end(a.loop, a.socket);
        }
        names_release();
        pusher_loop_run_for(a.loop, 20);
        assert_false(a.closed);
        finish(&a);
        assert_int_equal(peer_descriptors(), descriptors);
    }
}

/* With a hung look-up and a silent peer, and with a close under way or not. */
static void free_the_loop_in_each_stage(bool closing)
{
    for (int i = 0; i < STAGES; i++) {
        struct attempt a;
        int descriptors = peer_descriptors();
        begin(&a);
        stages[i].go_to(&a);
        if (closing)
            ws_close(a.ws, 1000);
        pusher_loop_free(a.loop);
        a.loop = NULL;
        assert_false(a.closed);
        finish(&a);
        assert_int_equal(peer_descriptors(), descriptors);
    }
}

static void freeing_the_loop_in_each_stage(void **state)
{
    (void)state;
    free_the_loop_in_each_stage(false);
}

static void closing_and_freeing_in_each_stage(void **state)
{
    (void)state;
    free_the_loop_in_each_stage(true);
}

/* An address has its share of the time; a look-up is left to the owner's deadline. */
static void time_ends_each_stage(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        struct attempt a;
        if (stages[i].stage == WS_STAGE_RESOLVE || stages[i].stage == WS_STAGE_OPEN)
            continue;
        begin(&a);
        stages[i].go_to(&a);
        assert_true(peer_run_until(a.loop, &a.closed));
        assert_int_equal(a.how.stage, stages[i].stage);
        assert_int_equal(a.how.close_code, -1);
        assert_string_equal(a.reason, "no answer in time");
        if (a.socket >= 0)
            peer_expect_end(a.loop, a.socket);
        finish(&a);
    }
}

static void a_name_without_an_address(void **state)
{
    struct attempt a;
    (void)state;
    begin(&a);
    dial(&a, "none.test", 1, false);
    assert_true(peer_run_until(a.loop, &a.closed));
    assert_int_equal(a.how.stage, WS_STAGE_RESOLVE);
    assert_true(a.reason[0]);
    finish(&a);
}

/* The first refuses, so the second is dialled. */
static void a_name_with_two_addresses(void **state)
{
    struct attempt a;
    uint16_t port;
    (void)state;
    begin(&a);
    a.listener = peer_listen(&port);
    dial(&a, "two.test", port, false);
    a.socket = peer_accept_websocket(a.loop, a.listener);
    assert_true(peer_run_until(a.loop, &a.opened));
    assert_false(a.closed);
    finish(&a);
}

static void a_name_whose_addresses_all_refuse(void **state)
{
    struct attempt a;
    uint16_t port;
    (void)state;
    begin(&a);
    close(peer_listen(&port));
    dial(&a, "two.test", port, false);
    assert_true(peer_run_until(a.loop, &a.closed));
    assert_int_equal(a.how.stage, WS_STAGE_CONNECT);
    assert_string_equal(a.reason,
                        peer_words(a.loop, "Connection refused", "Unable to connect"));
    finish(&a);
}

/* Each line ends where it should, also at the most that url.h lets through. */
static void what_is_asked(void **state)
{
    struct attempt a;
    uint16_t port;
    char request[2001], host[113 + 6], origin[113], head[4096], line[2100];
    (void)state;
    begin(&a);
    memset(request, '/', sizeof request);
    memset(host, 'h', sizeof host);
    memset(origin, 'o', sizeof origin);
    memcpy(host + 112, ":65535", 7);
    memcpy(origin, "https://", 8);
    request[2000] = origin[112] = '\0';
    a.listener = peer_listen(&port);
    struct ws_target target = {
        .host = STR("127.0.0.1"),
        .port = port,
        .request = str_of(request),
        .host_header = str_of(host),
        .origin = str_of(origin),
        .max_message_bytes = 1000,
        .timeout_ms = 1000,
    };
    struct ws_handler handler = {&calls, &a};
    assert_int_equal(ws_dial(a.loop, &target, &handler, &a.ws), 0);
    a.socket = peer_accept(a.loop, a.listener);
    peer_read(a.loop, a.socket, head, sizeof head, "\r\n\r\n");
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\n", request);
    assert_memory_equal(head, line, strlen(line));
    snprintf(line, sizeof line, "\r\nHost: %s\r\n", host);
    assert_non_null(strstr(head, line));
    snprintf(line, sizeof line, "\r\nOrigin: %s\r\n", origin);
    assert_non_null(strstr(head, line));
    finish(&a);
}

static void finish_without_memory(struct attempt *a, enum ws_stage stage)
{
    assert_true(peer_run_until(a->loop, &a->closed));
    no_memory = false;
    assert_false(a->opened);
    assert_int_equal(a->how.stage, stage);
    assert_string_equal(a->reason, "out of memory");
    finish(a);
}

static void no_memory_for_a_connection(void **state)
{
    struct attempt a;
    uint16_t port;
    (void)state;
    begin(&a);
    a.listener = peer_listen(&port);
    dial(&a, "127.0.0.1", port, false);
    no_memory = true;
    finish_without_memory(&a, WS_STAGE_CONNECT);
}

/* When the answer has come, libwebsockets needs a buffer to read into. */
static void no_memory_for_its_messages(void **state)
{
    struct attempt a;
    uint16_t port;
    char head[2048], answer[256];
    (void)state;
    begin(&a);
    a.listener = peer_listen(&port);
    dial(&a, "127.0.0.1", port, false);
    a.socket = peer_accept(a.loop, a.listener);
    peer_read(a.loop, a.socket, head, sizeof head, "\r\n\r\n");
    assert_true(peer_upgrade_answer(head, answer, sizeof answer));
    no_memory = true;
    peer_send(a.socket, answer, strlen(answer));
    finish_without_memory(&a, WS_STAGE_UPGRADE);
}

/* --- what libwebsockets loses --- */

enum { CHILD_DEADLINE_S = 60 };

static bool no_headers;

static void *no_memory_for_headers(void *old, size_t size, const char *reason)
{
    if (!size) {
        free(old);
        return NULL;
    }
    if (no_headers && strcmp(reason, "ah struct") == 0)
        return NULL;
    return realloc(old, size);
}

static void lose_a_connection(void)
{
    struct attempt a;
    uint16_t port;
    lws_set_allocator(no_memory_for_headers);
    begin(&a);
    a.listener = peer_listen(&port);
    no_headers = true;
    dial(&a, "127.0.0.1", port, false);
    assert_int_equal(pusher_loop_run_for(a.loop, 100), PUSHER_ERR_TIMEOUT);
    no_headers = false;
    ws_close(a.ws, 1000);
    pusher_loop_free(a.loop);
}

/* Without memory for the headers libwebsockets forgets a connection, and its context is
 * never done with being destroyed. The loop ends all the same. In a process of its own,
 * which is not asked for what is left. */
static void a_connection_that_is_lost(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_DEADLINE_S);
        lose_a_connection();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void no_memory_for_a_loop(void **state)
{
    pusher_loop *loop = NULL;
    (void)state;
    no_memory = true;
    assert_int_equal(pusher_loop_new(&loop, NULL), PUSHER_ERR_NOMEM);
    no_memory = false;
    assert_null(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_is_lost), /* before there are threads */
        cmocka_unit_test(each_stage_is_known),
        cmocka_unit_test(closing_in_each_stage),
        cmocka_unit_test(freeing_the_loop_in_each_stage),
        cmocka_unit_test(closing_and_freeing_in_each_stage),
        cmocka_unit_test(time_ends_each_stage),
        cmocka_unit_test(a_name_without_an_address),
        cmocka_unit_test(a_name_with_two_addresses),
        cmocka_unit_test(a_name_whose_addresses_all_refuse),
        cmocka_unit_test(what_is_asked),
        cmocka_unit_test(no_memory_for_a_connection),
        cmocka_unit_test(no_memory_for_its_messages),
        cmocka_unit_test(no_memory_for_a_loop),
    };
    return cmocka_run_group_tests_name("stages", tests, warm_up, NULL);
}
