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
    "private-orders",
    "private-cache-news",
    "presence-room",
    "private-encrypted-safe",
    "(the user)", /* the sign-in has no name of its own */
    "#server-to-user-0",
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
    [EVENT_ADDED] = "pusher:member_added",
    [EVENT_REMOVED] = "pusher:member_removed",
    [EVENT_SIGNED_IN] = "pusher:signin_success",
    [EVENT_SIGNIN_ERROR] = "pusher:signin_error",
    [EVENT_ONLINE] = "online",
    [EVENT_OFFLINE] = "offline",
    [EVENT_SEALED_ERROR] = "pusher:decryption_error",
};

const char *channel_name(int channel)
{
    return channel < 0 ? NULL : channels[channel];
}

const char *event_name(int event)
{
    return event < 0 ? NULL : events[event];
}

bool needs_authorization(int channel)
{
    return channel >= PUBLIC_CHANNELS && channel <= SIGNIN;
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
