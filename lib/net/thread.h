/*
 * The background thread of a loop.
 */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <stdbool.h>

#include "net/loop.h"

/* True when the caller is the loop's background thread. */
bool thread_is_here(const pusher_loop *loop);
/* True when the loop has a background thread that is not the caller. */
bool thread_is_elsewhere(const pusher_loop *loop);
/* Before the loop is freed: stops the thread and waits for it, or lets it end by itself
 * when it is the caller. */
void thread_end(pusher_loop *loop);
#endif
