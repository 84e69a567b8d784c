/*
 * Posting at full rate from many threads, while clients connect and die, and while the
 * loop itself goes: each posted argument is freed exactly once, whatever becomes of the
 * call.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <pusher/pusher.h>
#include <pusher/sandbox.h>

#include "peer.h"

enum { THREADS = 4, LOOPS = 40, POSTS = 2000, CLIENTS = 8, LIVES = 40 };

static pusher_loop *new_loop(void)
{
    pusher_loop *loop = NULL;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    return loop;
}

/* --- the loop goes while others post --- */

struct poster {
    pthread_t thread;
    pusher_mailbox *mailbox;
    atomic_int posted; /* calls of pusher_mailbox_post() that have returned */
    atomic_int ran, freed;
    int refused; /* the loop was gone */
    int others;  /* other errors */
};

static void ran(void *arg)
{
    ((struct poster *)arg)->ran++;
}

static void freed(void *arg)
{
    ((struct poster *)arg)->freed++;
}

/* Without a pause, until the loop is gone and a little longer. */
static void *post_until_refused(void *arg)
{
    struct poster *poster = arg;
    while (poster->refused < 100 && !poster->others) {
        int rc = pusher_mailbox_post(poster->mailbox, ran, poster, freed);
        poster->posted++;
        poster->refused += rc == PUSHER_ERR_STATE;
        poster->others += rc && rc != PUSHER_ERR_STATE;
    }
    pusher_mailbox_free(poster->mailbox);
    return NULL;
}

static void pause_or_step(pusher_loop *loop)
{
    if (loop)
        peer_step(loop);
    else
        sched_yield();
}

static void free_under_fire(pusher_loop *loop, bool on_a_thread, int turns)
{
    struct poster posters[THREADS];
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){.others = 0};
        assert_int_equal(pusher_mailbox_new(&posters[i].mailbox, loop), 0);
        assert_int_equal(
            pthread_create(&posters[i].thread, NULL, post_until_refused, &posters[i]), 0);
    }
    if (on_a_thread)
        assert_int_equal(pusher_loop_start(loop), 0);
    peer_begin();
    for (int i = 0; i < THREADS; i++)
        while (posters[i].posted < turns)
            pause_or_step(on_a_thread ? NULL : loop);
    pusher_loop_free(loop);
    for (int i = 0; i < THREADS; i++) {
        struct poster *poster = &posters[i];
        pthread_join(poster->thread, NULL);
        assert_int_equal(poster->others, 0);
        assert_int_equal(poster->freed, poster->posted);
        assert_true(poster->ran <= poster->posted - poster->refused);
    }
}

static void the_loop_goes_while_others_post(void **state)
{
    (void)state;
    for (int i = 0; i < LOOPS; i++)
        free_under_fire(new_loop(), i % 2 != 0, i % 10);
}

/* --- mailboxes of a loop that is gone --- */

static void mailboxes_outlive_the_loop(void **state)
{
    pusher_mailbox *one = NULL, *other = NULL;
    struct poster poster = {.others = 0};
    pusher_loop *loop = new_loop();
    (void)state;
    assert_int_equal(pusher_mailbox_new(NULL, loop), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_mailbox_new(&one, NULL), PUSHER_ERR_INVALID);
    assert_null(one);
    assert_int_equal(pusher_mailbox_new(&one, loop), 0);
    assert_int_equal(pusher_mailbox_new(&other, loop), 0);
    assert_int_equal(pusher_mailbox_post(one, ran, &poster, freed), 0);
    pusher_mailbox_free(one); /* what was posted stays so */
    pusher_loop_run_for(loop, 0);
    assert_int_equal(poster.ran, 1);
    assert_int_equal(poster.freed, 1);
    assert_int_equal(pusher_mailbox_post(other, ran, &poster, freed), 0);
    pusher_loop_free(loop);
    assert_int_equal(poster.freed, 2);
    assert_int_equal(pusher_mailbox_post(other, ran, &poster, freed), PUSHER_ERR_STATE);
    assert_int_equal(poster.ran, 1);
    assert_int_equal(poster.freed, 3);
    assert_int_equal(pusher_mailbox_post(other, NULL, &poster, freed),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_mailbox_post(NULL, ran, &poster, freed), PUSHER_ERR_INVALID);
    assert_int_equal(poster.freed, 5);
    pusher_mailbox_free(other);
    pusher_mailbox_free(NULL);
}

static void free_client(void *client)
{
    pusher_client_free(client);
}

static void never_runs(void *arg)
{
    (void)arg;
    fail_msg("the loop is being freed");
}

/* A client that made the loop itself, freed by a post with others behind it. */
static void the_loop_goes_with_its_client(void **state)
{
    static const uint32_t times_ms[] = {0, 10000};
    (void)state;
    for (size_t i = 0; i < sizeof times_ms / sizeof *times_ms; i++) {
        struct poster poster = {.others = 0};
        pusher_client *client = NULL;
        pusher_options options;
        pusher_options_init(&options);
        options.key = "key";
        options.host = "127.0.0.1";
        assert_int_equal(pusher_client_new(&client, &options), 0);
        pusher_loop *loop = pusher_client_loop(client);
        assert_int_equal(pusher_mailbox_new(&poster.mailbox, loop), 0);
        assert_int_equal(pusher_loop_post(loop, free_client, client, NULL), 0);
        assert_int_equal(pusher_loop_post(loop, never_runs, &poster, freed), 0);
        assert_int_equal(pusher_loop_run_for(loop, times_ms[i]), 0);
        assert_int_equal(poster.freed, 1);
        assert_int_equal(pusher_mailbox_post(poster.mailbox, never_runs, &poster, freed),
                         PUSHER_ERR_STATE);
        assert_int_equal(poster.freed, 2);
        pusher_mailbox_free(poster.mailbox);
    }
}

struct stubborn {
    pusher_loop *loop;
    int left, results[3];
};

static void post_once_more(void *arg)
{
    struct stubborn *stubborn = arg;
    if (!stubborn->left)
        return;
    int turn = --stubborn->left;
    stubborn->results[turn] =
        pusher_loop_post(stubborn->loop, never_runs, stubborn, post_once_more);
}

static void posting_from_a_free_function(void **state)
{
    struct stubborn stubborn = {.loop = new_loop(), .left = 3};
    (void)state;
    assert_int_equal(
        pusher_loop_post(stubborn.loop, never_runs, &stubborn, post_once_more), 0);
    pusher_loop_free(stubborn.loop);
    assert_int_equal(stubborn.left, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stubborn.results[i], PUSHER_ERR_STATE);
}

/* --- clients connect and die under the posts --- */

struct town {
    pusher_loop *loop;
    uint16_t port;
    pusher_client *clients[CLIENTS];
    int lives; /* connections that are still to be made */
    bool over;
    int ran; /* posts; the loop's thread only */
};

struct visit {
    struct town *town;
    int client;
    atomic_int *freed;
};

static void settle_in(struct town *town, int place);

/* Each connection lives until it is up, and its client is freed inside its callback. */
static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    struct town *town = userdata;
    (void)previous;
    if (current != PUSHER_STATE_CONNECTED)
        return;
    for (int place = 0; place < CLIENTS; place++) {
        if (town->clients[place] != client)
            continue;
        town->clients[place] = NULL;
        pusher_client_free(client);
        if (--town->lives > 0) {
            settle_in(town, place);
        } else {
            town->over = true;
            pusher_loop_stop(town->loop);
        }
        return;
    }
}

static void settle_in(struct town *town, int place)
{
    pusher_options options;
    pusher_options_init(&options);
    options.loop = town->loop;
    options.key = "app-key";
    options.host = "127.0.0.1";
    options.port = town->port;
    options.tls = false;
    options.on_state = on_state;
    options.userdata = town;
    assert_int_equal(pusher_client_new(&town->clients[place], &options), 0);
    assert_int_equal(pusher_client_connect(town->clients[place]), 0);
}

/* Whoever lives there now is asked to do something. */
static void call_on(void *arg)
{
    struct visit *visit = arg;
    pusher_client *client = visit->town->clients[visit->client];
    visit->town->ran++;
    if (client && !pusher_client_channel(client, "room"))
        assert_int_equal(pusher_client_subscribe(client, "room", NULL), 0);
}

static void free_visit(void *arg)
{
    struct visit *visit = arg;
    (*visit->freed)++;
    free(visit);
}

struct visitor {
    pthread_t thread;
    struct town *town;
    atomic_int freed;
    int failed;
};

static void *visit_all(void *arg)
{
    struct visitor *visitor = arg;
    for (int i = 0; i < POSTS; i++) {
        struct visit *visit = malloc(sizeof *visit);
        *visit = (struct visit){visitor->town, i % CLIENTS, &visitor->freed};
        visitor->failed +=
            pusher_loop_post(visitor->town->loop, call_on, visit, free_visit) != 0;
    }
    return NULL;
}

static void on_its_thread(void *arg)
{
    struct town *town = arg;
    for (int place = 0; place < CLIENTS; place++)
        settle_in(town, place);
}

static void clients_die_under_posts(bool on_a_thread)
{
    struct town town = {.loop = new_loop(), .lives = LIVES};
    struct visitor visitors[THREADS];
    pusher_sandbox *sandbox = NULL;
    pusher_sandbox_options options;
    pusher_sandbox_options_init(&options);
    options.loop = town.loop;
    assert_int_equal(pusher_sandbox_new(&sandbox, &options), 0);
    town.port = pusher_sandbox_port(sandbox);
    assert_int_equal(pusher_loop_post(town.loop, on_its_thread, &town, NULL), 0);
    if (on_a_thread)
        assert_int_equal(pusher_loop_start(town.loop), 0);
    for (int i = 0; i < THREADS; i++) {
        visitors[i] = (struct visitor){.town = &town};
        assert_int_equal(
            pthread_create(&visitors[i].thread, NULL, visit_all, &visitors[i]), 0);
    }
    if (on_a_thread) /* meson's limit is the deadline */
        assert_int_equal(pusher_loop_join(town.loop), 0);
    else
        assert_int_equal(pusher_loop_run_for(town.loop, 60000), 0);
    assert_true(town.over);
    for (int i = 0; i < THREADS; i++)
        pthread_join(visitors[i].thread, NULL);
    pusher_loop_run_for(town.loop, 0); /* what was posted meanwhile */
    assert_int_equal(town.ran, THREADS * POSTS);
    pusher_loop_free(town.loop);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(visitors[i].failed, 0);
        assert_int_equal(visitors[i].freed, POSTS);
    }
}

static void clients_die_under_posts_in_a_run(void **state)
{
    (void)state;
    clients_die_under_posts(false);
}

static void clients_die_under_posts_on_a_thread(void **state)
{
    (void)state;
    clients_die_under_posts(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailboxes_outlive_the_loop),
        cmocka_unit_test(the_loop_goes_with_its_client),
        cmocka_unit_test(posting_from_a_free_function),
        cmocka_unit_test(the_loop_goes_while_others_post),
        cmocka_unit_test(clients_die_under_posts_in_a_run),
        cmocka_unit_test(clients_die_under_posts_on_a_thread),
    };
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
