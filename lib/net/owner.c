/*
 * Checking which thread calls.
 */
#include "net/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/loop_impl.h"

uintptr_t thread_token(void)
{
    static _Thread_local char mark;
    return (uintptr_t)&mark;
}

bool loop_is_inherited(const pusher_loop *loop)
{
    return loop->process != getpid();
}

#ifndef NDEBUG

_Noreturn static void report(const pusher_loop *loop, const char *function,
                             const char *what)
{
    log_line(&loop->log, PUSHER_LOG_ERROR, "%s() %s", function, what);
    fprintf(stderr, "libpusher: %s() %s\n", function, what);
    abort();
}

void owner_check_process(const pusher_loop *loop, const char *function)
{
    if (loop_is_inherited(loop))
        report(loop, function,
               "was called in a forked child: the loop belongs to the parent. The child "
               "may make a loop of its own");
}

void loop_check_from(const pusher_loop *loop, const char *function)
{
    owner_check_process(loop, function);
    uintptr_t owner = atomic_load(&loop->owner.thread);
    if (owner != OWNER_NOBODY && owner != thread_token())
        report(loop, function,
               "was called on a thread that the loop does not belong to. Other threads "
               "reach a loop and its clients through pusher_loop_post()");
}

void owner_check_outside(const pusher_loop *loop, const char *function)
{
    owner_check_process(loop, function);
    uintptr_t inside = atomic_load(&loop->owner.inside);
    if (inside && inside != thread_token())
        report(loop, function, "was called while another thread runs the loop");
}

void owner_check_idle(const pusher_loop *loop)
{
    owner_check_outside(loop, "pusher_loop_free");
    if (loop->dispatching)
        report(loop, "pusher_loop_free", "was called in a callback of the loop");
}

void owner_set(pusher_loop *loop, uintptr_t whom)
{
    atomic_store(&loop->owner.thread, whom);
}

void owner_enter(pusher_loop *loop)
{
    atomic_store(&loop->owner.inside, thread_token());
}

void owner_leave(pusher_loop *loop)
{
    atomic_store(&loop->owner.inside, 0);
}

#endif
