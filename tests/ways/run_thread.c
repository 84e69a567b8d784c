/*
 * pusherctl with its loop on the library's background thread: the main thread, which
 * wants it run, starts that thread and waits.
 */
#include <errno.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include <pusher/loop.h>

int __wrap_pusher_loop_run(pusher_loop *loop);
int __wrap_pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms);
void __wrap_pusher_loop_stop(pusher_loop *loop);
int __real_pusher_loop_run(pusher_loop *loop);
void __real_pusher_loop_stop(pusher_loop *loop);

static sem_t stopped; /* zeroed: none yet */

int __wrap_pusher_loop_run(pusher_loop *loop)
{
    if (gettid() != getpid()) /* the library's own thread */
        return __real_pusher_loop_run(loop);
    int rc = pusher_loop_start(loop);
    return rc ? rc : pusher_loop_join(loop);
}

/* pusherctl calls it once. */
int __wrap_pusher_loop_run_for(pusher_loop *loop, uint32_t timeout_ms)
{
    struct timespec end;
    int rc = pusher_loop_start(loop);
    if (rc)
        return rc;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    int waited;
    do
        waited = sem_timedwait(&stopped, &end);
    while (waited != 0 && errno == EINTR);
    if (waited != 0)
        __real_pusher_loop_stop(loop);
    rc = pusher_loop_join(loop);
    return rc || waited == 0 ? rc : PUSHER_ERR_TIMEOUT;
}

void __wrap_pusher_loop_stop(pusher_loop *loop)
{
    __real_pusher_loop_stop(loop);
    sem_post(&stopped);
}
