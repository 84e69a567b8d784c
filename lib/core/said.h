/*
 * Events that the library makes itself, in the form of the server's: they go through the
 * same decoder, so that an application sees no difference.
 */
#ifndef CORE_SAID_H
#define CORE_SAID_H

#include "base/buf.h"
#include "core/core.h"

/* Begins an event on `channel` (ptr NULL: on none): returns the buffer to which its data,
 * JSON, is appended. */
struct buf *said_begin(struct core *core, pusher_str event, pusher_str channel, int *rc);

/* Ends it, and makes it the delivery, for the bindings of the channel, or of the user.
 * `rc`: of what was appended; without memory the event is lost, and that is logged. */
void said_end(struct core *core, struct core_channel *channel, int rc);

#endif
