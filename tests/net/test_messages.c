/*
 * Messages of an open WebSocket, both ways, and how it ends.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/str.h"
#include "net/ws.h"
#include "peer.h"

enum { MAX_MESSAGE = 40000 };

struct link {
    pusher_loop *loop;
    struct ws *ws;
    int listener, socket;
    bool opened, closed, received;
    char *text;
    size_t len, binary_bytes;
    unsigned messages, sent;
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
    assert_true(text.len <= MAX_MESSAGE);
    memcpy(link->text, text.ptr, text.len);
    link->len = text.len;
    link->messages++;
    link->received = true;
}

static void on_binary(void *userdata, size_t bytes)
{
    struct link *link = userdata;
    link->binary_bytes = bytes;
    link->received = true;
}

static void on_sent(void *userdata)
{
    struct link *link = userdata;
    assert_true(ws_can_send(link->ws));
    link->sent++;
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct link *link = userdata;
    assert_false(link->closed);
    link->closed = true;
    link->how = *closed;
    memcpy(link->reason, closed->reason.ptr ? closed->reason.ptr : "",
           closed->reason.len);
    link->reason[closed->reason.len] = '\0';
    link->ws = NULL;
}

static int setup(void **state)
{
    struct link *link = calloc(1, sizeof *link);
    uint16_t port;
    link->text = malloc(MAX_MESSAGE + 1);
    assert_int_equal(pusher_loop_new(&link->loop, NULL), 0);
    link->listener = peer_listen(&port);
    struct ws_target target = {
        .host = STR("127.0.0.1"),
        .port = port,
        .request = STR("/"),
        .host_header = STR("h"),
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
    link->socket = peer_accept_websocket(link->loop, link->listener);
    assert_true(peer_run_until(link->loop, &link->opened));
    *state = link;
    return 0;
}

static int teardown(void **state)
{
    struct link *link = *state;
    pusher_loop_free(link->loop);
    close(link->listener);
    close(link->socket);
    free(link->text);
    free(link);
    return 0;
}

static void fill(char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (char)('a' + i % 26);
}

static void expect_message(struct link *link, const char *text, size_t len)
{
    link->received = false;
    assert_true(peer_run_until(link->loop, &link->received));
    assert_int_equal(link->len, len);
    assert_memory_equal(link->text, text, len);
}

static void sizes(void **state)
{
    static const size_t lengths[] = {0,     1,     125,   126,   1023,  1024, 4095,
                                     16383, 16384, 16385, 20000, 32768, 39999};
    struct link *link = *state;
    char *text = malloc(MAX_MESSAGE);
    fill(text, MAX_MESSAGE);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        peer_send_frame(link->socket, PEER_TEXT, true, text, lengths[i]);
        expect_message(link, text, lengths[i]);
    }
    free(text);
}

static void fragments(void **state)
{
    struct link *link = *state;
    char text[3000];
    fill(text, sizeof text);
    memcpy(text + 998, "\xf0\x9f\x98\x80", 4); /* a character across the fragments */
    peer_send_frame(link->socket, PEER_TEXT, false, text, 1000);
    peer_send_frame(link->socket, -1, false, text + 1000, 0);
    peer_send_frame(link->socket, -1, false, text + 1000, 1);
    peer_send_frame(link->socket, -1, true, text + 1001, sizeof text - 1001);
    expect_message(link, text, sizeof text);
    assert_int_equal(link->messages, 1);
}

static void binary(void **state)
{
    struct link *link = *state;
    peer_send_frame(link->socket, PEER_BINARY, true, "\xff\xfe", 2);
    assert_true(peer_run_until(link->loop, &link->received));
    assert_int_equal(link->binary_bytes, 2);
    assert_int_equal(link->messages, 0);
}

static void expect_closed(struct link *link, enum ws_stage stage, const char *reason)
{
    assert_true(peer_run_until(link->loop, &link->closed));
    assert_int_equal(link->how.stage, stage);
    assert_string_equal(link->reason, reason);
}

static void expect_close_frame(struct link *link, const char *code)
{
    char frame[200];
    size_t len;
    assert_int_equal(peer_read_frame(link->loop, link->socket, frame, sizeof frame, &len),
                     8);
    assert_memory_equal(frame, code, 2);
}

static void exactly_the_limit(void **state)
{
    struct link *link = *state;
    char *text = malloc(MAX_MESSAGE + 1);
    fill(text, MAX_MESSAGE + 1);
    peer_send_frame(link->socket, PEER_TEXT, true, text, MAX_MESSAGE);
    expect_message(link, text, MAX_MESSAGE);
    peer_send_frame(link->socket, PEER_TEXT, true, text, MAX_MESSAGE + 1);
    expect_closed(link, WS_STAGE_LIMIT, "it is larger than max_message_bytes");
    expect_close_frame(link, "\x03\xf1"); /* 1009 */
    free(text);
}

static void fragments_beyond_the_limit(void **state)
{
    struct link *link = *state;
    char text[1000];
    fill(text, sizeof text);
    peer_send_frame(link->socket, PEER_TEXT, false, text, sizeof text);
    for (int i = 0; i < MAX_MESSAGE / 1000 - 1; i++)
        peer_send_frame(link->socket, -1, false, text, sizeof text);
    pusher_loop_run_for(link->loop, 20);
    assert_false(link->closed);
    peer_send_frame(link->socket, -1, false, text, 1);
    expect_closed(link, WS_STAGE_LIMIT, "it is larger than max_message_bytes");
    expect_close_frame(link, "\x03\xf1");
}

static void not_utf8(void **state)
{
    struct link *link = *state;
    peer_send_frame(link->socket, PEER_TEXT, true, "a\xff", 2);
    expect_closed(link, WS_STAGE_INVALID, "a text message is not UTF-8");
    expect_close_frame(link, "\x03\xef"); /* 1007 */
    assert_int_equal(link->messages, 0);
}

static void half_a_character_at_the_end(void **state)
{
    struct link *link = *state;
    peer_send_frame(link->socket, PEER_TEXT, false, "a", 1);
    peer_send_frame(link->socket, -1, true, "\xe2\x82", 2);
    expect_closed(link, WS_STAGE_INVALID, "a text message is not UTF-8");
}

static void a_reserved_opcode(void **state)
{
    struct link *link = *state;
    peer_send(link->socket, "\x83\x01x", 3);
    expect_closed(link, WS_STAGE_INVALID, "a frame that RFC 6455 does not allow");
    peer_expect_end(link->loop, link->socket);
}

static void close_code_and_reason(void **state)
{
    struct link *link = *state;
    peer_send_frame(link->socket, PEER_CLOSE, true, "\x10\x68over capacity", 15);
    expect_closed(link, WS_STAGE_OPEN, "over capacity");
    assert_int_equal(link->how.close_code, 4200);
    expect_close_frame(link, "\x10\x68");
}

static void close_without_a_code(void **state)
{
    struct link *link = *state;
    peer_send_frame(link->socket, PEER_CLOSE, true, "", 0);
    expect_closed(link, WS_STAGE_OPEN, "");
    assert_int_equal(link->how.close_code, -1);
}

static void end_without_a_close_frame(void **state)
{
    struct link *link = *state;
    shutdown(link->socket, SHUT_WR);
    expect_closed(link, WS_STAGE_OPEN, "it ended without a close frame");
    assert_int_equal(link->how.close_code, -1);
}

static void reset(void **state)
{
    struct link *link = *state;
    struct linger hard = {.l_onoff = 1};
    setsockopt(link->socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(link->socket);
    link->socket = -1;
    expect_closed(link, WS_STAGE_OPEN,
                  peer_words(link->loop, "Connection reset by peer",
                             "it ended without a close frame"));
    if (pusher_loop_fd(link->loop) >= 0)
        assert_int_equal(link->how.system_error, 104);
}

/* One frame at a time, each masked, in order; the text is copied. */
static void sending(void **state)
{
    struct link *link = *state;
    for (unsigned i = 1; i <= 20; i++) {
        char text[600], frame[700];
        size_t len;
        memset(text, (int)('a' + i), sizeof text);
        assert_true(ws_can_send(link->ws));
        assert_int_equal(ws_send(link->ws, (pusher_str){text, 30 * (size_t)i}), 0);
        assert_false(ws_can_send(link->ws));
        memset(text, 'Z', sizeof text);
        assert_int_equal(
            peer_read_frame(link->loop, link->socket, frame, sizeof frame, &len), 1);
        assert_int_equal(len, 30 * i);
        assert_int_equal(frame[0], 'a' + (int)i);
        assert_int_equal(frame[len - 1], 'a' + (int)i);
        assert_int_equal(link->sent, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(fragments, setup, teardown),
        cmocka_unit_test_setup_teardown(binary, setup, teardown),
        cmocka_unit_test_setup_teardown(exactly_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(fragments_beyond_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(not_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_character_at_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reserved_opcode, setup, teardown),
        cmocka_unit_test_setup_teardown(close_code_and_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(close_without_a_code, setup, teardown),
        cmocka_unit_test_setup_teardown(end_without_a_close_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(reset, setup, teardown),
        cmocka_unit_test_setup_teardown(sending, setup, teardown),
    };
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
