/*
 * Attempts of a loop that has a limit take turns: so many under way, the next one as soon
 * as one is open, has failed or is given up.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "names.h"
#include "net/loop_impl.h"
#include "net/ws.h"
#include "peer.h"

enum { ATTEMPTS = 5, MOST = 2 };

struct attempt {
    struct ws *ws;
    bool turn, opened, closed;
};

struct crowd {
    pusher_loop *loop;
    int listener;
    uint16_t port;
    struct attempt attempts[ATTEMPTS];
};

static void on_turn(void *userdata)
{
    struct attempt *attempt = userdata;
    assert_false(attempt->turn);
    attempt->turn = true;
}

static void on_open(void *userdata)
{
    ((struct attempt *)userdata)->opened = true;
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct attempt *attempt = userdata;
    (void)closed;
    attempt->closed = true;
    attempt->ws = NULL;
}

static const struct ws_calls calls = {
    .on_turn = on_turn, .on_open = on_open, .on_closed = on_closed};

static void dial(struct crowd *crowd, const char *host)
{
    struct ws_target target = {
        .host = str_of(host),
        .port = crowd->port,
        .request = STR("/app/k?protocol=7"),
        .host_header = STR("h"),
        .max_message_bytes = 1000,
        .timeout_ms = 60000,
    };
    for (int i = 0; i < ATTEMPTS; i++) {
        struct ws_handler handler = {&calls, &crowd->attempts[i]};
        assert_int_equal(ws_dial(crowd->loop, &target, &handler, &crowd->attempts[i].ws),
                         0);
    }
}

static void begin(struct crowd *crowd, uint32_t most, uint32_t per_second)
{
    pusher_loop_options options;
    *crowd = (struct crowd){0};
    pusher_loop_options_init(&options);
    assert_int_equal(options.max_connecting, 128);
    assert_int_equal(options.connects_per_second, 0);
    options.max_connecting = most;
    options.connects_per_second = per_second;
    assert_int_equal(pusher_loop_new(&crowd->loop, &options), 0);
    crowd->listener = peer_listen(&crowd->port);
}

static void finish(struct crowd *crowd)
{
    pusher_loop_free(crowd->loop);
    close(crowd->listener);
}

/* The first `most` do not wait, the others do. */
static void expect_waiting_from(struct crowd *crowd, int first)
{
    for (int i = 0; i < ATTEMPTS; i++)
        if (crowd->attempts[i].ws)
            assert_int_equal(ws_is_waiting(crowd->attempts[i].ws), i >= first);
}

static void the_next_when_one_is_open(void **state)
{
    struct crowd crowd;
    int peers[ATTEMPTS];
    (void)state;
    begin(&crowd, MOST, 0);
    dial(&crowd, "127.0.0.1");
    for (int i = 0; i < ATTEMPTS; i++) {
        expect_waiting_from(&crowd, i + MOST);
        assert_int_equal(crowd.attempts[i].turn, i >= MOST);
        peers[i] = peer_accept_websocket(crowd.loop, crowd.listener);
        assert_true(peer_run_until(crowd.loop, &crowd.attempts[i].opened));
        if (i + MOST < ATTEMPTS)
            assert_true(peer_run_until(crowd.loop, &crowd.attempts[i + MOST].turn));
    }
    finish(&crowd);
    for (int i = 0; i < ATTEMPTS; i++)
        close(peers[i]);
}

static void the_next_when_one_has_failed(void **state)
{
    struct crowd crowd;
    (void)state;
    begin(&crowd, MOST, 0);
    dial(&crowd, "none.test");
    expect_waiting_from(&crowd, MOST);
    for (int i = 0; i < ATTEMPTS; i++)
        assert_true(peer_run_until(crowd.loop, &crowd.attempts[i].closed));
    finish(&crowd);
}

static void the_next_when_one_is_given_up(void **state)
{
    struct crowd crowd;
    (void)state;
    begin(&crowd, MOST, 0);
    dial(&crowd, "hang.test");
    ws_close(crowd.attempts[3].ws, 1000); /* it only waits */
    crowd.attempts[3].ws = NULL;
    ws_close(crowd.attempts[0].ws, 1000);
    crowd.attempts[0].ws = NULL;
    assert_true(peer_run_until(crowd.loop, &crowd.attempts[2].turn));
    expect_waiting_from(&crowd, 4);
    ws_close(crowd.attempts[1].ws, 1000);
    crowd.attempts[1].ws = NULL;
    assert_true(peer_run_until(crowd.loop, &crowd.attempts[4].turn));
    assert_false(crowd.attempts[3].turn);
    finish(&crowd);
    names_release();
}

/* With others that wait; what waits has no descriptor. */
static void freeing_the_loop(void **state)
{
    struct crowd crowd;
    (void)state;
    int descriptors = peer_descriptors();
    begin(&crowd, 1, 0);
    dial(&crowd, "127.0.0.1");
    int peer = peer_accept(crowd.loop, crowd.listener);
    finish(&crowd);
    for (int i = 0; i < ATTEMPTS; i++)
        assert_false(crowd.attempts[i].closed || crowd.attempts[i].turn);
    close(peer);
    assert_int_equal(peer_descriptors(), descriptors);
}

static void so_many_a_second(void **state)
{
    struct crowd crowd;
    (void)state;
    begin(&crowd, 0, 20);
    dial(&crowd, "none.test");
    expect_waiting_from(&crowd, 1);
    for (int i = 1; i < ATTEMPTS; i++)
        assert_true(peer_run_until(crowd.loop, &crowd.attempts[i].turn));
    finish(&crowd);
}

/* More than are closed at a time: each says goodbye with its own code, also those that
 * have to wait, and one whose peer ends it meanwhile does no harm. */
static void closing_many_at_once(void **state)
{
    enum { MANY = 200, GONE = 190 };
    static struct attempt many[MANY];
    static int peers[MANY];
    struct crowd crowd;
    struct ws_target target = {
        .host = STR("127.0.0.1"),
        .request = STR("/app/k?protocol=7"),
        .host_header = STR("h"),
        .max_message_bytes = 1000,
        .timeout_ms = 60000,
    };
    (void)state;
    begin(&crowd, 1, 0);
    target.port = crowd.port;
    for (int i = 0; i < MANY; i++) {
        struct ws_handler handler = {&calls, &many[i]};
        assert_int_equal(ws_dial(crowd.loop, &target, &handler, &many[i].ws), 0);
    }
    for (int i = 0; i < MANY; i++) {
        peers[i] = peer_accept_websocket(crowd.loop, crowd.listener);
        assert_true(peer_run_until(crowd.loop, &many[i].opened));
    }
    for (int i = 0; i < MANY; i++)
        ws_close(many[i].ws, 1000 + (i & 1) * 3000);
    assert_false(list_empty(&crowd.loop->closing));
    close(peers[GONE]); /* it waits */
    for (int i = 0; i < MANY; i++) {
        char code[200];
        size_t len;
        if (i == GONE)
            continue;
        assert_int_equal(peer_read_frame(crowd.loop, peers[i], code, sizeof code, &len),
                         PEER_CLOSE);
        assert_int_equal(len, 2);
        assert_memory_equal(code, i & 1 ? "\x0f\xa0" : "\x03\xe8", 2);
        peer_send_frame(peers[i], PEER_CLOSE, true, code, 2);
        peer_expect_end(crowd.loop, peers[i]);
        close(peers[i]);
    }
    peer_begin();
    while (crowd.loop->websockets)
        peer_step(crowd.loop);
    assert_int_equal(crowd.loop->closing_now, 0);
    for (int i = 0; i < MANY; i++)
        assert_false(many[i].closed);
    finish(&crowd);
}

static void options_out_of_range(void **state)
{
    pusher_loop *loop = NULL;
    pusher_loop_options options;
    (void)state;
    pusher_loop_options_init(&options);
    options.max_connecting = 1000001;
    assert_int_equal(pusher_loop_new(&loop, &options), PUSHER_ERR_INVALID);
    pusher_loop_options_init(&options);
    options.connects_per_second = 1000001;
    assert_int_equal(pusher_loop_new(&loop, &options), PUSHER_ERR_INVALID);
    assert_null(loop);
}

/* Of a program that was compiled when the struct ended with the allocator. */
static void options_of_old(void **state)
{
    pusher_loop *loop = NULL;
    pusher_loop_options options;
    (void)state;
    memset(&options, 0xff, sizeof options);
    size_t old = offsetof(pusher_loop_options, allocator) + sizeof(void *);
    pusher_loop_options_init_sized(&options, old);
    assert_int_equal(options.max_connecting, UINT32_MAX); /* not touched */
    assert_int_equal(pusher_loop_new(&loop, &options), 0);
    pusher_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_when_one_is_open),
        cmocka_unit_test(the_next_when_one_has_failed),
        cmocka_unit_test(the_next_when_one_is_given_up),
        cmocka_unit_test(freeing_the_loop),
        cmocka_unit_test(so_many_a_second),
        cmocka_unit_test(closing_many_at_once),
        cmocka_unit_test(options_out_of_range),
        cmocka_unit_test(options_of_old),
    };
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
