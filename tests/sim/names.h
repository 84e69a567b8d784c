/*
 * The names that occur in the world, so that the checks can count with numbers.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include <pusher/types.h>

enum {
    CHANNEL_NAMES = 10,  /* those the application takes part in */
    STRANGE_CHANNEL = 10 /* one that it never subscribes to */
};

enum event_name {
    EVENT_ORDER,
    EVENT_TICK,
    EVENT_ODD, /* an unknown event of the library's own name space */
    EVENT_SUCCEEDED,
    EVENT_REFUSED,
    EVENT_COUNT,
    EVENT_PING,
    EVENT_PONG,
    EVENT_ERROR,
    EVENT_NAMES
};

const char *channel_name(int channel);
const char *event_name(int event);

/* The number of a name; -1 if it is none of ours. */
int channel_number(pusher_str name);
int event_number(pusher_str name);

/* The app key of all clients: it must not be seen anywhere but in the request. */
#define SIM_KEY "canary-5d41402abc4b2a76"

#endif
