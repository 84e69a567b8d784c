/*
 * Names to addresses: who asks for the same name shares a look-up, few threads whatever
 * the number of names, and any of it may be given up.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "net/loop_impl.h"
#include "peer.h"

enum { ASKERS = 30 };

struct asker {
    struct resolution resolution;
    struct asker *victim; /* is cancelled in the answer */
    bool done;
    struct resolver_answer answer;
};

static pusher_loop *loop;
static struct asker askers[ASKERS];
static int threads; /* when the library has none */

/* Linked in the place of pthread_create(): a system that has no thread to give. */
static bool no_threads;
int __real_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg);

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *arg)
{
    return no_threads ? EAGAIN : __real_pthread_create(ret, attributes, run, arg);
}

static void on_answer(void *userdata, const struct resolver_answer *answer)
{
    struct asker *asker = userdata;
    assert_false(asker->done);
    asker->done = true;
    asker->answer = *answer;
    if (asker->victim)
        resolver_cancel(&asker->victim->resolution);
}

static void ask(int i, const char *name)
{
    assert_int_equal(
        resolver_start(loop, name, on_answer, &askers[i], &askers[i].resolution), 0);
}

/* A name of its own for each. */
static void ask_each(void)
{
    for (int i = 0; i < ASKERS; i++) {
        char name[40];
        snprintf(name, sizeof name, "%d.hang.test", i);
        ask(i, name);
    }
}

static int begin(void **state)
{
    (void)state;
    memset(askers, 0, sizeof askers);
    names_forget();
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pusher_loop_free(loop);
    names_release();
    peer_await_threads(threads);
    return 0;
}

static void a_number_is_its_own_address(void **state)
{
    (void)state;
    ask(0, "::1");
    ask(1, "127.0.0.1");
    ask(2, "127.0.0.1");
    assert_false(askers[0].done); /* never inside the call */
    for (int i = 0; i < 3; i++) {
        assert_true(peer_run_until(loop, &askers[i].done));
        assert_int_equal(askers[i].answer.count, 1);
        assert_string_equal(askers[i].answer.addresses[0], i ? "127.0.0.1" : "::1");
    }
}

static void one_look_up_for_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < ASKERS; i++)
        ask(i, "hang.test");
    names_await(1);
    askers[3].victim = &askers[4];
    resolver_cancel(&askers[7].resolution);
    names_release();
    assert_true(peer_run_until(loop, &askers[ASKERS - 1].done));
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(askers[i].done, i != 4 && i != 7);
        assert_int_equal(askers[i].answer.count, 0);
        assert_int_equal(askers[i].answer.error != NULL, askers[i].done);
    }
    assert_int_equal(names_begun(), 1);
    /* The answer is not kept. */
    askers[0].done = false;
    ask(0, "hang.test");
    names_await(1);
    assert_int_equal(names_begun(), 2);
}

/* An attempt that was given up does not cost another thread when it comes again. */
static void asking_again_joins_what_is_under_way(void **state)
{
    (void)state;
    ask(0, "hang.test");
    names_await(1);
    resolver_cancel(&askers[0].resolution);
    resolver_cancel(&askers[0].resolution); /* twice does no harm */
    ask(1, "hang.test");
    names_release();
    assert_true(peer_run_until(loop, &askers[1].done));
    assert_false(askers[0].done);
    assert_int_equal(names_begun(), 1);
}

static bool all_done(void)
{
    for (int i = 0; i < ASKERS; i++)
        if (!askers[i].done)
            return false;
    return true;
}

static void so_many_threads_and_no_more(void **state)
{
    (void)state;
    ask_each();
    names_await(RESOLVER_MAX_THREADS);
    assert_int_equal(loop->resolver.threads, RESOLVER_MAX_THREADS);
    peer_begin();
    while (!all_done()) {
        names_release();
        peer_step(loop);
        assert_true(loop->resolver.threads <= RESOLVER_MAX_THREADS);
    }
    assert_int_equal(names_begun(), ASKERS);
    assert_true(names_most_at_once() <= RESOLVER_MAX_THREADS);
}

static void what_nobody_waits_for_is_not_begun(void **state)
{
    (void)state;
    ask_each();
    names_await(RESOLVER_MAX_THREADS);
    for (int i = 0; i < ASKERS - 1; i++)
        resolver_cancel(&askers[i].resolution);
    peer_begin();
    while (!askers[ASKERS - 1].done) {
        names_release();
        peer_step(loop);
    }
    assert_int_equal(names_begun(), RESOLVER_MAX_THREADS + 1);
}

static void no_thread_to_be_had(void **state)
{
    (void)state;
    no_threads = true;
    ask(0, "two.test");
    no_threads = false;
    assert_false(askers[0].done);
    assert_true(peer_run_until(loop, &askers[0].done));
    assert_string_equal(askers[0].answer.error, "no thread for the look-up");
    assert_int_equal(loop->resolver.threads, 0);
    askers[0].done = false;
    ask(0, "two.test");
    assert_true(peer_run_until(loop, &askers[0].done));
    assert_int_equal(askers[0].answer.count, 2);
}

/* Under way, waiting, answered and not told: whoever asks is gone before the loop is. */
static void freeing_the_loop(void **state)
{
    (void)state;
    ask_each();
    names_await(RESOLVER_MAX_THREADS);
    for (int i = 0; i < ASKERS; i++)
        resolver_cancel(&askers[i].resolution);
    ask(0, "127.0.0.1");
    resolver_cancel(&askers[0].resolution);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_is_its_own_address, begin, end),
        cmocka_unit_test_setup_teardown(one_look_up_for_a_name, begin, end),
        cmocka_unit_test_setup_teardown(asking_again_joins_what_is_under_way, begin, end),
        cmocka_unit_test_setup_teardown(so_many_threads_and_no_more, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_waits_for_is_not_begun, begin, end),
        cmocka_unit_test_setup_teardown(no_thread_to_be_had, begin, end),
        cmocka_unit_test_setup_teardown(freeing_the_loop, begin, end),
    };
    threads = peer_own_threads();
    return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
