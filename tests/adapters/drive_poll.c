/*
 * A loop of the application's own: poll(2) on the descriptor, without an adapter.
 */
#include <poll.h>
#include <time.h>

#include "driver.h"

const char driver_name[] = "poll";

static pusher_loop *attached;

void driver_open(void)
{
}

void driver_close(void)
{
}

void driver_attach(pusher_loop *loop)
{
    attached = loop;
}

void driver_detach(void)
{
    attached = NULL;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

bool driver_run(const bool *done, int ms)
{
    long long end = now_ms() + ms;
    while (!*done && now_ms() < end) {
        struct pollfd watched = {.fd = attached ? pusher_loop_fd(attached) : -1,
                                 .events = POLLIN};
        if (poll(&watched, 1, (int)(end - now_ms())) > 0)
            counted_dispatch(attached);
    }
    return *done;
}
