/*
 * libev.
 */
#include <assert.h>
#include <stdlib.h>

#include "driver.h"

#define pusher_loop_dispatch counted_dispatch
#include <pusher/adapters/ev.h>

const char driver_name[] = "ev";

static struct ev_loop *ev;
unsigned driver_turns;

void driver_open(void)
{
    ev = ev_loop_new(EVFLAG_AUTO);
}

void driver_close(void)
{
    ev_loop_destroy(ev);
}

void *driver_attach(pusher_loop *loop)
{
    pusher_ev *adapter = malloc(sizeof *adapter);
    int rc = adapter ? pusher_ev_attach(adapter, loop, ev) : PUSHER_ERR_NOMEM;
    assert(rc == 0);
    (void)rc;
    return adapter;
}

void driver_detach(void *attached)
{
    pusher_ev_detach(attached);
    free(attached);
}

static void time_is_up(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    *(bool *)timer->data = true;
}

bool driver_run(const bool *done, int ms)
{
    bool up = false;
    ev_timer timer = {0};
    ev_init(&timer, time_is_up);
    timer.data = &up;
    timer.repeat = ms / 1000.0;
    ev_timer_again(ev, &timer);
    while (!*done && !up) {
        ev_run(ev, EVRUN_ONCE);
        driver_turns++;
    }
    ev_timer_stop(ev, &timer);
    return *done;
}
