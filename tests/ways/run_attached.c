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

static bool stopped;

int counted_dispatch(pusher_loop *loop)
{
    int rc = pusher_loop_dispatch(loop);
    if (rc) {
        fprintf(stderr, "%s: dispatch: %s\n", driver_name, pusher_strerror(rc));
        abort();
    }
    return rc;
}

static void drive(pusher_loop *loop, int ms)
{
    driver_open();
    void *attached = driver_attach(loop);
    driver_run(&stopped, ms);
    driver_detach(attached);
    driver_close();
}

int __wrap_pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms)
{
    drive(loop, (int)timeout_ms);
    return stopped ? 0 : PUSHER_ERR_TIMEOUT;
}

int __wrap_pusher_loop_run(pusher_loop *loop)
{
    while (!stopped)
        drive(loop, INT_MAX);
    return 0;
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
