/*
 * The engine of a loop in builds without libuv: libwebsockets' own poll loop. It has no
 * descriptor to watch, and each wake-up costs in proportion to the connections: for
 * programs with few of them.
 *
 * libwebsockets does the waiting, so that its callbacks run while we wait. Our deadlines
 * wake it by one timer of its own. A suspension of the system is noticed when something
 * else wakes the loop; and why a connection failed is told in libwebsockets' words, which
 * closes the socket before it speaks.
 */
#include <errno.h>

#include "net/loop_impl.h"

int engine_open(pusher_loop *loop)
{
    int rc = context_open(loop, 0, NULL);
    /* The first turn writes what lws_cancel_service() reads on other threads. */
    if (!rc)
        engine_turn(loop);
    return rc;
}

void engine_close(pusher_loop *loop)
{
    lws_context_destroy(loop->context);
    if (loop->context)
        lws_context_destroy(loop->context);
}

void engine_turn(pusher_loop *loop)
{
    loop->poke = false;
    lws_service(loop->context, -1);
}

bool engine_busy(pusher_loop *loop)
{
    return loop->poke || !list_empty(&loop->tasks);
}

void engine_poke(pusher_loop *loop)
{
    loop->poke = true;
}

/* What is due is looked at before each wait. */
void engine_arm(pusher_loop *loop)
{
    (void)loop;
}

static void wake_up(lws_sorted_usec_list_t *alarm)
{
    (void)alarm;
}

/* In milliseconds from now; UINT64_MAX: nothing is due. */
static uint64_t idle_ms(pusher_loop *loop, int timeout_ms)
{
    uint64_t most = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms;
    /* What was posted after the last turn had looked: that turn may have taken the event
     * which tells of it. */
    if (atomic_load(&loop->woken) || engine_busy(loop))
        return 0;
    const struct heap_node *first = heap_first(&loop->timers);
    uint64_t now = clock_ms();
    if (!first)
        return most;
    uint64_t left = first->deadline > now ? first->deadline - now : 0;
    return left < most ? left : most;
}

static int sleep_for(pusher_loop *loop, uint64_t ms)
{
    /* One more, since libwebsockets rounds down. */
    if (ms < LWS_USEC_PER_SEC * 1000)
        lws_sul_schedule(loop->context, 0, &loop->alarm, wake_up,
                         (lws_usec_t)(ms + 1) * LWS_US_PER_MS);
    loop->dispatching = loop->waiting = true;
    int rc = lws_service(loop->context, 0);
    loop->dispatching = loop->waiting = false;
    lws_sul_cancel(&loop->alarm);
    return rc < 0 && errno != EINTR ? PUSHER_ERR_SYSTEM : 0;
}

int engine_wait(pusher_loop *loop, int timeout_ms)
{
    uint64_t ms = idle_ms(loop, timeout_ms);
    int rc = ms ? sleep_for(loop, ms) : 0;
    atomic_store(&loop->woken, false);
    return rc;
}

int engine_fd(const pusher_loop *loop)
{
    (void)loop;
    return PUSHER_ERR_UNSUPPORTED;
}

void engine_wake(pusher_loop *loop)
{
    atomic_store(&loop->woken, true);
    lws_cancel_service(loop->context);
}
