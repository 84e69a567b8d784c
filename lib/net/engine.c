/*
 * The engine of a loop: libwebsockets on a private libuv loop, behind one epoll
 * descriptor. In builds without libuv engine_poll.c is in its place.
 *
 * The epoll set holds libuv's backend descriptor, a timerfd and an eventfd. Nothing is
 * lost between two dispatches: descriptors are level-triggered, and whenever libuv has
 * work that no descriptor shows, uv_backend_timeout() is 0 and the timerfd fires at once.
 *
 * Work on libwebsockets outside of its own callbacks does not arm its timers; after a
 * turn that did such work it is poked.
 */
#include "net/event_pipe.h"
#include "net/loop_impl.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* libwebsockets unloads its libuv plugin with each context, while its code is still
 * needed. */
static void pin_plugin(void)
{
    void *plugin = dlopen("libwebsockets-evlib_uv.so", RTLD_NOW | RTLD_NODELETE);
    if (plugin)
        dlclose(plugin);
}

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 ? -1 : epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void close_descriptor(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void descriptors_close(pusher_loop *loop)
{
    close_descriptor(&loop->epoll_fd);
    close_descriptor(&loop->timer_fd);
    close_descriptor(&loop->event_fd);
    close_descriptor(&loop->resume_fd);
}

/* Readable when the clock is set, which the kernel also does when it resumes. */
static void watch_for_resume(pusher_loop *loop)
{
    static const struct itimerspec never = {.it_value.tv_sec = 9000000000};
    timerfd_settime(loop->resume_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                    NULL);
}

static int descriptors_open(pusher_loop *loop)
{
    loop->timer_armed = UINT64_MAX;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->resume_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    watch_for_resume(loop);
    if (loop->epoll_fd >= 0 && watch(loop->epoll_fd, loop->timer_fd) == 0 &&
        watch(loop->epoll_fd, loop->event_fd) == 0 &&
        watch(loop->epoll_fd, loop->resume_fd) == 0 &&
        watch(loop->epoll_fd, uv_backend_fd(&loop->uv)) == 0)
        return 0;
    descriptors_close(loop);
    return PUSHER_ERR_SYSTEM;
}

enum { CLOSING_MS = 5000 };

/* Lets handles that are being closed end. False: some do not, of a connection that
 * libwebsockets has lost, as it may when it had no memory for it. */
static bool run_until_closed(pusher_loop *loop)
{
    uint64_t until = clock_ms() + CLOSING_MS;
    while (uv_loop_alive(&loop->uv)) {
        if (clock_ms() >= until)
            return false;
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    }
    return true;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Takes from libuv what libwebsockets does not give back. Its memory is left: to go on
 * with destroying the context would be to use what is closed. */
static void abandon_context(pusher_loop *loop)
{
    uv_walk(&loop->uv, close_handle, NULL);
    while (uv_loop_alive(&loop->uv))
        uv_run(&loop->uv, UV_RUN_NOWAIT);
}

int engine_open(pusher_loop *loop)
{
    if (uv_loop_init(&loop->uv))
        return PUSHER_ERR_SYSTEM;
    int rc = descriptors_open(loop);
    if (!rc) {
        pin_plugin();
        rc = context_open(loop, LWS_SERVER_OPTION_LIBUV, &loop->uv);
    }
    if (!rc) {
        loop->event_pipe = event_pipe_find(&loop->uv);
        return 0;
    }
    if (!run_until_closed(loop))
        abandon_context(loop);
    descriptors_close(loop);
    uv_loop_close(&loop->uv);
    return rc;
}

/* libwebsockets wants to be destroyed twice on a foreign loop, with turns in between. */
void engine_close(pusher_loop *loop)
{
    event_pipe_destroy_context(loop->context, loop->event_pipe);
    if (!run_until_closed(loop))
        abandon_context(loop);
    else if (loop->context)
        lws_context_destroy(loop->context);
    uv_loop_close(&loop->uv);
    descriptors_close(loop);
}

void engine_turn(pusher_loop *loop)
{
    if (loop->poke) {
        loop->poke = false;
        lws_cancel_service(loop->context);
    }
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

bool engine_busy(pusher_loop *loop)
{
    return loop->poke || !list_empty(&loop->tasks) ||
           (uv_loop_alive(&loop->uv) && uv_backend_timeout(&loop->uv) == 0);
}

static uint64_t next_due(pusher_loop *loop, uint64_t now)
{
    if (engine_busy(loop))
        return now;
    uv_update_time(&loop->uv);
    int uv_timeout = uv_backend_timeout(&loop->uv);
    uint64_t due = uv_timeout < 0 ? UINT64_MAX : now + (uint64_t)uv_timeout;
    const struct heap_node *first = heap_first(&loop->timers);
    return first && first->deadline < due ? first->deadline : due;
}

void engine_arm(pusher_loop *loop)
{
    uint64_t now = clock_ms();
    uint64_t due = next_due(loop, now);
    if (due == loop->timer_armed && due > now)
        return;
    struct itimerspec spec = {0};
    if (due != UINT64_MAX) {
        spec.it_value.tv_sec = (time_t)(due / 1000);
        spec.it_value.tv_nsec = (long)(due % 1000) * 1000000L;
        if (due == 0)
            spec.it_value.tv_nsec = 1;
    }
    timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
    loop->timer_armed = due;
}

void engine_poke(pusher_loop *loop)
{
    loop->poke = true;
    if (!loop->dispatching)
        engine_arm(loop);
}

static void drain(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

int engine_wait(pusher_loop *loop, int timeout_ms)
{
    struct epoll_event events[4];
    int count = epoll_wait(loop->epoll_fd, events, 4, timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : PUSHER_ERR_SYSTEM;
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == loop->timer_fd)
            loop->timer_armed = UINT64_MAX;
        if (events[i].data.fd == loop->timer_fd || events[i].data.fd == loop->event_fd)
            drain(events[i].data.fd);
        if (events[i].data.fd == loop->resume_fd)
            watch_for_resume(loop); /* setting it takes the readiness away */
    }
    return 0;
}

int engine_fd(const pusher_loop *loop)
{
    return loop->epoll_fd;
}

void engine_wake(pusher_loop *loop)
{
    uint64_t one = 1;
    while (write(loop->event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}
