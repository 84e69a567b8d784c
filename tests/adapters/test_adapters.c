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

#include <cmocka.h>
#include <pusher/sandbox.h>
#include <pusher/server.h>

#include "driver.h"

enum { DEADLINE_MS = 20000, IDLE_MS = 400, ROUNDS = 50 };

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
    bool subscribed, arrived, posted, detached;
    int problems;
    bool three_problems;
};

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    ((struct rig *)userdata)->subscribed = true;
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

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){0};
    assert_int_equal(pusher_loop_new(&rig->loop, NULL), 0);
    driver_attach(rig->loop);
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
    assert_true(driver_run(&rig->subscribed, DEADLINE_MS));
}

static void rig_close(struct rig *rig)
{
    if (!rig->detached)
        driver_detach();
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
    dispatches = 0;
    driver_run(&never, IDLE_MS);
    /* libwebsockets and its housekeeping get a few, a busy loop thousands. */
    assert_in_range(dispatches, 0, 3);
    rig_close(&rig);
}

static void on_posted(void *arg)
{
    ((struct rig *)arg)->posted = true;
}

static void *post(void *arg)
{
    struct rig *rig = arg;
    pusher_loop_post(rig->loop, on_posted, rig, NULL);
    return NULL;
}

static void posts_wake(void **state)
{
    struct rig rig;
    pthread_t thread;
    (void)state;
    rig_open(&rig);
    assert_int_equal(pthread_create(&thread, NULL, post, &rig), 0);
    assert_true(driver_run(&rig.posted, DEADLINE_MS));
    pthread_join(thread, NULL);
    rig_close(&rig);
}

static void on_detach(void *arg)
{
    struct rig *rig = arg;
    driver_detach();
    rig->detached = true;
}

static void detaching_is_legal_in_a_callback(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    assert_int_equal(pusher_loop_post(rig.loop, on_detach, &rig, NULL), 0);
    assert_true(driver_run(&rig.detached, DEADLINE_MS));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_arrive),
        cmocka_unit_test(deadlines_are_kept),
        cmocka_unit_test(idle_sleeps),
        cmocka_unit_test(posts_wake),
        cmocka_unit_test(detaching_is_legal_in_a_callback),
        cmocka_unit_test(loops_come_and_go),
    };
    driver_open();
    int failed = cmocka_run_group_tests_name(driver_name, tests, NULL, NULL);
    driver_close();
    return failed;
}
