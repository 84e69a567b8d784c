/*
 * The loop: its life, running and stopping, and posts from other threads.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/syscall.h>

#include <pusher/client.h>

#include "peer.h"

/* Closing what is closed already may hit what another thread has just opened. */
static atomic_int closed_twice;

int close(int fd)
{
    int rc = (int)syscall(SYS_close, fd);
    if (rc < 0 && errno == EBADF)
        closed_twice++;
    return rc;
}

enum { ROUNDS = 200, THREADS = 4, POSTS = 5000 };

static pusher_loop *new_loop(void)
{
    pusher_loop *loop = NULL;
    assert_int_equal(pusher_loop_new(&loop, NULL), 0);
    return loop;
}

static void come_and_go(void **state)
{
    (void)state;
    pusher_loop_free(new_loop());
    int descriptors = peer_descriptors();
    int threads = peer_threads();
    for (int i = 0; i < ROUNDS; i++) {
        pusher_loop *one = new_loop();
        pusher_loop *other = new_loop();
        pusher_loop_run_for(one, 0);
        pusher_loop_free(one);
        pusher_loop_run_for(other, 0);
        pusher_loop_free(other);
    }
    assert_int_equal(peer_descriptors(), descriptors);
    assert_int_equal(peer_threads(), threads);
    assert_int_equal(closed_twice, 0);
    pusher_loop_free(NULL);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void bad_arguments(void **state)
{
    pusher_loop *loop = NULL;
    pusher_loop_options options;
    int freed = 0;
    (void)state;
    pusher_loop_options_init(&options);
    options.struct_size = 3;
    assert_int_equal(pusher_loop_new(&loop, &options), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_new(NULL, NULL), PUSHER_ERR_INVALID);
    assert_null(loop);
    assert_int_equal(pusher_loop_run(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_run_for(NULL, 1), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_dispatch(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_loop_fd(NULL), PUSHER_ERR_INVALID);
    pusher_loop_stop(NULL);
    assert_int_equal(pusher_loop_post(NULL, count, &freed, count), PUSHER_ERR_INVALID);
    assert_int_equal(freed, 1); /* only the free function has run */
    loop = new_loop();
    assert_int_equal(pusher_loop_post(loop, NULL, &freed, count), PUSHER_ERR_INVALID);
    assert_int_equal(freed, 2);
    assert_int_equal(pusher_loop_run_for(loop, UINT32_MAX), PUSHER_ERR_INVALID);
    pusher_loop_free(loop);
}

static void stop_it(void *loop)
{
    pusher_loop_stop(loop);
}

static void running_and_stopping(void **state)
{
    pusher_loop *loop = new_loop();
    (void)state;
    assert_int_equal(pusher_loop_run_for(loop, 0), PUSHER_ERR_TIMEOUT);
    assert_int_equal(pusher_loop_run_for(loop, 5), PUSHER_ERR_TIMEOUT);
    pusher_loop_stop(loop); /* before: used up by the next run */
    assert_int_equal(pusher_loop_run(loop), 0);
    assert_int_equal(pusher_loop_run_for(loop, 5), PUSHER_ERR_TIMEOUT);
    assert_int_equal(pusher_loop_post(loop, stop_it, loop, NULL), 0);
    assert_int_equal(pusher_loop_run(loop), 0);
    pusher_loop_free(loop);
}

static void run_inside(void *arg)
{
    pusher_loop *loop = arg;
    assert_int_equal(pusher_loop_run(loop), PUSHER_ERR_REENTRANT);
    assert_int_equal(pusher_loop_run_for(loop, 0), PUSHER_ERR_REENTRANT);
    assert_int_equal(pusher_loop_dispatch(loop), PUSHER_ERR_REENTRANT);
    pusher_loop_stop(loop);
}

static void no_run_inside_a_run(void **state)
{
    pusher_loop *loop = new_loop();
    (void)state;
    assert_int_equal(pusher_loop_post(loop, run_inside, loop, NULL), 0);
    assert_int_equal(pusher_loop_run(loop), 0);
    pusher_loop_free(loop);
}

/* The loop that a client has made for itself may be the one that is freed. */
static void a_loop_that_a_client_made(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        pusher_client *client = NULL;
        pusher_options options;
        int freed = 0;
        pusher_options_init(&options);
        options.key = "key";
        options.host = "localhost";
        options.userdata = &freed;
        options.free_userdata = count;
        assert_int_equal(pusher_client_new(&client, &options), 0);
        pusher_loop *loop = pusher_client_loop(client);
        assert_int_equal(pusher_client_connect(client), 0);
        if (way == 1)
            assert_int_equal(pusher_loop_run_for(loop, 0), PUSHER_ERR_TIMEOUT);
        if (way == 2)
            assert_int_equal(pusher_loop_start(loop), 0);
        pusher_loop_free(loop);
        assert_int_equal(freed, 1);
    }
}

struct series {
    pusher_loop *loop;
    int next[THREADS];
    int ran, freed;
};

struct note {
    struct series *series;
    int thread, number;
};

static void in_order(void *arg)
{
    struct note *note = arg;
    struct series *series = note->series;
    assert_int_equal(note->number, series->next[note->thread]);
    series->next[note->thread]++;
    if (++series->ran == THREADS * POSTS)
        pusher_loop_stop(series->loop);
}

static void free_note(void *arg)
{
    struct note *note = arg;
    note->series->freed++;
    free(note);
}

static void *post_many(void *arg)
{
    struct note *first = arg;
    for (int i = 0; i < POSTS; i++) {
        struct note *note = malloc(sizeof *note);
        *note = (struct note){first->series, first->thread, i};
        pusher_loop_post(first->series->loop, in_order, note, free_note);
    }
    return NULL;
}

static void posts_from_many_threads(void **state)
{
    struct series series = {.loop = new_loop()};
    pthread_t threads[THREADS];
    struct note notes[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        notes[i] = (struct note){&series, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &notes[i]), 0);
    }
    assert_int_equal(pusher_loop_run_for(series.loop, 60000), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(series.ran, THREADS * POSTS);
    assert_int_equal(series.freed, THREADS * POSTS);
    pusher_loop_free(series.loop);
}

/* What never ran is freed with the loop. */
static void posts_that_never_run(void **state)
{
    int ran = 0;
    (void)state;
    struct {
        int freed;
    } posted = {0};
    pusher_loop *loop = new_loop();
    for (int i = 0; i < 100; i++)
        assert_int_equal(pusher_loop_post(loop, count, &posted.freed, count), 0);
    pusher_loop_free(loop);
    assert_int_equal(posted.freed, 100); /* once each: by the free function */
    assert_int_equal(ran, 0);
}

struct chain {
    pusher_loop *loop;
    int left;
};

static void post_again(void *arg)
{
    struct chain *chain = arg;
    if (--chain->left)
        pusher_loop_post(chain->loop, post_again, chain, NULL);
    else
        pusher_loop_stop(chain->loop);
}

static void posting_from_a_post(void **state)
{
    struct chain chain = {new_loop(), 1000};
    (void)state;
    assert_int_equal(pusher_loop_post(chain.loop, post_again, &chain, NULL), 0);
    assert_int_equal(pusher_loop_run_for(chain.loop, 20000), 0);
    assert_int_equal(chain.left, 0);
    pusher_loop_free(chain.loop);
}

static void *live_on_a_thread(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++) {
        struct chain chain = {NULL, 50};
        if (pusher_loop_new(&chain.loop, NULL))
            return NULL;
        pusher_loop_post(chain.loop, post_again, &chain, NULL);
        int rc = pusher_loop_run_for(chain.loop, 20000);
        pusher_loop_free(chain.loop);
        if (rc)
            return NULL;
    }
    return arg;
}

static void loops_of_several_threads(void **state)
{
    pthread_t threads[THREADS];
    int marks[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live_on_a_thread, &marks[i]),
                         0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &marks[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_and_go),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(running_and_stopping),
        cmocka_unit_test(no_run_inside_a_run),
        cmocka_unit_test(a_loop_that_a_client_made),
        cmocka_unit_test(posts_from_many_threads),
        cmocka_unit_test(posts_that_never_run),
        cmocka_unit_test(posting_from_a_post),
        cmocka_unit_test(loops_of_several_threads),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
