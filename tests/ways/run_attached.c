/*
 * pusherctl inside an application's loop: what it asks the library to run, that loop
 * drives. Stopping reaches it as everything from other threads does: by a post.
 */
#include "driver.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int __wrap_pusher_loop_run(pusher_loop *loop);
int __wrap_pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms);
void __wrap_pusher_loop_stop(pusher_loop *loop);

static bool stopped; /* until a run has seen it */

int counted_dispatch(pusher_loop *loop)
{
    int rc = pusher_loop_dispatch(loop);
    if (rc) {
        fprintf(stderr, "%s: dispatch: %s\n", driver_name, pusher_strerror(rc));
        abort();
    }
    return rc;
}

int __wrap_pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms)
{
    driver_open();
    void *attached = driver_attach(loop);
    bool in_time = driver_run(&stopped, (int)timeout_ms);
    driver_detach(attached);
    driver_close();
    stopped = false;
    return in_time ? 0 : PUSHER_ERR_TIMEOUT;
}

/* For weeks, if need be. */
int __wrap_pusher_loop_run(pusher_loop *loop)
{
    return __wrap_pusher_loop_run_for(loop, INT_MAX);
}

static void set_stopped(void *arg)
{
    (void)arg;
    stopped = true;
}

void __wrap_pusher_loop_stop(pusher_loop *loop)
{
    if (pusher_loop_post(loop, set_stopped, NULL, NULL) != 0)
        abort();
}
