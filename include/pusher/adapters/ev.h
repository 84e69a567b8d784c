/*
 * A loop inside a libev loop: an ev_io that watches the loop's one descriptor. Your
 * program links libev.
 *
 *     pusher_ev adapter;
 *     pusher_ev_attach(&adapter, loop, EV_DEFAULT);
 *     ev_run(EV_DEFAULT, 0);
 *     pusher_ev_detach(&adapter);
 *     pusher_loop_free(loop);
 */
#ifndef PUSHER_ADAPTERS_EV_H
#define PUSHER_ADAPTERS_EV_H

#include <string.h>

#include <ev.h>

#include <pusher/loop.h>

/* Yours; lives until it is detached. */
typedef struct pusher_ev {
    ev_io io;
    struct ev_loop *ev;
    pusher_loop *loop;
} pusher_ev;

static inline void pusher_ev_on_readable(struct ev_loop *ev, ev_io *io, int events)
{
    (void)ev;
    (void)events;
    pusher_loop_dispatch(((pusher_ev *)(void *)io)->loop);
}

/*
 * Has `ev` drive `loop`; callbacks run in ev_run(). To be detached before the loop is
 * freed. Returns 0, or PUSHER_ERR_UNSUPPORTED from a library that was built without
 * libuv: then there is nothing to detach, and doing so does no harm. libev aborts when
 * out of memory.
 */
static inline int pusher_ev_attach(pusher_ev *adapter, pusher_loop *loop,
                                   struct ev_loop *ev)
{
    int fd = pusher_loop_fd(loop);
    memset(adapter, 0, sizeof *adapter);
    adapter->ev = ev;
    adapter->loop = loop;
    ev_io_init(&adapter->io, pusher_ev_on_readable, fd, EV_READ);
    if (fd < 0)
        return fd;
    ev_io_start(ev, &adapter->io);
    return 0;
}

/* Ends it; legal in the loop's callbacks, and a second time. */
static inline void pusher_ev_detach(pusher_ev *adapter)
{
    ev_io_stop(adapter->ev, &adapter->io);
}

#endif
