/*
 * Keeping SIGPIPE away. A signal that a write raises is for the thread that wrote.
 */
#include "net/sigpipe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

static sigset_t only_sigpipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

void sigpipe_block(struct sigpipe *ret)
{
    sigset_t set = only_sigpipe();
    sigset_t before, pending;
    *ret = (struct sigpipe){0};
    pthread_sigmask(SIG_BLOCK, &set, &before);
    if (sigismember(&before, SIGPIPE) != 1)
        return;
    ret->blocked = true;
    sigpending(&pending);
    ret->pending = sigismember(&pending, SIGPIPE) == 1;
}

void sigpipe_unblock(const struct sigpipe *before)
{
    static const struct timespec at_once = {0};
    sigset_t set = only_sigpipe();
    int caller_errno = errno;
    if (!before->pending) {
        while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
            ;
    }
    if (!before->blocked)
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    errno = caller_errno;
}
