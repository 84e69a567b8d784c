/*
 * SIGINT and SIGTERM end a run of a loop instead of the process, each time, so that
 * everything is closed and the exit status says why.
 *
 * A handler may not call pusher_loop_stop(); a thread that waits for the signals may.
 */
#ifndef CLI_STOP_SIGNALS_H
#define CLI_STOP_SIGNALS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <pusher/loop.h>

struct stop_signals {
    pusher_loop *loop;
    pthread_t thread;
    bool running;
    atomic_bool is_ending;
};

/* Blocks the signals for this thread and those it starts: call it before the first loop
 * is made. */
void stop_signals_block(void);

/* Starts to wait; 0 or an errno value. */
int stop_signals_watch(struct stop_signals *signals, pusher_loop *loop);

/* Ends the thread; before the loop is freed. Fine when it was never started. */
void stop_signals_end(struct stop_signals *signals);

#endif
