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
    FRAME_UNSUBSCRIBE,
    FRAME_SIGNIN,
    FRAME_CLIENT_EVENT
};

struct frame {
    enum frame_kind kind;
    int channel; /* -1: none, or not one of ours */
    /* As in the frame, of subscribe and signin; ptr NULL: none. */
    pusher_str auth;
    pusher_str signed_data; /* channel_data or user_data, still escaped */
    int64_t number;         /* of a client event */
};

/* The frame of client event `number`; its length. */
size_t trigger_frame(char *ret, size_t size, int channel, int64_t number);

void frame_read(pusher_str text, struct frame *ret);

#endif
