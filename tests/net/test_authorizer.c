/*
 * An authorizer whose answers come from another thread, by pusher_loop_post() and by a
 * mailbox: in time, and for a connection or a channel that is gone meanwhile (AUTH-07,
 * SUB-11).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include <pusher/pusher.h>
#include <pusher/sandbox.h>
#include <pusher/server.h>

#include "base/list.h"

enum { CHANNELS = 20, DEADLINE_MS = 20000 };

#define KEY    "app-key"
#define SECRET "app-secret"

/* A request on its way to the thread and back. */
struct job {
    struct list link;
    struct app *app;
    pusher_id id;
    char socket_id[64], channel[64], json[256];
};

struct app {
    pusher_loop *loop;
    pusher_mailbox *mailbox;
    pusher_client *client;
    bool hold; /* requests wait in `held` */
    struct list held;
    unsigned begun, subscribed, wanted, resolved, too_late;

    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct list jobs;
    bool over;
};

/* --- the thread --- */

/* On the loop's thread. */
static void answer(void *arg)
{
    struct job *job = arg;
    struct app *app = job->app;
    int rc = pusher_auth_resolve(app->client, job->id, job->json, strlen(job->json));
    app->resolved += rc == 0;
    app->too_late += rc == PUSHER_ERR_NOT_FOUND;
    assert_true(rc == 0 || rc == PUSHER_ERR_NOT_FOUND);
    if (app->too_late == app->wanted)
        pusher_loop_stop(app->loop);
}

static void sign(struct job *job, bool by_mailbox)
{
    char auth[PUSHER_SERVER_AUTH_SIZE(sizeof KEY)];
    int rc = pusher_server_sign_channel(KEY, SECRET, job->socket_id, job->channel, NULL,
                                        auth, sizeof auth);
    snprintf(job->json, sizeof job->json, "{\"auth\":\"%s\"}", rc ? "" : auth);
    if (by_mailbox)
        pusher_mailbox_post(job->app->mailbox, answer, job, free);
    else
        pusher_loop_post(job->app->loop, answer, job, free);
}

static void *work(void *arg)
{
    struct app *app = arg;
    bool by_mailbox = false;
    pthread_mutex_lock(&app->lock);
    while (!app->over) {
        if (list_empty(&app->jobs)) {
            pthread_cond_wait(&app->wake, &app->lock);
            continue;
        }
        struct job *job = container_of(app->jobs.next, struct job, link);
        list_remove(&job->link);
        pthread_mutex_unlock(&app->lock);
        sign(job, by_mailbox);
        by_mailbox = !by_mailbox;
        pthread_mutex_lock(&app->lock);
    }
    pthread_mutex_unlock(&app->lock);
    return NULL;
}

static void give(struct app *app, struct job *job)
{
    pthread_mutex_lock(&app->lock);
    list_append(&app->jobs, &job->link);
    pthread_cond_signal(&app->wake);
    pthread_mutex_unlock(&app->lock);
}

/* --- the client --- */

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    struct app *app = userdata;
    (void)client;
    for (size_t i = 0; i < count; i++) {
        struct job *job = calloc(1, sizeof *job);
        assert_non_null(job);
        job->app = app;
        job->id = requests[i].id;
        snprintf(job->socket_id, sizeof job->socket_id, "%s", requests[i].socket_id.ptr);
        snprintf(job->channel, sizeof job->channel, "%s", requests[i].channel_name.ptr);
        app->begun++;
        if (app->hold)
            list_append(&app->held, &job->link);
        else
            give(app, job);
    }
    if (app->hold && app->begun == CHANNELS)
        pusher_loop_stop(app->loop);
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    struct app *app = userdata;
    (void)client;
    (void)event;
    if (++app->subscribed == app->wanted)
        pusher_loop_stop(app->loop);
}

static void subscribe(struct app *app, int number)
{
    char name[32];
    pusher_channel *channel;
    snprintf(name, sizeof name, "private-%d", number);
    assert_int_equal(pusher_client_subscribe(app->client, name, &channel), 0);
    assert_int_equal(pusher_channel_bind(channel, "pusher:subscription_succeeded",
                                         on_subscribed, app, NULL, NULL),
                     0);
}

static void make_client(struct app *app, pusher_sandbox *sandbox)
{
    pusher_options options;
    pusher_options_init(&options);
    options.loop = app->loop;
    options.key = KEY;
    options.host = "127.0.0.1";
    options.port = pusher_sandbox_port(sandbox);
    options.tls = false;
    options.authorizer =
        (pusher_authorizer){.begin = begin, .batch = true, .userdata = app};
    assert_int_equal(pusher_client_new(&app->client, &options), 0);
    for (int i = 0; i < CHANNELS; i++)
        subscribe(app, i);
    assert_int_equal(pusher_client_connect(app->client), 0);
}

static int setup(void **state)
{
    struct app *app = calloc(1, sizeof *app);
    pusher_sandbox *sandbox;
    pusher_sandbox_options options;
    assert_non_null(app);
    list_init(&app->held);
    list_init(&app->jobs);
    pthread_mutex_init(&app->lock, NULL);
    pthread_cond_init(&app->wake, NULL);
    assert_int_equal(pusher_loop_new(&app->loop, NULL), 0);
    assert_int_equal(pusher_mailbox_new(&app->mailbox, app->loop), 0);
    pusher_sandbox_options_init(&options);
    options.loop = app->loop;
    options.key = KEY;
    options.secret = SECRET;
    assert_int_equal(pusher_sandbox_new(&sandbox, &options), 0);
    make_client(app, sandbox);
    assert_int_equal(pthread_create(&app->thread, NULL, work, app), 0);
    *state = app;
    return 0;
}

static int teardown(void **state)
{
    struct app *app = *state;
    pthread_mutex_lock(&app->lock);
    app->over = true;
    pthread_cond_signal(&app->wake);
    pthread_mutex_unlock(&app->lock);
    pthread_join(app->thread, NULL);
    pusher_client_free(app->client);
    pusher_loop_free(app->loop);
    pusher_mailbox_free(app->mailbox);
    pthread_cond_destroy(&app->wake);
    pthread_mutex_destroy(&app->lock);
    free(app);
    return 0;
}

static void run(struct app *app, unsigned wanted)
{
    app->wanted = wanted;
    assert_int_equal(pusher_loop_run_for(app->loop, DEADLINE_MS), 0);
}

static void give_held(struct app *app)
{
    app->hold = false;
    while (!list_empty(&app->held)) {
        struct job *job = container_of(app->held.next, struct job, link);
        list_remove(&job->link);
        give(app, job);
    }
}

/* --- tests --- */

static void answers_from_a_thread(void **state)
{
    struct app *app = *state;
    run(app, CHANNELS);
    assert_int_equal(app->subscribed, CHANNELS);
    assert_int_equal(app->resolved, CHANNELS);
    assert_int_equal(app->too_late, 0);
}

/* What was signed for the old connection is refused, and never used on the new one. */
static void answers_after_a_reconnect(void **state)
{
    struct app *app = *state;
    app->hold = true;
    run(app, CHANNELS);
    assert_int_equal(app->begun, CHANNELS);
    pusher_client_disconnect(app->client);
    pusher_client_connect(app->client);
    app->hold = false;
    run(app, CHANNELS); /* anew, for another socket id */
    assert_int_equal(app->begun, 2 * CHANNELS);
    assert_int_equal(app->resolved, CHANNELS);
    give_held(app);
    run(app, CHANNELS);
    assert_int_equal(app->too_late, CHANNELS);
    assert_int_equal(app->resolved, CHANNELS);
    assert_int_equal(app->subscribed, CHANNELS);
}

static void answers_for_channels_that_are_gone(void **state)
{
    struct app *app = *state;
    app->hold = true;
    run(app, CHANNELS);
    for (int i = 0; i < CHANNELS; i++) {
        char name[32];
        snprintf(name, sizeof name, "private-%d", i);
        pusher_channel_unsubscribe(pusher_client_channel(app->client, name));
    }
    give_held(app);
    run(app, CHANNELS);
    assert_int_equal(app->too_late, CHANNELS);
    assert_int_equal(app->subscribed, 0);
    subscribe(app, CHANNELS); /* and the connection is as it was */
    app->subscribed = CHANNELS - 1;
    run(app, CHANNELS);
    assert_int_equal(app->resolved, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_from_a_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_after_a_reconnect, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_for_channels_that_are_gone, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("net: authorizer", tests, NULL, NULL);
}
