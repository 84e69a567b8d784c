/*
 * Frames of the client.
 */
#include "frame_of.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "names.h"

/* Takes `literal` from the front; false: it is not there. */
static bool take(pusher_str *text, const char *literal)
{
    if (!str_starts_with(*text, str_of(literal)))
        return false;
    *text = str_skip(*text, strlen(literal));
    return true;
}

/* Takes a JSON string's inside, up to and with the quote at its end. */
static bool take_string(pusher_str *text, pusher_str *ret)
{
    size_t len = 0;
    while (len < text->len && text->ptr[len] != '"')
        len += text->ptr[len] == '\\' ? 2 : 1;
    if (len >= text->len)
        return false;
    *ret = (pusher_str){text->ptr, len};
    *text = str_skip(*text, len + 1);
    return true;
}

static bool take_channel(pusher_str *text, struct frame *ret)
{
    pusher_str name;
    if (!take_string(text, &name))
        return false;
    ret->channel = channel_number(name);
    return true;
}

static bool read_public(pusher_str text, struct frame *ret)
{
    ret->kind = FRAME_SUBSCRIBE;
    return take(&text, "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\","
                       "\"channel\":\"") &&
           take_channel(&text, ret) && take(&text, "}}") && !text.len;
}

static bool read_authorized(pusher_str text, struct frame *ret)
{
    ret->kind = FRAME_SUBSCRIBE;
    if (!take(&text, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"") ||
        !take_channel(&text, ret) || !take(&text, ",\"auth\":\"") ||
        !take_string(&text, &ret->auth))
        return false;
    if (take(&text, ",\"channel_data\":\"") && !take_string(&text, &ret->signed_data))
        return false;
    return take(&text, "}}") && !text.len;
}

static bool read_unsubscribe(pusher_str text, struct frame *ret)
{
    ret->kind = FRAME_UNSUBSCRIBE;
    return take(&text, "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"") &&
           take_channel(&text, ret) && take(&text, "}}") && !text.len;
}

static bool read_signin(pusher_str text, struct frame *ret)
{
    ret->kind = FRAME_SIGNIN;
    ret->channel = SIGNIN;
    return take(&text, "{\"event\":\"pusher:signin\",\"data\":{\"auth\":\"") &&
           take_string(&text, &ret->auth) && take(&text, ",\"user_data\":\"") &&
           take_string(&text, &ret->signed_data) && take(&text, "}}") && !text.len;
}

/* The text has no NUL behind it, so that strtoll() is not for it. */
static bool take_number(pusher_str *text, int64_t *ret)
{
    size_t digits = 0;
    *ret = 0;
    while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9')
        *ret = *ret * 10 + (text->ptr[digits++] - '0');
    *text = str_skip(*text, digits);
    return digits > 0;
}

static bool read_client_event(pusher_str text, struct frame *ret)
{
    ret->kind = FRAME_CLIENT_EVENT;
    return take(&text, "{\"event\":\"client-move\",\"data\":{\"n\":") &&
           take_number(&text, &ret->number) && take(&text, "},\"channel\":\"") &&
           take_channel(&text, ret) && take(&text, "}") && !text.len;
}

void frame_read(pusher_str text, struct frame *ret)
{
    static bool (*const readers[])(pusher_str, struct frame *) = {
        read_public, read_authorized, read_unsubscribe, read_signin, read_client_event};
    static const struct frame nothing = {.kind = FRAME_NONE, .channel = -1};
    *ret = nothing;
    if (str_equal(text, STR("{\"event\":\"pusher:ping\",\"data\":{}}"))) {
        ret->kind = FRAME_PING;
        return;
    }
    if (str_equal(text, STR("{\"event\":\"pusher:pong\",\"data\":{}}"))) {
        ret->kind = FRAME_PONG;
        return;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        *ret = nothing;
        if (readers[i](text, ret))
            return;
    }
    *ret = nothing;
}

size_t trigger_frame(char *ret, size_t size, int channel, int64_t number)
{
    return (size_t)snprintf(ret, size,
                            "{\"event\":\"client-move\",\"data\":{\"n\":%" PRId64
                            "},\"channel\":\"%s\"}",
                            number, channel_name(channel));
}
