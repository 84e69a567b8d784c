/*
 * Frames that the client sends (MSG-04).
 */
#include "codec/frame.h"

#include "base/str.h"

static int append_escaped(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
        return buf_append(out, STR("\\\""));
    case '\\':
        return buf_append(out, STR("\\\\"));
    case '\n':
        return buf_append(out, STR("\\n"));
    case '\r':
        return buf_append(out, STR("\\r"));
    case '\t':
        return buf_append(out, STR("\\t"));
    default:
        return buf_printf(out, "\\u%04x", c);
    }
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

int frame_append_string(struct buf *out, pusher_str text)
{
    size_t before = out->len;
    int rc = buf_append_byte(out, '"');
    for (size_t at = 0; !rc && at < text.len;) {
        size_t run = at;
        while (run < text.len && !needs_escape((unsigned char)text.ptr[run]))
            run++;
        rc = buf_append(out, (pusher_str){text.ptr + at, run - at});
        if (!rc && run < text.len)
            rc = append_escaped(out, (unsigned char)text.ptr[run++]);
        at = run;
    }
    if (!rc)
        rc = buf_append_byte(out, '"');
    if (rc)
        out->len = before;
    return rc;
}

int frame_ping(struct buf *out)
{
    return buf_append(out, STR("{\"event\":\"pusher:ping\",\"data\":{}}"));
}

int frame_pong(struct buf *out)
{
    return buf_append(out, STR("{\"event\":\"pusher:pong\",\"data\":{}}"));
}

/* `head`, the channel as a JSON string, "}}". */
static int append_around(struct buf *out, pusher_str head, pusher_str channel)
{
    size_t before = out->len;
    int rc = buf_append(out, head);
    if (!rc)
        rc = frame_append_string(out, channel);
    if (!rc)
        rc = buf_append(out, STR("}}"));
    if (rc)
        out->len = before;
    return rc;
}

int frame_subscribe_public(struct buf *out, pusher_str channel)
{
    return append_around(
        out, STR("{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":"),
        channel);
}

/* `,"name":`, and `text` as a JSON string. */
static int append_member(struct buf *out, const char *name, pusher_str text)
{
    int rc = buf_printf(out, ",\"%s\":", name);
    return rc ? rc : frame_append_string(out, text);
}

int frame_subscribe(struct buf *out, pusher_str channel, pusher_str auth,
                    pusher_str channel_data)
{
    size_t before = out->len;
    int rc =
        buf_append(out, STR("{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":"));
    if (!rc)
        rc = frame_append_string(out, channel);
    if (!rc)
        rc = append_member(out, "auth", auth);
    if (!rc && channel_data.ptr)
        rc = append_member(out, "channel_data", channel_data);
    if (!rc)
        rc = buf_append(out, STR("}}"));
    if (rc)
        out->len = before;
    return rc;
}

int frame_unsubscribe(struct buf *out, pusher_str channel)
{
    return append_around(
        out, STR("{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":"), channel);
}
