/*
 * HTTP requests against a raw peer: the bytes that go out, every way an answer can come
 * or not, and their end in each stage.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stdio.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/str.h"
#include "names.h"
#include "net/http.h"
#include "peer.h"
#include "support/fail_alloc.h"

enum { MAX_RESPONSE = 2000 };

struct exchange {
    pusher_loop *loop;
    struct http_request *request;
    int listener, socket, fillers[3];
    uint16_t port;
    bool done;
    int error, status;
    size_t len;
    char body[MAX_RESPONSE + 1];
    char reason[200];
};

static void on_done(void *userdata, const struct http_response *response)
{
    struct exchange *e = userdata;
    assert_false(e->done);
    e->done = true;
    e->error = response->error;
    e->status = response->status;
    e->len = response->body.len;
    assert_true(e->len <= MAX_RESPONSE);
    memcpy(e->body, response->body.ptr ? response->body.ptr : "", e->len);
    e->body[e->len] = '\0';
    memcpy(e->reason, response->reason.ptr, response->reason.len);
    e->reason[response->reason.len] = '\0';
}

static void start(struct exchange *e, const char *host, bool tls, const char *method,
                  pusher_str body)
{
    struct http_target target = {
        .method = method,
        .host = str_of(host),
        .port = e->port,
        .tls = tls,
        .request = STR("/apps/1/events?a=b"),
        .host_header = STR("server:80"),
        .content_type = body.ptr ? STR("application/json") : (pusher_str){NULL, 0},
        .body = body,
        .max_response_bytes = MAX_RESPONSE,
        .timeout_ms = 1500,
    };
    assert_int_equal(http_start(e->loop, &target, on_done, e, &e->request), 0);
}

/* Of the auth endpoint's: a token goes out, a key comes back in several pieces. Nothing
 * that is given back holds them. */
static void secrets_are_wiped(void **state)
{
    static const pusher_str secrets[] = {
        {"SESAME-token", 12}, {"SESAME-body", 11}, {"SESAME-key", 10}};
    struct exchange e = {.socket = -1};
    struct fail_alloc alloc;
    pusher_loop_options options;
    char head[2048], piece[600];
    (void)state;
    fail_alloc_init(&alloc);
    alloc.secrets = secrets;
    alloc.secret_count = 3;
    pusher_loop_options_init(&options);
    options.allocator = &alloc.mem;
    assert_int_equal(pusher_loop_new(&e.loop, &options), 0);
    e.listener = peer_listen(&e.port);
    struct http_field field = {STR("Authorization"), STR("Bearer SESAME-token")};
    struct http_target target = {
        .method = "POST",
        .host = STR("127.0.0.1"),
        .port = e.port,
        .request = STR("/auth"),
        .host_header = STR("server"),
        .fields = &field,
        .field_count = 1,
        .content_type = STR("application/json"),
        .body = STR("SESAME-body"),
        .max_response_bytes = MAX_RESPONSE,
        .timeout_ms = 5000,
    };
    assert_int_equal(http_start(e.loop, &target, on_done, &e, &e.request), 0);
    e.socket = peer_accept(e.loop, e.listener);
    peer_read(e.loop, e.socket, head, sizeof head, "SESAME-body");
    assert_non_null(strstr(head, "SESAME-token"));
    peer_send(e.socket, "HTTP/1.1 200 OK\r\nContent-Length: 1810\r\n\r\nSESAME-key", 51);
    memset(piece, '.', sizeof piece);
    for (int i = 0; i < 3; i++) {
        pusher_loop_run_for(e.loop, 10);
        peer_send(e.socket, piece, sizeof piece);
    }
    assert_true(peer_run_until(e.loop, &e.done));
    assert_int_equal(e.status, 200);
    assert_int_equal(e.len, 1810);
    assert_memory_equal(e.body, "SESAME-key..", 12);
    pusher_loop_free(e.loop);
    close(e.listener);
    close(e.socket);
    assert_int_equal(alloc.spilled, 0);
    assert_int_equal(alloc.live, 0);
}

static int setup(void **state)
{
    struct exchange *e = calloc(1, sizeof *e);
    *e = (struct exchange){.socket = -1, .fillers = {-1, -1, -1}};
    assert_int_equal(pusher_loop_new(&e->loop, NULL), 0);
    e->listener = peer_listen(&e->port);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct exchange *e = *state;
    pusher_loop_free(e->loop);
    names_release();
    close(e->listener);
    close(e->socket);
    for (int i = 0; i < 3; i++)
        close(e->fillers[i]);
    free(e);
    return 0;
}

static void get(struct exchange *e, char *head, size_t size)
{
    start(e, "127.0.0.1", false, "GET", (pusher_str){NULL, 0});
    e->socket = peer_accept(e->loop, e->listener);
    peer_read(e->loop, e->socket, head, size, "\r\n\r\n");
}

static void answer(struct exchange *e, const char *text)
{
    peer_send(e->socket, text, strlen(text));
    assert_true(peer_run_until(e->loop, &e->done));
}

static void get_and_answer(struct exchange *e, const char *text)
{
    char head[2048];
    get(e, head, sizeof head);
    answer(e, text);
}

static void expect(const struct exchange *e, int error, int status, const char *body)
{
    assert_int_equal(e->error, error);
    assert_int_equal(e->status, status);
    assert_string_equal(e->body, body);
    assert_int_equal(e->reason[0] != '\0', error != 0);
}

static void a_get(void **state)
{
    struct exchange *e = *state;
    char head[2048];
    get(e, head, sizeof head);
    assert_memory_equal(head, "GET /apps/1/events?a=b HTTP/1.1\r\n", 33);
    assert_non_null(strstr(head, "Host: server:80\r\n"));
    assert_null(strcasestr(head, "content-length"));
    answer(e, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    expect(e, 0, 200, "hello");
}

/* A body larger than any buffer arrives whole. */
static void a_large_post(void **state)
{
    struct exchange *e = *state;
    enum { BODY = 100000 };
    char *body = malloc(BODY), *received = malloc(BODY + 2048);
    for (size_t i = 0; i < BODY; i++)
        body[i] = (char)('a' + i % 23);
    start(e, "127.0.0.1", false, "POST", (pusher_str){body, BODY});
    e->socket = peer_accept(e->loop, e->listener);
    size_t got = peer_read(e->loop, e->socket, received, BODY + 2048, "\r\n\r\n");
    char *after = strstr(received, "\r\n\r\n") + 4;
    assert_non_null(strcasestr(received, "content-length: 100000\r\n"));
    assert_non_null(strcasestr(received, "content-type: application/json\r\n"));
    size_t have = got - (size_t)(after - received);
    memmove(received, after, have);
    peer_read_bytes(e->loop, e->socket, received + have, BODY - have);
    assert_memory_equal(received, body, BODY);
    answer(e, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}");
    expect(e, 0, 202, "{}");
    free(body);
    free(received);
}

static void chunks(void **state)
{
    get_and_answer(*state, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    expect(*state, 0, 200, "hello world");
}

/* A size that has become negative in libwebsockets would have it read what came before
 * once more, and again. */
static void a_chunk_of_4_gib(void **state)
{
    static const char *const sizes[] = {"FFFFFFF4", "ffffffff", "80000000"};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *one;
        char text[200];
        setup(&one);
        struct exchange *e = one;
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "10\r\n0123456789abcdef\r\n%s\r\n",
                 sizes[i]);
        get_and_answer(e, text);
        assert_int_equal(e->error, PUSHER_ERR_LIMIT);
        assert_string_equal(e->reason, "the answer is too long");
        teardown(&one);
    }
}

static void answer_and_end(struct exchange *e, const char *text)
{
    char head[2048];
    get(e, head, sizeof head);
    peer_send(e->socket, text, strlen(text));
    close(e->socket);
    e->socket = -1;
    assert_true(peer_run_until(e->loop, &e->done));
}

/* The end of the connection is the end of an answer only if that has no other. */
static void ends_of_the_connection(void **state)
{
    static const char *const cut[] = {
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 9\r\n\r\nhello",
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        void *one;
        setup(&one);
        struct exchange *e = one;
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s", cut[i]);
        answer_and_end(e, text);
        assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
        assert_non_null(strstr(e->reason, "complete"));
        teardown(&one);
    }
    void *whole;
    setup(&whole);
    answer_and_end(whole, "HTTP/1.1 200 OK\r\n\r\nhello");
    expect(whole, 0, 200, "hello");
    teardown(&whole);
    setup(&whole);
    answer_and_end(whole, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nhello\r\n0\r\n\r\n");
    expect(whole, 0, 200, "hello");
    teardown(&whole);
}

/* 1xx says that an answer is to follow; libwebsockets takes that for the body. */
static void an_interim_answer(void **state)
{
    struct exchange *e = *state;
    get_and_answer(e, "HTTP/1.1 100 Continue\r\n\r\n"
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
    assert_string_equal(e->reason, "an interim answer (1xx), which is not understood");
}

static void other_transfer_codings(void **state)
{
    static const char *const codings[] = {"Chunked", "gzip, chunked", "gzip"};
    (void)state;
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        void *one;
        char text[200];
        setup(&one);
        struct exchange *e = one;
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n"
                 "2\r\nok\r\n0\r\n\r\n",
                 codings[i]);
        get_and_answer(e, text);
        assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
        assert_string_equal(e->reason,
                            "the answer has a transfer coding that is not understood");
        teardown(&one);
    }
}

static void errors_have_their_body(void **state)
{
    get_and_answer(*state, "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n");
    expect(*state, 0, 403, "no\n");
}

/* Of a connection that is kept open, too. */
static void answers_without_a_body(void **state)
{
    static const char *const heads[] = {
        "200 OK\r\nContent-Length: 0", "204 No Content", "200 OK\r\nContent-Length: 000",
        "304 Not Modified\r\nContent-Length: 7", "403 Forbidden\r\nContent-Length: 0"};
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        void *one;
        char text[200];
        setup(&one);
        snprintf(text, sizeof text, "HTTP/1.1 %s\r\n\r\n", heads[i]);
        get_and_answer(one, text);
        expect(one, 0, atoi(heads[i]), "");
        teardown(&one);
    }
}

/* Cookies and policies of 7000 bytes, piece by piece. */
static void a_long_header(void **state)
{
    struct exchange *e = *state;
    char head[2048], cookies[7000];
    get(e, head, sizeof head);
    memset(cookies, 'x', sizeof cookies);
    peer_send(e->socket, "HTTP/1.1 200 OK\r\nSet-Cookie: ", 29);
    peer_send(e->socket, cookies, sizeof cookies);
    pusher_loop_run_for(e->loop, 10);
    answer(e, "\r\nContent-Length: 2\r\n\r\nok");
    expect(e, 0, 200, "ok");
}

static void a_header_too_long(void **state)
{
    struct exchange *e = *state;
    char head[2048], cookies[10000];
    get(e, head, sizeof head);
    memset(cookies, 'x', sizeof cookies);
    peer_send(e->socket, "HTTP/1.1 200 OK\r\nSet-Cookie: ", 29);
    peer_send(e->socket, cookies, sizeof cookies);
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
    assert_non_null(strstr(e->reason, "header is over 8 KiB"));
}

/* T11: the answer is what it is, and nobody else is asked. */
static void redirects_are_not_followed(void **state)
{
    struct exchange *e = *state;
    uint16_t port;
    char text[200];
    int other = peer_listen(&port);
    snprintf(text, sizeof text,
             "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:%u/\r\n"
             "Content-Length: 0\r\n\r\n",
             port);
    get_and_answer(e, text);
    expect(e, 0, 307, "");
    pusher_loop_run_for(e->loop, 30);
    assert_true(accept(other, NULL, NULL) < 0);
    close(other);
}

static void a_body_cut_short(void **state)
{
    struct exchange *e = *state;
    char head[2048];
    get(e, head, sizeof head);
    peer_send(e->socket, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", 42);
    close(e->socket);
    e->socket = -1;
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
    assert_non_null(strstr(e->reason, "complete"));
}

static void a_body_too_long(void **state)
{
    struct exchange *e = *state;
    char head[2048], body[MAX_RESPONSE + 1];
    get(e, head, sizeof head);
    memset(body, 'x', sizeof body);
    peer_send(e->socket, "HTTP/1.1 200 OK\r\nContent-Length: 2001\r\n\r\n", 41);
    peer_send(e->socket, body, sizeof body);
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_LIMIT);
    assert_string_equal(e->reason, "the answer is too long");
}

static void what_is_no_http(void **state)
{
    struct exchange *e = *state;
    char head[2048];
    get(e, head, sizeof head);
    peer_send(e->socket, "SSH-2.0-x\r\n\r\n", 13);
    close(e->socket);
    e->socket = -1;
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
    assert_int_equal(e->status, 0);
}

/* --- stages --- */

static void to_resolving(struct exchange *e)
{
    start(e, "hang.test", false, "GET", (pusher_str){NULL, 0});
    pusher_loop_run_for(e->loop, 20);
}

static void to_connecting(struct exchange *e)
{
    close(e->listener);
    e->listener = peer_listen_full(&e->port, e->fillers);
    start(e, "127.0.0.1", false, "GET", (pusher_str){NULL, 0});
    pusher_loop_run_for(e->loop, 20);
}

static void to_tls(struct exchange *e)
{
    unsigned char hello[2];
    start(e, "127.0.0.1", true, "GET", (pusher_str){NULL, 0});
    e->socket = peer_accept(e->loop, e->listener);
    peer_read_bytes(e->loop, e->socket, hello, 2);
}

static void to_waiting(struct exchange *e)
{
    char head[2048];
    get(e, head, sizeof head);
}

static void to_half_an_answer(struct exchange *e)
{
    to_waiting(e);
    peer_send(e->socket, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", 42);
    pusher_loop_run_for(e->loop, 20);
}

static void (*const stages[])(struct exchange *e) = {
    to_resolving, to_connecting, to_tls, to_waiting, to_half_an_answer,
};

enum { STAGES = sizeof stages / sizeof *stages };

static void time_ends_each_stage(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        void *one;
        setup(&one);
        struct exchange *e = one;
        stages[i](e);
        assert_true(peer_run_until(e->loop, &e->done));
        assert_int_equal(e->error, PUSHER_ERR_TIMEOUT);
        if (e->socket >= 0)
            peer_expect_end(e->loop, e->socket);
        teardown(&one);
    }
}

static void cancelling_in_each_stage(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        void *one;
        setup(&one);
        struct exchange *e = one;
        stages[i](e);
        http_cancel(e->request);
        if (e->socket >= 0)
            peer_expect_end(e->loop, e->socket);
        pusher_loop_run_for(e->loop, 20);
        assert_false(e->done);
        teardown(&one);
    }
}

static void freeing_the_loop_in_each_stage(void **state)
{
    (void)state;
    for (int i = 0; i < STAGES; i++) {
        void *one;
        setup(&one);
        stages[i](one);
        teardown(&one); /* frees the loop first */
    }
}

static void a_name_with_two_addresses(void **state)
{
    struct exchange *e = *state;
    char head[2048];
    start(e, "two.test", false, "GET", (pusher_str){NULL, 0});
    e->socket = peer_accept(e->loop, e->listener);
    peer_read(e->loop, e->socket, head, sizeof head, "\r\n\r\n");
    answer(e, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(e, 0, 200, "ok");
}

static void a_closed_port(void **state)
{
    struct exchange *e = *state;
    close(e->listener);
    e->listener = -1;
    start(e, "two.test", false, "GET", (pusher_str){NULL, 0});
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
    assert_string_equal(e->reason,
                        peer_words(e->loop, "Connection refused", "Unable to connect"));
}

static void a_name_without_an_address(void **state)
{
    struct exchange *e = *state;
    start(e, "none.test", false, "GET", (pusher_str){NULL, 0});
    assert_true(peer_run_until(e->loop, &e->done));
    assert_int_equal(e->error, PUSHER_ERR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_get, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_post, setup, teardown),
        cmocka_unit_test_setup_teardown(chunks, setup, teardown),
        cmocka_unit_test(a_chunk_of_4_gib),
        cmocka_unit_test(ends_of_the_connection),
        cmocka_unit_test(other_transfer_codings),
        cmocka_unit_test_setup_teardown(an_interim_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_have_their_body, setup, teardown),
        cmocka_unit_test(answers_without_a_body),
        cmocka_unit_test(secrets_are_wiped),
        cmocka_unit_test_setup_teardown(redirects_are_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_header, setup, teardown),
        cmocka_unit_test_setup_teardown(a_header_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_cut_short, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_http, setup, teardown),
        cmocka_unit_test(time_ends_each_stage),
        cmocka_unit_test(cancelling_in_each_stage),
        cmocka_unit_test(freeing_the_loop_in_each_stage),
        cmocka_unit_test_setup_teardown(a_name_with_two_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(a_closed_port, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_without_an_address, setup, teardown),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
