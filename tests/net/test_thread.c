/*
 * The background thread of a loop: its beginning, its end, and what may be done from
 * where meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include <pusher/pusher.h>

#include "peer.h"

enum { DEADLINE_S = 20, ROUNDS = 100 };

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

static pusher_loop *new_loop(void)
{
    pusher_loop *loop = NULL;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    return loop;
}

/* --- a call on the loop's thread, waited for --- */

struct call {
    pusher_loop *loop;
    int (*fn)(struct call *call);
    sem_t done;
    int result;
    pthread_t thread;
    sigset_t signals;
};

static void make_call(void *arg)
{
    struct call *call = arg;
    call->thread = pthread_self();
    pthread_sigmask(SIG_BLOCK, NULL, &call->signals);
    call->result = call->fn(call);
    sem_post(&call->done);
}

static void await(sem_t *done)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += DEADLINE_S;
    while (sem_timedwait(done, &deadline))
        assert_int_equal(errno, EINTR);
}

/* Has `fn` run by the loop, and waits for that; returns its result. */
static int on_thread(struct call *call, int (*fn)(struct call *call))
{
    call->fn = fn;
    sem_init(&call->done, 0, 0);
    assert_int_equal(pusher_loop_post(call->loop, make_call, call, NULL), 0);
    await(&call->done);
    sem_destroy(&call->done);
    return call->result;
}

static int nothing(struct call *call)
{
    (void)call;
    return 7;
}

static int start_inside(struct call *call)
{
    return pusher_loop_start(call->loop);
}

static int join_inside(struct call *call)
{
    return pusher_loop_join(call->loop);
}

static int run_inside(struct call *call)
{
    return pusher_loop_run(call->loop);
}

/* --- cases --- */

static void starts_and_ends(void **state)
{
    struct call call = {.loop = new_loop()};
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(pusher_loop_start(call.loop), 0);
        assert_int_equal(on_thread(&call, nothing), 7);
        assert_false(pthread_equal(call.thread, pthread_self()));
        pusher_loop_stop(call.loop);
        assert_int_equal(pusher_loop_join(call.loop), 0);
    }
    peer_await_threads(threads);
    /* It is ours again. */
    assert_int_equal(pusher_loop_run_for(call.loop, 1), PUSHER_ERR_TIMEOUT);
    pusher_loop_free(call.loop);
}

static void takes_no_signals(void **state)
{
    struct call call = {.loop = new_loop()};
    (void)state;
    assert_int_equal(pusher_loop_start(call.loop), 0);
    on_thread(&call, nothing);
    assert_int_equal(sigismember(&call.signals, SIGTERM), 1);
    assert_int_equal(sigismember(&call.signals, SIGCHLD), 1);
    assert_int_equal(sigismember(&call.signals, SIGSEGV), 0); /* a fault of its own */
    sigset_t mine;
    pthread_sigmask(SIG_BLOCK, NULL, &mine);
    assert_int_equal(sigismember(&mine, SIGTERM), 0);
    pusher_loop_free(call.loop);
}

static void a_stop_before(void **state)
{
    struct call call = {.loop = new_loop()};
    (void)state;
    pusher_loop_stop(call.loop);
    assert_int_equal(pusher_loop_start(call.loop), 0);
    assert_int_equal(pusher_loop_join(call.loop), 0);
    /* It is used up. */
    assert_int_equal(pusher_loop_start(call.loop), 0);
    assert_int_equal(on_thread(&call, nothing), 7);
    pusher_loop_stop(call.loop);
    assert_int_equal(pusher_loop_join(call.loop), 0);
    pusher_loop_free(call.loop);
}

static void errors(void **state)
{
    struct call call = {.loop = new_loop()};
    (void)state;
    assert_int_equal(pusher_loop_start(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_join(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_join(call.loop), PUSHER_ERR_STATE);
    assert_int_equal(pusher_loop_start(call.loop), 0);
    assert_int_equal(pusher_loop_start(call.loop), PUSHER_ERR_STATE);
    assert_int_equal(pusher_loop_run(call.loop), PUSHER_ERR_WRONG_THREAD);
    assert_int_equal(pusher_loop_run_for(call.loop, 0), PUSHER_ERR_WRONG_THREAD);
    assert_int_equal(pusher_loop_run_for(call.loop, 5), PUSHER_ERR_WRONG_THREAD);
    assert_int_equal(pusher_loop_dispatch(call.loop), PUSHER_ERR_WRONG_THREAD);
    assert_int_equal(on_thread(&call, start_inside), PUSHER_ERR_STATE);
    assert_int_equal(on_thread(&call, join_inside), PUSHER_ERR_WRONG_THREAD);
    assert_int_equal(on_thread(&call, run_inside), PUSHER_ERR_REENTRANT);
    pusher_loop_stop(call.loop);
    assert_int_equal(pusher_loop_join(call.loop), 0);
    assert_int_equal(pusher_loop_join(call.loop), PUSHER_ERR_STATE);
    pusher_loop_free(call.loop);
}

static int result_of_start;

static void start_in_a_run(void *loop)
{
    result_of_start = pusher_loop_start(loop);
    pusher_loop_stop(loop);
}

static void not_inside_a_run(void **state)
{
    pusher_loop *loop = new_loop();
    (void)state;
    assert_int_equal(pusher_loop_post(loop, start_in_a_run, loop, NULL), 0);
    assert_int_equal(pusher_loop_run(loop), 0);
    assert_int_equal(result_of_start, PUSHER_ERR_REENTRANT);
    pusher_loop_free(loop);
}

static void no_thread_to_be_had(void **state)
{
    struct call call = {.loop = new_loop()};
    (void)state;
    no_threads = true;
    assert_int_equal(pusher_loop_start(call.loop), PUSHER_ERR_SYSTEM);
    assert_int_equal(errno, EAGAIN);
    no_threads = false;
    assert_int_equal(pusher_loop_join(call.loop), PUSHER_ERR_STATE);
    assert_int_equal(pusher_loop_run_for(call.loop, 0), PUSHER_ERR_TIMEOUT);
    assert_int_equal(pusher_loop_start(call.loop), 0);
    assert_int_equal(on_thread(&call, nothing), 7);
    pusher_loop_free(call.loop);
}

static void freeing_stops_and_joins(void **state)
{
    (void)state;
    pusher_loop_free(new_loop());
    int descriptors = peer_descriptors();
    for (int i = 0; i < ROUNDS; i++) {
        struct call call = {.loop = new_loop()};
        assert_int_equal(pusher_loop_start(call.loop), 0);
        if (i % 2)
            on_thread(&call, nothing);
        pusher_loop_free(call.loop);
        assert_int_equal(peer_descriptors(), descriptors);
        peer_await_threads(threads);
    }
}

/* --- a loop that a client made for itself --- */

static sem_t freed;

static void on_freed(void *userdata)
{
    (void)userdata;
    sem_post(&freed);
}

static pusher_client *new_client(void)
{
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "key";
    options.host = "127.0.0.1";
    options.tls = false;
    options.free_userdata = on_freed;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    return client;
}

static void free_client(void *client)
{
    pusher_client_free(client);
}

static void a_client_with_its_own_loop(void **state)
{
    (void)state;
    sem_init(&freed, 0, 0);
    pusher_client *client = new_client();
    assert_int_equal(pusher_loop_start(pusher_client_loop(client)), 0);
    pusher_loop_stop(pusher_client_loop(client));
    assert_int_equal(pusher_loop_join(pusher_client_loop(client)), 0);
    pusher_client_free(client);
    await(&freed);
    sem_destroy(&freed);
}

/* Nobody is left to join it: the thread and its loop end with the client. */
static void a_client_that_is_freed_on_its_thread(void **state)
{
    (void)state;
    sem_init(&freed, 0, 0);
    int descriptors = peer_descriptors();
    for (int i = 0; i < ROUNDS; i++) {
        pusher_client *client = new_client();
        pusher_loop *loop = pusher_client_loop(client);
        assert_int_equal(pusher_loop_post(loop, free_client, client, NULL), 0);
        assert_int_equal(pusher_loop_start(loop), 0);
        await(&freed);
    }
    sem_destroy(&freed);
    peer_await_threads(threads);
    assert_int_equal(peer_descriptors(), descriptors);
}

static int count_threads(void **state)
{
    (void)state;
    threads = peer_own_threads();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_ends),
        cmocka_unit_test(takes_no_signals),
        cmocka_unit_test(a_stop_before),
        cmocka_unit_test(errors),
        cmocka_unit_test(not_inside_a_run),
        cmocka_unit_test(no_thread_to_be_had),
        cmocka_unit_test(freeing_stops_and_joins),
        cmocka_unit_test(a_client_with_its_own_loop),
        cmocka_unit_test(a_client_that_is_freed_on_its_thread),
    };
    return cmocka_run_group_tests_name("thread", tests, count_threads, NULL);
}
