/*
 * A loop inside a libuv loop: a uv_poll_t that watches the loop's one descriptor. Your
 * program links libuv, whose header wants more than ISO C: -std=gnu11, or _GNU_SOURCE.
 *
 *     pusher_uv *adapter = NULL;
 *     int error = pusher_uv_attach(loop, uv_default_loop(), &adapter);
 *     uv_run(uv_default_loop(), UV_RUN_DEFAULT);
 *     pusher_uv_detach(adapter);
 *     pusher_loop_free(loop);
 */
#ifndef PUSHER_ADAPTERS_UV_H
#define PUSHER_ADAPTERS_UV_H

#include <stdlib.h>

#include <uv.h>

#include <pusher/loop.h>

typedef struct pusher_uv {
    uv_poll_t poll; /* uv_unref() it if it is not to keep uv_run() going */
    pusher_loop *loop;
} pusher_uv;

static inline void pusher_uv_on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an epoll descriptor has no error that dispatch would not see */
    (void)events;
    pusher_loop_dispatch(((pusher_uv *)(void *)poll)->loop);
}

static inline void pusher_uv_on_closed(uv_handle_t *handle)
{
    free(handle);
}

/*
 * Has `uv` drive `loop`; callbacks run in uv_run(). `*ret` is to be given to
 * pusher_uv_detach() before the loop is freed; untouched on failure. Returns 0,
 * PUSHER_ERR_NOMEM, PUSHER_ERR_UNSUPPORTED (libpusher was built without libuv), or
 * PUSHER_ERR_SYSTEM (libuv does not take the descriptor).
 */
static inline int pusher_uv_attach(pusher_loop *loop, uv_loop_t *uv, pusher_uv **ret)
{
    int fd = pusher_loop_fd(loop);
    if (fd < 0)
        return fd;
    pusher_uv *adapter = (pusher_uv *)calloc(1, sizeof *adapter);
    if (!adapter)
        return PUSHER_ERR_NOMEM;
    adapter->loop = loop;
    if (uv_poll_init(uv, &adapter->poll, fd) != 0) {
        free(adapter);
        return PUSHER_ERR_SYSTEM;
    }
    if (uv_poll_start(&adapter->poll, UV_READABLE, pusher_uv_on_readable) != 0) {
        uv_close((uv_handle_t *)&adapter->poll, pusher_uv_on_closed);
        return PUSHER_ERR_SYSTEM;
    }
    *ret = adapter;
    return 0;
}

/* Ends it at once; `adapter` is invalid from here on, and libuv frees it in its next
 * turn. Legal in the loop's callbacks. NULL is fine. */
static inline void pusher_uv_detach(pusher_uv *adapter)
{
    if (adapter)
        uv_close((uv_handle_t *)&adapter->poll, pusher_uv_on_closed);
}

#endif
