/*
 * Client events on their way out (CEV-01 … CEV-04): a bounded queue in the order of the
 * calls; an event goes when its channel is subscribed and the rate allows it.
 */
#ifndef CORE_TRIGGER_H
#define CORE_TRIGGER_H

#include "core/core_channel.h"

struct trigger_queue {
    struct list waiting;
    struct list sending; /* the one that is being sent, until that is known to be done */
    size_t count, bytes;
    uint64_t dropped; /* in all, for the application to know */
    /* If the rate is limited: when the last ones were sent, a ring of that many. */
    uint32_t sent_count, sent_next;
    uint64_t sent_at[];
};

void trigger_free(struct core *core);

/* The channel is unsubscribed: its events are dropped. */
void trigger_forget(struct core *core, const struct core_channel *channel);

/* The connection is lost: unless they are to be kept, all are dropped. */
void trigger_lost(struct core *core);

/* Appends the next frame. 1: a frame; 0: none; PUSHER_ERR_NOMEM. */
int trigger_next_frame(struct core *core, struct buf *out);

/* The frame before has been handed to the transport; or it could not be, and waits
 * again. */
void trigger_sent(struct core *core);
void trigger_unsent(struct core *core);

/* When the rate allows the next one that could go; CORE_NEVER: nothing waits for it. */
uint64_t trigger_deadline(const struct core *core);

#endif
