/*
 * A machine without a network: attempts fail at once, with the system's words, and leave
 * nothing behind.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "net/ws.h"
#include "peer.h"

enum { SOME = 10, MANY = 200, BYTES_EACH = 50 };

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    assert_int_equal(closed->stage, WS_STAGE_CONNECT);
    *(int *)userdata = closed->system_error;
}

static const struct ws_calls calls = {.on_closed = on_closed};

static void try(pusher_loop *loop, int times)
{
    struct ws_target target = {
        .host = STR("127.0.0.1"),
        .port = 9,
        .request = STR("/app/k?protocol=7"),
        .host_header = STR("h"),
        .max_message_bytes = 1000,
        .timeout_ms = 60000,
    };
    while (times--) {
        int error = -1;
        struct ws_handler handler = {&calls, &error};
        struct ws *ws = NULL;
        assert_int_equal(ws_dial(loop, &target, &handler, &ws), 0);
        peer_begin();
        while (error == -1)
            peer_step(loop);
        assert_int_equal(error, ENETUNREACH);
    }
}

static size_t heap_used(void)
{
    return mallinfo2().uordblks;
}

static void attempts_leave_nothing(void **state)
{
    pusher_loop *loop = NULL;
    (void)state;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    try(loop, SOME);
    size_t before = heap_used();
    try(loop, MANY);
    size_t after = heap_used();
    assert_true(after < before + (size_t)MANY * BYTES_EACH);
    pusher_loop_free(loop);
}

/* In a network of its own, whose loopback is down. */
int main(int argc, char **argv)
{
    if (argc == 1) {
        execlp("unshare", "unshare", "--user", "--map-root-user", "--net", "--", argv[0],
               "inside", (char *)NULL);
        perror("unshare");
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(attempts_leave_nothing)};
    return cmocka_run_group_tests_name("unreachable", tests, NULL, NULL);
}
