/*
 * The names that occur in the world.
 */
#include "names.h"

#include "base/str.h"

static const char *const channels[] = {
    "room",
    "a",
    "orders.eu",
    "cache-news",
    "x=1,y=2;z@home_-",
    "tick",
    "room-2",
    "Room",
    "0",
    /* 200 bytes, the longest (LIM-01) */
    "longest-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-"
    "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-"
    "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012",
    "never-subscribed",
};

static const char *const events[] = {
    [EVENT_ORDER] = "order",
    [EVENT_TICK] = "tick",
    [EVENT_ODD] = "pusher:odd",
    [EVENT_SUCCEEDED] = "pusher:subscription_succeeded",
    [EVENT_REFUSED] = "pusher:subscription_error",
    [EVENT_COUNT] = "pusher:subscription_count",
    [EVENT_PING] = "pusher:ping",
    [EVENT_PONG] = "pusher:pong",
    [EVENT_ERROR] = "pusher:error",
};

const char *channel_name(int channel)
{
    return channel < 0 ? NULL : channels[channel];
}

const char *event_name(int event)
{
    return event < 0 ? NULL : events[event];
}

int channel_number(pusher_str name)
{
    for (int i = 0; i < (int)(sizeof channels / sizeof *channels); i++) {
        if (str_equal(name, str_of(channels[i])))
            return i;
    }
    return -1;
}

int event_number(pusher_str name)
{
    for (int i = 0; i < EVENT_NAMES; i++) {
        if (str_equal(name, str_of(events[i])))
            return i;
    }
    return -1;
}
