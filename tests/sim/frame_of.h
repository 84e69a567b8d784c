/*
 * Frames of the client, read strictly: they have one form each.
 */
#ifndef SIM_FRAME_OF_H
#define SIM_FRAME_OF_H

#include <pusher/types.h>

enum frame_kind {
    FRAME_NONE, /* not of the protocol */
    FRAME_PING,
    FRAME_PONG,
    FRAME_SUBSCRIBE,
    FRAME_UNSUBSCRIBE
};

struct frame {
    enum frame_kind kind;
    int channel; /* -1: none, or not one of ours */
};

void frame_read(pusher_str text, struct frame *ret);

#endif
