/*
 * The names that occur in the world, so that the checks can count with numbers.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include <stdbool.h>

#include <pusher/types.h>

/* Those the application takes part in: public ones, then those that need an
 * authorization; and behind them what is no channel of its own. */
enum {
    PUBLIC_CHANNELS = 10,
    PRIVATE_CHANNEL = PUBLIC_CHANNELS,
    PRIVATE_CACHE_CHANNEL,
    PRESENCE_CHANNEL,
    SEALED_CHANNEL, /* encrypted */
    CHANNEL_NAMES,
    SIGNIN = CHANNEL_NAMES, /* the sign-in, which goes the way of a subscription */
    PERSONAL_CHANNEL,       /* what the server sends to the user */
    STRANGE_CHANNEL,        /* one that it never subscribes to */
    WATCHED_CHANNELS = STRANGE_CHANNEL
};

/* Users are numbers; this client is the first. */
enum { USERS = 16, ME = 0 };

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
    EVENT_ADDED, /* a member */
    EVENT_REMOVED,
    EVENT_SIGNED_IN,
    EVENT_SIGNIN_ERROR,
    EVENT_ONLINE, /* a watched user */
    EVENT_OFFLINE,
    EVENT_SEALED_ERROR,
    EVENT_NAMES
};

const char *channel_name(int channel);
const char *event_name(int event);

/* The number of a name; -1 if it is none of ours. */
int channel_number(pusher_str name);
int event_number(pusher_str name);

bool needs_authorization(int channel);

/* The app key of all clients: it must not be seen anywhere but in the request. */
#define SIM_KEY "canary-5d41402abc4b2a76"

#endif
