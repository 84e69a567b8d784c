/*
 * A thread in sigwait() that stops a loop.
 */
#include "stop_signals.h"

#include <signal.h>

static void stop_set(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
}

void stop_signals_block(void)
{
    sigset_t set;
    stop_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *wait_and_stop(void *arg)
{
    struct stop_signals *signals = arg;
    sigset_t set;
    int which;
    stop_set(&set);
    while (sigwait(&set, &which) == 0 && !atomic_load(&signals->is_ending))
        pusher_loop_stop(signals->loop);
    return NULL;
}

int stop_signals_watch(struct stop_signals *signals, pusher_loop *loop)
{
    signals->loop = loop;
    int error = pthread_create(&signals->thread, NULL, wait_and_stop, signals);
    signals->running = !error;
    return error;
}

void stop_signals_end(struct stop_signals *signals)
{
    if (!signals->running)
        return;
    atomic_store(&signals->is_ending, true);
    pthread_kill(signals->thread, SIGTERM);
    pthread_join(signals->thread, NULL);
    signals->running = false;
}
