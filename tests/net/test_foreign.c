/*
 * The loop inside another one: all that is known of it is when its descriptor is
 * readable. What is due makes it so, whoever asked for it and when; and nothing else
 * does. A wake-up that was lost shows as a wait that does not end.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "echo.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/ws.h"
#include "peer.h"

enum { DEADLINE_MS = 10000, THREADS = 4 };

static pusher_loop *loop;
static unsigned dispatches;

/* Waits for the descriptor, or for `fd` unless that is -1; true when `fd` is readable. */
static bool wait_once(int fd, int timeout_ms, bool *ret_timed_out)
{
    struct pollfd watched[] = {{.fd = pusher_loop_fd(loop), .events = POLLIN},
                               {.fd = fd, .events = POLLIN}};
    int count = poll(watched, 2, timeout_ms);
    assert_true(count >= 0);
    *ret_timed_out = count == 0;
    if (watched[0].revents) {
        dispatches++;
        assert_int_equal(pusher_loop_dispatch(loop), 0);
    }
    return watched[1].revents != 0;
}

static void drive(const bool *done)
{
    bool lost = false;
    while (!*done && !lost)
        wait_once(-1, DEADLINE_MS, &lost);
    assert_false(lost);
}

static void drive_until_readable(int fd)
{
    bool lost = false;
    while (!lost && !wait_once(fd, DEADLINE_MS, &lost))
        ;
    assert_false(lost);
}

/* Does what is left over, until nothing is for that long. */
static void settle(int quiet_ms)
{
    bool quiet = false;
    while (!quiet)
        wait_once(-1, quiet_ms, &quiet);
}

static int setup(void **state)
{
    (void)state;
    return pusher_loop_new(&loop, NULL);
}

static int teardown(void **state)
{
    (void)state;
    pusher_loop_free(loop);
    return 0;
}

/* --- timers and tasks --- */

struct alarm {
    struct loop_timer timer;
    uint64_t deadline;
    bool rang;
    struct alarm *then; /* set when this one rings */
    unsigned then_ms;
    unsigned *left; /* counted down; NULL: not */
    bool *all_rang;
};

static void set(struct alarm *alarm, uint64_t deadline)
{
    alarm->deadline = deadline;
    loop_timer_set(loop, &alarm->timer, deadline);
}

static void ring(void *userdata)
{
    struct alarm *alarm = userdata;
    assert_false(alarm->rang);
    assert_true(loop_now(loop) >= alarm->deadline);
    alarm->rang = true;
    if (alarm->left && --*alarm->left == 0)
        *alarm->all_rang = true;
    if (alarm->then)
        set(alarm->then, loop_now(loop) + alarm->then_ms);
}

static void alarm_init(struct alarm *alarm)
{
    *alarm = (struct alarm){.timer = {.fire = ring, .userdata = alarm}};
}

static void a_timer_alone(void **state)
{
    static const unsigned delays_ms[] = {0, 1, 2, 30};
    (void)state;
    settle(20);
    for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++) {
        struct alarm alarm;
        alarm_init(&alarm);
        set(&alarm, loop_now(loop) + delays_ms[i]);
        drive(&alarm.rang);
    }
}

static void timers_are_moved(void **state)
{
    struct alarm nearer, farther, cleared;
    (void)state;
    settle(20);
    alarm_init(&nearer);
    alarm_init(&farther);
    alarm_init(&cleared);
    set(&nearer, loop_now(loop) + 60000);
    set(&nearer, loop_now(loop) + 20);
    set(&farther, loop_now(loop) + 5);
    set(&farther, loop_now(loop) + 60); /* ring() checks that it is not early */
    set(&cleared, loop_now(loop) + 5);
    loop_timer_clear(loop, &cleared.timer);
    drive(&nearer.rang);
    assert_false(farther.rang);
    drive(&farther.rang);
    assert_false(cleared.rang);
}

static void many_timers(void **state)
{
    enum { TIMERS = 40 };
    struct alarm alarms[TIMERS];
    unsigned left = TIMERS;
    bool all = false;
    (void)state;
    settle(20);
    for (unsigned i = 0; i < TIMERS; i++) {
        alarm_init(&alarms[i]);
        alarms[i].left = &left;
        alarms[i].all_rang = &all;
        set(&alarms[i], loop_now(loop) + (i * 17) % 80);
    }
    drive(&all);
}

static void timers_set_by_timers(void **state)
{
    enum { TIMERS = 20 };
    struct alarm alarms[TIMERS];
    (void)state;
    settle(20);
    for (unsigned i = 0; i < TIMERS; i++) {
        alarm_init(&alarms[i]);
        alarms[i].then = i + 1 < TIMERS ? &alarms[i + 1] : NULL;
        alarms[i].then_ms = i % 8;
    }
    set(&alarms[0], loop_now(loop));
    drive(&alarms[TIMERS - 1].rang);
}

struct job {
    struct loop_task task;
    int left;
    bool done;
};

static void work(void *userdata)
{
    struct job *job = userdata;
    if (job->left-- > 0)
        loop_task_schedule(loop, &job->task);
    else
        job->done = true;
}

/* More turns than one dispatch has. */
static void tasks_that_go_on(void **state)
{
    struct job job = {.left = 100};
    (void)state;
    settle(20);
    loop_task_init(&job.task, work, &job);
    loop_task_schedule(loop, &job.task);
    drive(&job.done);
}

/* --- posts --- */

struct caller {
    pthread_t thread;
    int calls;
    sem_t answered;
    int *left;
    bool *all_done;
};

static void answer(void *arg)
{
    sem_post(&((struct caller *)arg)->answered);
}

static void hang_up(void *arg)
{
    struct caller *caller = arg;
    if (--*caller->left == 0)
        *caller->all_done = true;
}

/* Each call waits for the last one's answer: it mostly meets a loop that sleeps. */
static void *call(void *arg)
{
    struct caller *caller = arg;
    for (int i = 0; i < caller->calls; i++) {
        if (pusher_loop_post(loop, answer, caller, NULL) == 0)
            sem_wait(&caller->answered);
    }
    pusher_loop_post(loop, hang_up, caller, NULL);
    return NULL;
}

static void posts_wake(void **state)
{
    static const int thread_counts[] = {1, THREADS};
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct caller callers[THREADS];
        int left = thread_counts[round];
        bool done = false;
        for (int i = 0; i < thread_counts[round]; i++) {
            callers[i] = (struct caller){.calls = 500, .left = &left, .all_done = &done};
            sem_init(&callers[i].answered, 0, 0);
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]),
                             0);
        }
        drive(&done);
        for (int i = 0; i < thread_counts[round]; i++) {
            pthread_join(callers[i].thread, NULL);
            sem_destroy(&callers[i].answered);
        }
    }
}

/* A stop says nothing to those who only dispatch, and loses nothing. */
static void a_stop_does_not_swallow_a_post(void **state)
{
    struct caller caller = {.left = &(int){1}, .all_done = &(bool){false}};
    (void)state;
    pusher_loop_stop(loop);
    assert_int_equal(pusher_loop_post(loop, hang_up, &caller, NULL), 0);
    pusher_loop_stop(loop);
    drive(caller.all_done);
    assert_int_equal(pusher_loop_run(loop), 0); /* the stop is still good */
}

/* --- sockets --- */

struct visitor {
    struct ws *ws;
    bool opened, received, closed;
    int left; /* texts to be sent from on_text */
    int *rounds;
    bool *all_done;
    uint16_t port;
};

static void visit(struct visitor *v);

static void on_open(void *userdata)
{
    struct visitor *v = userdata;
    v->opened = true;
    if (v->left)
        assert_int_equal(ws_send(v->ws, STR("hello")), 0);
}

static void on_text(void *userdata, pusher_str text)
{
    struct visitor *v = userdata;
    assert_int_equal(text.len, 5);
    assert_memory_equal(text.ptr, "hello", 5);
    v->received = true;
    if (v->left && --v->left) {
        assert_int_equal(ws_send(v->ws, STR("hello")), 0);
        return;
    }
    if (!v->rounds)
        return;
    ws_close(v->ws, 1000);
    v->ws = NULL;
    if (--*v->rounds > 0)
        visit(v);
    else
        *v->all_done = true;
}

static void on_binary(void *userdata, size_t bytes)
{
    (void)userdata;
    fail_msg("%zu bytes that nobody sent", bytes);
}

static void on_sent(void *userdata)
{
    (void)userdata;
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    struct visitor *v = userdata;
    assert_null(v->rounds); /* these are closed by nobody else */
    (void)closed;
    v->closed = true;
    v->ws = NULL;
}

static void visit(struct visitor *v)
{
    struct ws_target target = {.host = STR("127.0.0.1"),
                               .port = v->port,
                               .request = STR("/"),
                               .host_header = STR("h"),
                               .max_message_bytes = 100,
                               .timeout_ms = 1000};
    static const struct ws_calls calls = {.on_open = on_open,
                                          .on_text = on_text,
                                          .on_binary = on_binary,
                                          .on_sent = on_sent,
                                          .on_closed = on_closed};
    struct ws_handler handler = {&calls, v};
    if (v->rounds) {
        target.timeout_ms = 60000;
        v->left = 3;
    }
    assert_int_equal(ws_dial(loop, &target, &handler, &v->ws), 0);
}

static void on_answer(void *userdata, const struct http_response *response)
{
    (void)userdata;
    (void)response;
    fail_msg("it was cancelled");
}

static void cancelling_between_dispatches(void **state)
{
    struct http_target target = {.method = "GET",
                                 .host = STR("127.0.0.1"),
                                 .request = STR("/"),
                                 .host_header = STR("h"),
                                 .max_response_bytes = 100,
                                 .timeout_ms = 60000};
    struct http_request *request = NULL;
    int listener = peer_listen(&target.port);
    char head[2048];
    (void)state;
    assert_int_equal(http_start(loop, &target, on_answer, NULL, &request), 0);
    int fd = peer_accept(loop, listener);
    peer_read(loop, fd, head, sizeof head, "\r\n\r\n");
    settle(20);
    http_cancel(request);
    drive_until_readable(fd);
    assert_int_equal(read(fd, head, sizeof head), 0);
    close(fd);
    close(listener);
}

static void the_time_of_an_attempt(void **state)
{
    struct visitor v = {0};
    int listener = peer_listen(&v.port);
    (void)state;
    settle(20);
    visit(&v);
    drive(&v.closed);
    assert_false(v.opened);
    close(listener);
}

static void idle_means_asleep(void **state)
{
    struct visitor v = {0};
    struct echo *echo = echo_start(&v.port);
    bool quiet = false;
    (void)state;
    visit(&v);
    drive(&v.opened);
    settle(50);
    dispatches = 0;
    for (int i = 0; i < 10 && !quiet; i++)
        wait_once(-1, 300, &quiet);
    /* libwebsockets may have a turn for itself, but not one after another. */
    assert_true(quiet);
    assert_in_range(dispatches, 0, 2);
    echo_stop(echo);
    drive(&v.closed);
}

/* --- all at once --- */

struct flood {
    pthread_t thread;
    int ran, freed;
};

enum { FLOOD = 3000, VISITORS = 8, VISITS = 60 };

static void ran(void *arg)
{
    ((struct flood *)arg)->ran++;
}

static void freed(void *arg)
{
    ((struct flood *)arg)->freed++;
}

static void *post_without_a_pause(void *arg)
{
    for (int i = 0; i < FLOOD; i++)
        pusher_loop_post(loop, ran, arg, freed);
    return NULL;
}

static void posts_while_sockets_come_and_go(void **state)
{
    struct visitor visitors[VISITORS];
    struct flood floods[THREADS];
    int rounds = VISITS;
    bool done = false;
    uint16_t port;
    struct echo *echo = echo_start(&port);
    (void)state;
    for (int i = 0; i < VISITORS; i++) {
        visitors[i] =
            (struct visitor){.rounds = &rounds, .all_done = &done, .port = port};
        visit(&visitors[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        floods[i] = (struct flood){0};
        assert_int_equal(
            pthread_create(&floods[i].thread, NULL, post_without_a_pause, &floods[i]), 0);
    }
    drive(&done);
    for (int i = 0; i < THREADS; i++)
        pthread_join(floods[i].thread, NULL);
    settle(20);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(floods[i].ran, FLOOD);
        assert_int_equal(floods[i].freed, FLOOD);
    }
    pusher_loop_free(loop);
    echo_stop(echo);
    assert_int_equal(pusher_loop_new(&loop, NULL), 0); /* for the teardown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timer_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_are_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(many_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_set_by_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(tasks_that_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(posts_wake, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stop_does_not_swallow_a_post, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling_between_dispatches, setup, teardown),
        cmocka_unit_test_setup_teardown(the_time_of_an_attempt, setup, teardown),
        cmocka_unit_test_setup_teardown(idle_means_asleep, setup, teardown),
        cmocka_unit_test_setup_teardown(posts_while_sockets_come_and_go, setup, teardown),
    };
    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
