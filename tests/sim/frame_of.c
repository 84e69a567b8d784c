/*
 * Frames of the client.
 */
#include "frame_of.h"

#include "base/str.h"
#include "names.h"

/* The name between what must stand before and behind it; ptr NULL: it does not. */
static pusher_str between(pusher_str text, pusher_str before, pusher_str behind)
{
    pusher_str none = {NULL, 0};
    if (!str_starts_with(text, before) || text.len < before.len + behind.len)
        return none;
    pusher_str rest = str_skip(text, text.len - behind.len);
    if (!str_equal(rest, behind))
        return none;
    return (pusher_str){text.ptr + before.len, text.len - before.len - behind.len};
}

void frame_read(pusher_str text, struct frame *ret)
{
    *ret = (struct frame){.kind = FRAME_NONE, .channel = -1};
    if (str_equal(text, STR("{\"event\":\"pusher:ping\",\"data\":{}}"))) {
        ret->kind = FRAME_PING;
        return;
    }
    if (str_equal(text, STR("{\"event\":\"pusher:pong\",\"data\":{}}"))) {
        ret->kind = FRAME_PONG;
        return;
    }
    pusher_str name = between(
        text,
        STR("{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":\""),
        STR("\"}}"));
    ret->kind = FRAME_SUBSCRIBE;
    if (!name.ptr) {
        name = between(text,
                       STR("{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\""),
                       STR("\"}}"));
        ret->kind = name.ptr ? FRAME_UNSUBSCRIBE : FRAME_NONE;
    }
    if (name.ptr)
        ret->channel = channel_number(name);
}
