/*
 * A pusher_loop driven by an application's loop: everything arrives, nothing wakes it
 * without need, and it comes and goes without a trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>

#include <cmocka.h>
#include <pusher/sandbox.h>
#include <pusher/server.h>

#include "driver.h"

enum { DEADLINE_MS = 20000, IDLE_MS = 400, ROUNDS = 50, GUESTS = 3 };

unsigned dispatches;

int counted_dispatch(pusher_loop *loop)
{
    dispatches++;
    return pusher_loop_dispatch(loop);
}

/* A loop with a sandbox, a client of it, and what publishes to it. */
struct rig {
    pusher_loop *loop;
    pusher_sandbox *sandbox;
    pusher_server *server;
    pusher_client *client;
    pusher_channel *channel;
    void *attached; /* to the application's loop */
    bool subscribed, arrived;
    int problems;
    bool three_problems;
    void (*on_ready)(struct rig *rig); /* it has subscribed */
};

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    struct rig *rig = userdata;
    rig->subscribed = true;
    if (rig->on_ready)
        rig->on_ready(rig);
}

static void on_order(pusher_client *client, const pusher_event *event, void *userdata)
{
    struct rig *rig = userdata;
    (void)client;
    assert_string_equal(event->data.ptr, "{\"id\":7}");
    rig->arrived = true;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    struct rig *rig = userdata;
    (void)client;
    (void)problem;
    rig->three_problems = ++rig->problems >= 3;
}

static pusher_client *new_client(struct rig *rig, uint16_t port)
{
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.loop = rig->loop;
    options.key = "app-key";
    options.host = "127.0.0.1";
    options.port = port;
    options.tls = false;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 100;
    options.on_problem = on_problem;
    options.userdata = rig;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    return client;
}

/* The application's loop does the rest. */
static void rig_begin(struct rig *rig, void (*on_ready)(struct rig *rig))
{
    *rig = (struct rig){.on_ready = on_ready};
    assert_int_equal(pusher_loop_new(&rig->loop, NULL), 0);
    rig->attached = driver_attach(rig->loop);
    pusher_sandbox_options sandbox;
    pusher_sandbox_options_init(&sandbox);
    sandbox.loop = rig->loop;
    assert_int_equal(pusher_sandbox_new(&rig->sandbox, &sandbox), 0);
    rig->client = new_client(rig, pusher_sandbox_port(rig->sandbox));
    assert_int_equal(pusher_client_subscribe(rig->client, "room", &rig->channel), 0);
    assert_int_equal(pusher_channel_bind(rig->channel, "pusher:subscription_succeeded",
                                         on_subscribed, rig, NULL, NULL),
                     0);
    assert_int_equal(
        pusher_channel_bind(rig->channel, "order", on_order, rig, NULL, NULL), 0);
    assert_int_equal(pusher_client_connect(rig->client), 0);
}

static void rig_open(struct rig *rig)
{
    rig_begin(rig, NULL);
    assert_true(driver_run(&rig->subscribed, DEADLINE_MS));
}

static void rig_close(struct rig *rig)
{
    if (rig->attached)
        driver_detach(rig->attached);
    pusher_server_free(rig->server);
    pusher_loop_free(rig->loop);
}

static void publish(struct rig *rig)
{
    static const char *const channels[] = {"room"};
    pusher_server_options options;
    pusher_server_event event;
    pusher_server_options_init(&options);
    options.loop = rig->loop;
    options.app_id = "app-id";
    options.key = "app-key";
    options.secret = "app-secret";
    options.host = "127.0.0.1";
    options.port = pusher_sandbox_port(rig->sandbox);
    options.tls = false;
    assert_int_equal(pusher_server_new(&rig->server, &options), 0);
    pusher_server_event_init(&event);
    event.name = "order";
    event.data = (pusher_str){"{\"id\":7}", 8};
    event.channels = channels;
    event.channel_count = 1;
    assert_int_equal(pusher_server_publish(rig->server, &event, NULL, NULL, NULL), 0);
}

static void events_arrive(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    publish(&rig);
    assert_true(driver_run(&rig.arrived, DEADLINE_MS));
    rig_close(&rig);
}

/* Timers of the library wake the application's loop too. */
static void deadlines_are_kept(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    uint16_t port = pusher_sandbox_port(rig.sandbox);
    pusher_sandbox_free(rig.sandbox);
    pusher_client *other = new_client(&rig, port);
    assert_int_equal(pusher_client_connect(other), 0);
    assert_true(driver_run(&rig.three_problems, DEADLINE_MS));
    rig_close(&rig);
}

static void idle_sleeps(void **state)
{
    struct rig rig;
    bool never = false;
    (void)state;
    rig_open(&rig);
    driver_run(&never, 50); /* what follows the subscription */
    dispatches = driver_turns = 0;
    driver_run(&never, IDLE_MS);
    /* libwebsockets and its housekeeping get a few, a busy loop thousands. */
    assert_in_range(dispatches, 0, 3);
    assert_in_range(driver_turns, 0, 6); /* with the end of the time */
    rig_close(&rig);
}

/* --- no wake-up is lost --- */

enum { CALLERS = 4, CALLS = 400 };

struct caller {
    pthread_t thread;
    pusher_loop *loop;
    sem_t answered;
    int answers;
    int *left;
    bool *all_done;
};

static void answer(void *arg)
{
    struct caller *caller = arg;
    caller->answers++;
    sem_post(&caller->answered);
}

static void hang_up(void *arg)
{
    struct caller *caller = arg;
    *caller->all_done = --*caller->left == 0;
}

/* Each call waits for the last one's answer: it mostly meets a loop that sleeps. */
static void *call(void *arg)
{
    struct caller *caller = arg;
    for (int i = 0; i < CALLS; i++) {
        if (pusher_loop_post(caller->loop, answer, caller, NULL) == 0)
            sem_wait(&caller->answered);
    }
    pusher_loop_post(caller->loop, hang_up, caller, NULL);
    return NULL;
}

static void posts_wake(void **state)
{
    static const int caller_counts[] = {1, CALLERS};
    struct rig rig;
    (void)state;
    rig_open(&rig);
    for (int round = 0; round < 2; round++) {
        struct caller callers[CALLERS];
        int left = caller_counts[round];
        bool done = false;
        for (int i = 0; i < caller_counts[round]; i++) {
            callers[i] =
                (struct caller){.loop = rig.loop, .left = &left, .all_done = &done};
            sem_init(&callers[i].answered, 0, 0);
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]),
                             0);
        }
        assert_true(driver_run(&done, DEADLINE_MS));
        for (int i = 0; i < caller_counts[round]; i++) {
            pthread_join(callers[i].thread, NULL);
            sem_destroy(&callers[i].answered);
            assert_int_equal(callers[i].answers, CALLS);
        }
    }
    rig_close(&rig);
}

/* --- coming and going --- */

static void on_detach(void *arg)
{
    struct rig *rig = arg;
    driver_detach(rig->attached);
    rig->attached = NULL;
    rig->arrived = true;
}

static void detaching_is_legal_in_a_callback(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    assert_int_equal(pusher_loop_post(rig.loop, on_detach, &rig, NULL), 0);
    assert_true(driver_run(&rig.arrived, DEADLINE_MS));
    rig.arrived = false;
    publish(&rig);
    driver_run(&rig.arrived, 50);
    assert_false(rig.arrived); /* nobody drives it any more */
    rig_close(&rig);
}

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void loops_come_and_go(void **state)
{
    struct rig rig;
    bool never = false;
    (void)state;
    rig_open(&rig); /* what is made once in a process is made now */
    rig_close(&rig);
    driver_run(&never, 1);
    int descriptors = entries("/proc/self/fd");
    int threads = entries("/proc/self/task");
    for (int i = 0; i < ROUNDS; i++) {
        rig_open(&rig);
        rig_close(&rig);
        driver_run(&never, 1);
        assert_int_equal(entries("/proc/self/fd"), descriptors);
        assert_int_equal(entries("/proc/self/task"), threads);
    }
}

/* Several at a time, and each made and freed inside a callback: the application's loop
 * runs all the while. */
struct crowd {
    pusher_loop *host; /* in whose callbacks the others come and go */
    struct guest {
        struct rig rig; /* first: a guest is its rig */
        struct crowd *crowd;
    } guests[GUESTS];
    int here, left; /* rounds to go */
    int descriptors, threads;
    bool over;
};

static void leave(void *arg);

/* In its own callback, where it must not be freed. */
static void on_guest_ready(struct rig *rig)
{
    struct guest *guest = (struct guest *)rig;
    assert_int_equal(pusher_loop_post(guest->crowd->host, leave, guest, NULL), 0);
}

static void enter(struct guest *guest)
{
    guest->crowd->here++;
    rig_begin(&guest->rig, on_guest_ready);
}

static void leave(void *arg)
{
    struct guest *guest = arg;
    struct crowd *crowd = guest->crowd;
    rig_close(&guest->rig);
    crowd->here--;
    if (crowd->left-- > 0) {
        enter(guest);
        return;
    }
    crowd->over = crowd->here == 0;
}

static void let_in(void *arg)
{
    struct crowd *crowd = arg;
    for (int i = 0; i < GUESTS; i++)
        enter(&crowd->guests[i]);
}

static void loops_come_and_go_in_callbacks(void **state)
{
    struct crowd crowd = {.left = ROUNDS};
    bool never = false;
    (void)state;
    assert_int_equal(pusher_loop_new(&crowd.host, NULL), 0);
    void *attached = driver_attach(crowd.host);
    for (int i = 0; i < GUESTS; i++)
        crowd.guests[i].crowd = &crowd;
    crowd.descriptors = entries("/proc/self/fd");
    crowd.threads = entries("/proc/self/task");
    assert_int_equal(pusher_loop_post(crowd.host, let_in, &crowd, NULL), 0);
    assert_true(driver_run(&crowd.over, DEADLINE_MS));
    driver_run(&never, 1);
    assert_int_equal(entries("/proc/self/fd"), crowd.descriptors);
    assert_int_equal(entries("/proc/self/task"), crowd.threads);
    dispatches = driver_turns = 0;
    driver_run(&never, 100);
    assert_in_range(driver_turns, 0, 6); /* nothing of them wakes anybody */
    driver_detach(attached);
    pusher_loop_free(crowd.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_arrive),
        cmocka_unit_test(deadlines_are_kept),
        cmocka_unit_test(idle_sleeps),
        cmocka_unit_test(posts_wake),
        cmocka_unit_test(detaching_is_legal_in_a_callback),
        cmocka_unit_test(loops_come_and_go),
        cmocka_unit_test(loops_come_and_go_in_callbacks),
    };
    driver_open();
    int failed = cmocka_run_group_tests_name(driver_name, tests, NULL, NULL);
    driver_close();
    return failed;
}
