/*
 * The system sleeps and wakes up: a connection is probed at once, and an attempt that is
 * waited for starts at once. The clock is the test's: it defines clock_gettime() itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <pusher/pusher.h>
#include <pusher/sandbox.h>

#include "net/loop_impl.h"

static int64_t slept_s;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, ret);
    if (clock == CLOCK_BOOTTIME)
        ret->tv_sec += slept_s;
    return rc;
}

/* The kernel's timers know nothing of our sleep. */
int timerfd_settime(int fd, int flags, const struct itimerspec *value,
                    struct itimerspec *old)
{
    struct itimerspec real = *value;
    if (flags == TFD_TIMER_ABSTIME && real.it_value.tv_sec > slept_s)
        real.it_value.tv_sec -= slept_s;
    return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void suspend(pusher_loop *loop, int64_t seconds)
{
    slept_s += seconds;
    /* Here nobody sets the clock, so something else has to wake the loop. */
    assert_int_equal(pusher_loop_post(loop, nothing, NULL, NULL), 0);
}

static void stop_when_connected(pusher_client *client, pusher_state previous,
                                pusher_state current, void *userdata)
{
    (void)previous;
    (void)userdata;
    if (current == PUSHER_STATE_CONNECTED)
        pusher_loop_stop(pusher_client_loop(client));
}

static void stop_on_problem(pusher_client *client, const pusher_problem *problem,
                            void *userdata)
{
    (void)problem;
    ++*(int *)userdata;
    pusher_loop_stop(pusher_client_loop(client));
}

static pusher_client *new_client(pusher_loop *loop, uint16_t port, int *problems)
{
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.loop = loop;
    options.key = "app-key";
    options.host = "127.0.0.1";
    options.port = port;
    options.tls = false;
    options.backoff_min_ms = 600000;
    options.backoff_max_ms = 3600000;
    options.on_state = stop_when_connected;
    options.on_problem = stop_on_problem;
    options.userdata = problems;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    assert_int_equal(pusher_client_connect(client), 0);
    return client;
}

static pusher_sandbox *new_sandbox(pusher_loop *loop)
{
    pusher_sandbox *sandbox = NULL;
    pusher_sandbox_options options;
    pusher_sandbox_options_init(&options);
    options.loop = loop;
    assert_int_equal(pusher_sandbox_new(&sandbox, &options), 0);
    return sandbox;
}

static void connection_is_probed(void **state)
{
    pusher_loop *loop = NULL;
    int problems = 0;
    (void)state;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    pusher_sandbox *sandbox = new_sandbox(loop);
    pusher_client *client = new_client(loop, pusher_sandbox_port(sandbox), &problems);
    assert_int_equal(pusher_loop_run_for(loop, 20000), 0);
    suspend(loop, 30); /* far less than the activity timeout */
    for (int i = 0; i < 200 && pusher_client_round_trip(client, NULL, NULL); i++)
        pusher_loop_run_for(loop, 10);
    assert_int_equal(pusher_client_round_trip(client, NULL, NULL), 0);
    assert_int_equal(problems, 0);
    pusher_loop_free(loop);
}

static void next_attempt_starts(void **state)
{
    pusher_loop *loop = NULL;
    int problems = 0;
    (void)state;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    pusher_sandbox *sandbox = new_sandbox(loop);
    uint16_t port = pusher_sandbox_port(sandbox);
    pusher_sandbox_free(sandbox);
    pusher_loop_run_for(loop, 50);
    new_client(loop, port, &problems);
    assert_int_equal(pusher_loop_run_for(loop, 20000), 0);
    assert_int_equal(problems, 1);
    suspend(loop, 30); /* far less than the backoff */
    assert_int_equal(pusher_loop_run_for(loop, 20000), 0);
    assert_int_equal(problems, 2);
    pusher_loop_free(loop);
}

static void a_loop_without_clients(void **state)
{
    pusher_loop *loop = NULL;
    (void)state;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    suspend(loop, 3600);
    assert_int_equal(pusher_loop_run_for(loop, 10), PUSHER_ERR_TIMEOUT);
    pusher_loop_free(loop);
}

/* The system's own "so long ago" does not count the sleep: what is older than it is
 * longer ago by that (SUB-16). */
static void what_was_before_is_longer_ago(void **state)
{
    pusher_loop *loop = NULL;
    (void)state;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    suspend(loop, 3600);
    assert_int_equal(pusher_loop_run_for(loop, 50), PUSHER_ERR_TIMEOUT);
    uint64_t now = clock_ms();
    assert_in_range(loop_awake_ago(loop, 10), now - 10, now + 10000);
    now = clock_ms();
    assert_in_range(loop_awake_ago(loop, 20000), now - 3620000, now - 3610000);
    pusher_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_is_probed),
        cmocka_unit_test(next_attempt_starts),
        cmocka_unit_test(a_loop_without_clients),
        cmocka_unit_test(what_was_before_is_longer_ago),
    };
    return cmocka_run_group_tests_name("suspend", tests, NULL, NULL);
}
