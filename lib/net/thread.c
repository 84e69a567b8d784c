/*
 * The background thread: one that does nothing but pusher_loop_run().
 */
#include "net/thread.h"

#include <errno.h>
#include <signal.h>

#include "net/loop_impl.h"

static bool has_thread(const pusher_loop *loop)
{
    return atomic_load(&loop->thread_state) != THREAD_NONE;
}

bool thread_is_here(const pusher_loop *loop)
{
    return atomic_load(&loop->thread_token) == thread_token();
}

bool thread_is_elsewhere(const pusher_loop *loop)
{
    return has_thread(loop) && !thread_is_here(loop);
}

static void *thread_main(void *arg)
{
    pusher_loop *loop = arg;
    /* Not before pusher_loop_start() is done with the loop: a callback may free it. */
    pthread_mutex_lock(&loop->lock);
    atomic_store(&loop->thread_token, thread_token());
    pthread_mutex_unlock(&loop->lock);
    return (void *)(intptr_t)pusher_loop_run(loop);
}

/* Faults happen where they happen: who has a handler for them wants to hear of all. */
static void application_signals(sigset_t *ret)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigfillset(ret);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(ret, faults[i]);
}

int thread_create(pthread_t *ret, const pthread_attr_t *attributes,
                  void *(*run)(void *arg), void *arg)
{
    sigset_t theirs, before;
    application_signals(&theirs);
    pthread_sigmask(SIG_BLOCK, &theirs, &before);
    int rc = pthread_create(ret, attributes, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int pusher_loop_start(pusher_loop *loop)
{
    if (!loop)
        return PUSHER_ERR_INVALID;
    owner_check_process(loop, __func__);
    if (has_thread(loop))
        return PUSHER_ERR_STATE;
    loop_check(loop);
    if (loop->dispatching)
        return PUSHER_ERR_REENTRANT;
    pthread_mutex_lock(&loop->lock);
    owner_set(loop, OWNER_BACKGROUND);
    int error = thread_create(&loop->thread, NULL, thread_main, loop);
    if (error)
        owner_set(loop, OWNER_NOBODY);
    else
        atomic_store(&loop->thread_state, THREAD_RUNS);
    pthread_mutex_unlock(&loop->lock);
    errno = error;
    return error ? PUSHER_ERR_SYSTEM : 0;
}

int pusher_loop_join(pusher_loop *loop)
{
    void *result;
    if (!loop)
        return PUSHER_ERR_INVALID;
    owner_check_process(loop, __func__);
    if (thread_is_here(loop))
        return PUSHER_ERR_WRONG_THREAD;
    int runs = THREAD_RUNS;
    if (!atomic_compare_exchange_strong(&loop->thread_state, &runs, THREAD_IS_JOINED))
        return PUSHER_ERR_STATE;
    pthread_join(loop->thread, &result);
    atomic_store(&loop->thread_token, 0);
    owner_set(loop, OWNER_NOBODY);
    atomic_store(&loop->thread_state, THREAD_NONE);
    return (int)(intptr_t)result;
}

void thread_end(pusher_loop *loop)
{
    if (!has_thread(loop))
        return;
    if (thread_is_here(loop)) {
        pthread_detach(loop->thread);
        return;
    }
    pusher_loop_stop(loop);
    pusher_loop_join(loop);
}
