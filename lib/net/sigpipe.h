/*
 * No SIGPIPE reaches the process: TLS libraries write to sockets with write(2), which
 * raises it when the peer is gone. It is blocked on the thread while sockets are worked
 * on, and what was raised meanwhile is taken away. The application's own setting stays as
 * it is.
 */
#ifndef NET_SIGPIPE_H
#define NET_SIGPIPE_H

#include <stdbool.h>

struct sigpipe {
    bool blocked; /* it was, before */
    bool pending; /* it was: not ours to take */
};

void sigpipe_block(struct sigpipe *ret);
void sigpipe_unblock(const struct sigpipe *before);

#endif
