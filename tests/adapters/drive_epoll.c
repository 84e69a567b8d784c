/*
 * A loop of the application's own: epoll(7) on the descriptors, without an adapter.
 */
#include <assert.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

const char driver_name[] = "epoll";
unsigned driver_turns;

static int epoll_fd;

void driver_open(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert(epoll_fd >= 0);
}

void driver_close(void)
{
    close(epoll_fd);
}

void *driver_attach(pusher_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = loop};
    int rc = epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pusher_loop_fd(loop), &event);
    assert(rc == 0);
    (void)rc;
    return loop;
}

void driver_detach(void *attached)
{
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, pusher_loop_fd(attached), NULL);
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
    long long left = ms;
    while (!*done && left > 0) {
        /* One at a time: what is dispatched may detach another. */
        struct epoll_event event;
        if (epoll_wait(epoll_fd, &event, 1, (int)left) > 0)
            counted_dispatch(event.data.ptr);
        driver_turns++;
        left = end - now_ms();
    }
    return *done;
}
