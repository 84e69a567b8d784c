/*
 * The background thread of a loop, and how threads of the library are made.
 */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "net/loop.h"

/* As pthread_create(), for a thread that takes none of the application's signals. */
int thread_create(pthread_t *ret, const pthread_attr_t *attributes,
                  void *(*run)(void *arg), void *arg);

/* True when the caller is the loop's background thread. */
bool thread_is_here(const pusher_loop *loop);
/* True when the loop has a background thread that is not the caller. */
bool thread_is_elsewhere(const pusher_loop *loop);
/* Before the loop is freed: stops the thread and waits for it, or lets it end by itself
 * when it is the caller. */
void thread_end(pusher_loop *loop);

#endif
