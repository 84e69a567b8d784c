/*
 * libuv.
 */
#include <assert.h>

#include "driver.h"

#define pusher_loop_dispatch counted_dispatch
#include <pusher/adapters/uv.h>

const char driver_name[] = "uv";

static uv_loop_t uv;
static uv_timer_t timer;
unsigned driver_turns;

static void time_is_up(uv_timer_t *handle)
{
    *(bool *)handle->data = true;
}

void driver_open(void)
{
    uv_loop_init(&uv);
    uv_timer_init(&uv, &timer);
}

void driver_close(void)
{
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&uv);
    assert(rc == 0); /* nothing of the adapter is left */
    (void)rc;
}

void *driver_attach(pusher_loop *loop)
{
    pusher_uv *adapter = NULL;
    int rc = pusher_uv_attach(loop, &uv, &adapter);
    assert(rc == 0);
    (void)rc;
    return adapter;
}

void driver_detach(void *attached)
{
    pusher_uv_detach(attached);
}

bool driver_run(const bool *done, int ms)
{
    bool up = false;
    timer.data = &up;
    uv_timer_start(&timer, time_is_up, (uint64_t)ms, 0);
    while (!*done && !up) {
        uv_run(&uv, UV_RUN_ONCE);
        driver_turns++;
    }
    uv_timer_stop(&timer);
    return *done;
}
