/*
 * libwebsockets 4.1 closes the descriptor of its event pipe twice when a context on a
 * libuv loop is destroyed: in lws_context_destroy(), and again in a later turn of the
 * loop, when another thread may own the number already. In between it is kept occupied.
 */
#ifndef NET_EVENT_PIPE_H
#define NET_EVENT_PIPE_H

#include <stdbool.h>

#include <sys/types.h>
#include <uv.h>

/* The descriptor that libwebsockets watches on its new loop; -1 when there is none. */
int event_pipe_find(uv_loop_t *uv);

/* What stands in for it. */
struct event_pipe_guard {
    int fd; /* -1: nothing */
    dev_t device;
    ino_t inode;
};

/* After the first close: takes the number `fd`, unless it is taken. */
struct event_pipe_guard event_pipe_occupy(int fd);

/* After the second one, or where there is none: gives it back. */
void event_pipe_release(const struct event_pipe_guard *guard);

#endif
