/*
 * WebSockets and HTTP requests over TLS, against a raw TLS peer: whom they trust, how
 * they end, and that nothing waits inside TLS.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "certificates.h"
#include "net/http.h"
#include "net/ws.h"
#include "tls_peer.h"

enum { MAX_MESSAGE = 300000 };

static struct certificates certificates;

struct link {
    pusher_loop *loop;
    int listener;
    uint16_t port;
    struct ws *ws;
    SSL *peer;
    bool opened, closed, all, sent;
    unsigned messages, awaited;
    size_t last_len;
    struct ws_closed how;
    char reason[200];
};

static void on_open(void *userdata)
{
    ((struct link *)userdata)->opened = true;
}

static void on_text(void *userdata, pusher_str text)
{
    struct link *link = userdata;
    link->last_len = text.len;
    link->all = ++link->messages == link->awaited;
}

static void on_binary(void *userdata, size_t bytes)
{
    (void)userdata;
    fail_msg("%zu bytes that nobody sent", bytes);
}

static void on_sent(void *userdata)
{
    ((struct link *)userdata)->sent = true;
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct link *link = userdata;
    assert_false(link->closed);
    link->closed = true;
    link->how = *closed;
    assert_true(closed->reason.len < sizeof link->reason);
    memcpy(link->reason, closed->reason.ptr ? closed->reason.ptr : "",
           closed->reason.len);
    link->reason[closed->reason.len] = '\0';
    link->ws = NULL;
}

static void dial(struct link *link, const char *host, const char *ca)
{
    struct ws_target target = {
        .host = str_of(host),
        .port = link->port,
        .tls = true,
        .ca_file = ca ? str_of(ca) : (pusher_str){NULL, 0},
        .request = STR("/"),
        .host_header = str_of(host),
        .max_message_bytes = MAX_MESSAGE,
        .timeout_ms = 10000,
    };
    static const struct ws_calls calls = {.on_open = on_open,
                                          .on_text = on_text,
                                          .on_binary = on_binary,
                                          .on_sent = on_sent,
                                          .on_closed = on_closed};
    struct ws_handler handler = {&calls, link};
    assert_int_equal(ws_dial(link->loop, &target, &handler, &link->ws), 0);
}

static void begin(struct link *link)
{
    *link = (struct link){.listener = -1};
    assert_int_equal(pusher_loop_new(&link->loop, NULL), 0);
    link->listener = peer_listen(&link->port);
}

static void finish(struct link *link)
{
    pusher_loop_free(link->loop);
    close(link->listener);
    tls_peer_end(link->peer, false);
}

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct link));
    begin(*state);
    return 0;
}

static int teardown(void **state)
{
    finish(*state);
    free(*state);
    return 0;
}

static void open_it(struct link *link)
{
    dial(link, "127.0.0.1", certificates.ca);
    link->peer =
        tls_peer_accept_websocket(link->loop, link->listener, certificates.local);
    assert_true(peer_run_until(link->loop, &link->opened));
}

/* --- trust --- */

static void expect_refused(struct link *link, SSL_CTX *context, const char *words)
{
    SSL *peer =
        tls_peer_accept(link->loop, peer_accept(link->loop, link->listener), context);
    if (peer) { /* with TLS 1.3 a server is through before it is refused */
        tls_peer_expect_end(link->loop, peer);
        tls_peer_end(peer, false);
    }
    assert_true(peer_run_until(link->loop, &link->closed));
    assert_false(link->opened);
    assert_int_equal(link->how.stage, WS_STAGE_TLS);
    assert_int_equal(link->how.close_code, -1);
    assert_string_equal(link->reason, words);
}

static void a_trusted_name(void **state)
{
    struct link *link = *state;
    dial(link, "localhost", certificates.ca);
    link->peer =
        tls_peer_accept_websocket(link->loop, link->listener, certificates.local);
    assert_true(peer_run_until(link->loop, &link->opened));
    assert_string_equal(SSL_get_servername(link->peer, TLSEXT_NAMETYPE_host_name),
                        "localhost");
}

static void another_name(void **state)
{
    struct link *link = *state;
    dial(link, "127.0.0.1", certificates.ca);
    expect_refused(link, certificates.elsewhere,
                   "the server's certificate is for another name");
}

static void another_ca(void **state)
{
    struct link *link = *state;
    dial(link, "127.0.0.1", certificates.unrelated_ca);
    expect_refused(link, certificates.local,
                   "the server's certificate is not signed by a trusted CA");
}

static void a_ca_unknown_to_the_system(void **state)
{
    struct link *link = *state;
    dial(link, "127.0.0.1", NULL);
    expect_refused(link, certificates.local,
                   "the server's certificate is not signed by a trusted CA");
}

/* Each connection of a loop trusts whom it was told to. */
static void different_trust_on_one_loop(void **state)
{
    struct link *link = *state;
    for (int i = 0; i < 4; i++) {
        link->opened = link->closed = false;
        dial(link, "127.0.0.1", i % 2 ? certificates.unrelated_ca : certificates.ca);
        if (i % 2) {
            expect_refused(link, certificates.local,
                           "the server's certificate is not signed by a trusted CA");
            continue;
        }
        SSL *peer =
            tls_peer_accept_websocket(link->loop, link->listener, certificates.local);
        assert_true(peer_run_until(link->loop, &link->opened));
        ws_close(link->ws, 1000);
        tls_peer_end(peer, false);
    }
}

/* It is no reason to trust the system's CAs, or everybody. */
static void a_ca_file_without_a_certificate(void **state)
{
    struct link *link = *state;
    char path[] = "/tmp/libpusher-ca-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "no certificate\n", 15), 15);
    close(fd);
    setenv("SSL_CERT_FILE", certificates.ca, 1);
    dial(link, "127.0.0.1", path);
    expect_refused(link, certificates.local,
                   "the server's certificate is not signed by a trusted CA");
    unsetenv("SSL_CERT_FILE");
    unlink(path);
}

static void a_ca_file_that_is_missing(void **state)
{
    struct link *link = *state;
    dial(link, "127.0.0.1", "/tmp/libpusher-no-such-file");
    assert_true(peer_run_until(link->loop, &link->closed));
    assert_int_equal(link->how.stage, WS_STAGE_TLS);
    assert_string_equal(link->reason, "the CA file cannot be read");
}

/* --- messages --- */

static size_t put_frame(unsigned char *out, int opcode, char fill, size_t len)
{
    size_t size = 2;
    out[0] = (unsigned char)(0x80 | opcode);
    out[1] = (unsigned char)(len < 126 ? len : len < 65536 ? 126 : 127);
    if (len >= 65536) {
        for (int i = 0; i < 8; i++)
            out[2 + i] = (unsigned char)(len >> (56 - 8 * i));
        size = 10;
    } else if (len >= 126) {
        out[2] = (unsigned char)(len >> 8);
        out[3] = (unsigned char)len;
        size = 4;
    }
    memset(out + size, fill, len);
    return size + len;
}

/* All of one record is decrypted at once: what is not read yet wakes nobody again. */
static void many_messages_in_one_record(void **state)
{
    struct link *link = *state;
    unsigned char record[16000];
    size_t len = 0;
    open_it(link);
    link->awaited = 150;
    for (unsigned i = 0; i < link->awaited; i++)
        len += put_frame(record + len, 1, 'x', 100);
    tls_peer_send(link->loop, link->peer, record, len);
    assert_true(peer_run_until(link->loop, &link->all));
}

static void a_message_of_many_records(void **state)
{
    struct link *link = *state;
    unsigned char *frame = malloc(MAX_MESSAGE + 10);
    assert_non_null(frame);
    open_it(link);
    link->awaited = 1;
    tls_peer_send(link->loop, link->peer, frame, put_frame(frame, 1, 'y', MAX_MESSAGE));
    assert_true(peer_run_until(link->loop, &link->all));
    assert_int_equal(link->last_len, MAX_MESSAGE);
    free(frame);
}

static void sending(void **state)
{
    struct link *link = *state;
    unsigned char head[8], *received = malloc(MAX_MESSAGE);
    char *text = malloc(MAX_MESSAGE);
    assert_true(received && text);
    memset(text, 'z', MAX_MESSAGE);
    open_it(link);
    assert_int_equal(ws_send(link->ws, STR("hi")), 0);
    assert_true(peer_run_until(link->loop, &link->sent));
    assert_int_equal(ws_send(link->ws, (pusher_str){text, 60000}), 0);
    tls_peer_read_bytes(link->loop, link->peer, head, 8);
    assert_memory_equal(head, "\x81\x82", 2);
    assert_int_equal(head[6] ^ head[2], 'h');
    assert_int_equal(head[7] ^ head[3], 'i');
    tls_peer_read_bytes(link->loop, link->peer, head, 8);
    assert_memory_equal(head, "\x81\xfe\xea\x60", 4);
    tls_peer_read_bytes(link->loop, link->peer, received, 60000);
    for (size_t i = 0; i < 60000; i++)
        assert_int_equal(received[i] ^ head[4 + i % 4], 'z');
    free(received);
    free(text);
}

/* --- ends --- */

static void the_peer_closes(void **state)
{
    struct link *link = *state;
    open_it(link);
    tls_peer_send(link->loop, link->peer,
                  "\x88\x06\x10\x04"
                  "full",
                  8);
    assert_true(peer_run_until(link->loop, &link->closed));
    assert_int_equal(link->how.stage, WS_STAGE_OPEN);
    assert_int_equal(link->how.close_code, 4100);
    assert_string_equal(link->reason, "full");
}

static void the_peer_leaves(void **state)
{
    (void)state;
    for (int farewell = 0; farewell < 2; farewell++) {
        struct link link;
        begin(&link);
        open_it(&link);
        tls_peer_end(link.peer, farewell);
        link.peer = NULL;
        assert_true(peer_run_until(link.loop, &link.closed));
        assert_int_equal(link.how.stage, WS_STAGE_OPEN);
        assert_int_equal(link.how.close_code, -1);
        assert_true(link.reason[0]);
        finish(&link);
    }
}

static void closing(void **state)
{
    struct link *link = *state;
    unsigned char frame[8];
    open_it(link);
    ws_close(link->ws, 4001);
    tls_peer_read_bytes(link->loop, link->peer, frame, 8);
    assert_memory_equal(frame, "\x88\x82", 2);
    assert_int_equal((frame[6] ^ frame[2]) << 8 | (frame[7] ^ frame[3]), 4001);
    tls_peer_send(link->loop, link->peer, "\x88\x02\x0f\xa1", 4);
    tls_peer_expect_end(link->loop, link->peer);
    assert_false(link->closed);
}

/* With a peer that does nothing any more, in the handshake and when it is open. */
static void freeing_the_loop(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct link link;
        int descriptors = peer_descriptors();
        begin(&link);
        if (i % 2)
            open_it(&link);
        else
            dial(&link, "127.0.0.1", certificates.ca);
        if (i < 2)
            ws_close(link.ws, 1000);
        pusher_loop_free(link.loop);
        link.loop = NULL;
        assert_false(link.closed);
        finish(&link);
        assert_int_equal(peer_descriptors(), descriptors);
    }
}

/* --- HTTP --- */

struct answer {
    bool done;
    int error, status;
    char body[100], reason[200];
};

static void on_answer(void *userdata, const struct http_response *response)
{
    struct answer *answer = userdata;
    answer->done = true;
    answer->error = response->error;
    answer->status = response->status;
    snprintf(answer->body, sizeof answer->body, "%.*s", (int)response->body.len,
             response->body.len ? response->body.ptr : "");
    snprintf(answer->reason, sizeof answer->reason, "%.*s", (int)response->reason.len,
             response->reason.len ? response->reason.ptr : "");
}

static void ask(struct link *link, struct answer *answer)
{
    struct http_target target = {
        .method = "POST",
        .host = STR("127.0.0.1"),
        .port = link->port,
        .tls = true,
        .ca_file = str_of(certificates.ca),
        .request = STR("/auth"),
        .host_header = STR("127.0.0.1:1"),
        .content_type = STR("text/plain"),
        .body = STR("question"),
        .max_response_bytes = 50,
        .timeout_ms = 10000,
    };
    struct http_request *request;
    *answer = (struct answer){0};
    assert_int_equal(http_start(link->loop, &target, on_answer, answer, &request), 0);
}

static void an_http_request(void **state)
{
    struct link *link = *state;
    struct answer answer;
    char head[2048];
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer";
    ask(link, &answer);
    link->peer = tls_peer_accept(link->loop, peer_accept(link->loop, link->listener),
                                 certificates.local);
    assert_non_null(link->peer);
    tls_peer_read(link->loop, link->peer, head, sizeof head, "question");
    tls_peer_send(link->loop, link->peer, text, sizeof text - 1);
    assert_true(peer_run_until(link->loop, &answer.done));
    assert_int_equal(answer.error, 0);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "answer");
}

/* Nothing is said to a server that is not the right one. */
static void an_http_request_to_another_name(void **state)
{
    struct link *link = *state;
    struct answer answer;
    char head[100];
    ask(link, &answer);
    link->peer = tls_peer_accept(link->loop, peer_accept(link->loop, link->listener),
                                 certificates.elsewhere);
    assert_true(peer_run_until(link->loop, &answer.done));
    assert_int_equal(answer.error, PUSHER_ERR_SYSTEM);
    assert_int_equal(answer.status, 0);
    assert_string_equal(answer.reason, "the server's certificate is for another name");
    if (link->peer)
        assert_true(SSL_read(link->peer, head, sizeof head) <= 0);
}

static int make_certificates(void **state)
{
    struct link link;
    (void)state;
    certificates_make(&certificates);
    begin(&link); /* what a process keeps for good is made before it is counted */
    open_it(&link);
    finish(&link);
    return 0;
}

static int remove_certificates(void **state)
{
    (void)state;
    certificates_remove(&certificates);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trusted_name, setup, teardown),
        cmocka_unit_test_setup_teardown(another_name, setup, teardown),
        cmocka_unit_test_setup_teardown(another_ca, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ca_unknown_to_the_system, setup, teardown),
        cmocka_unit_test_setup_teardown(different_trust_on_one_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ca_file_without_a_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(a_ca_file_that_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(many_messages_in_one_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_of_many_records, setup, teardown),
        cmocka_unit_test_setup_teardown(sending, setup, teardown),
        cmocka_unit_test_setup_teardown(the_peer_closes, setup, teardown),
        cmocka_unit_test(the_peer_leaves),
        cmocka_unit_test_setup_teardown(closing, setup, teardown),
        cmocka_unit_test(freeing_the_loop),
        cmocka_unit_test_setup_teardown(an_http_request, setup, teardown),
        cmocka_unit_test_setup_teardown(an_http_request_to_another_name, setup, teardown),
    };
    return cmocka_run_group_tests_name("tls", tests, make_certificates,
                                       remove_certificates);
}
