/*
 * What other threads leave for a loop. A mailbox outlives its loop for as long as anybody
 * refers to it: what comes late finds that the loop is gone.
 */
#ifndef NET_MAILBOX_H
#define NET_MAILBOX_H

#include <pusher/loop.h>

#include "base/list.h"

/* A call that waits to be made. It is the beginning of a block of malloc: the
 * application's allocator belongs to the loop's thread. */
struct post {
    struct list link;
    void (*fn)(void *arg);
    void *arg;
    pusher_free_fn free_arg; /* runs in any case; NULL: there is none */
};

/* For a loop that is being made; NULL: no memory. */
pusher_mailbox *mailbox_new(pusher_loop *loop);
/* One more user, who leaves with pusher_mailbox_free(). */
pusher_mailbox *mailbox_enter(pusher_mailbox *mailbox);
/* Takes `post` over. 0, or PUSHER_ERR_STATE when the loop is gone. Any thread. */
int mailbox_put(pusher_mailbox *mailbox, struct post *post);

/* The loop's thread: makes the calls that wait. */
void mailbox_run(pusher_mailbox *mailbox);
/* The loop goes: calls that wait are not made, and no further ones taken. */
void mailbox_close(pusher_mailbox *mailbox);

#endif
