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

/* What a frame is put together from. */
struct part {
    enum { PART_JSON, PART_STRING } how; /* as it is, or written as a JSON string */
    pusher_str text;
};

static int append_parts(struct buf *out, const struct part *parts, size_t count)
{
    size_t before = out->len;
    int rc = 0;
    for (size_t i = 0; !rc && i < count; i++) {
        rc = parts[i].how == PART_STRING ? frame_append_string(out, parts[i].text)
                                         : buf_append(out, parts[i].text);
    }
    if (rc)
        out->len = before;
    return rc;
}

int frame_subscribe_public(struct buf *out, pusher_str channel)
{
    const struct part parts[] = {
        {PART_JSON,
         STR("{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":")},
        {PART_STRING, channel},
        {PART_JSON, STR("}}")},
    };
    return append_parts(out, parts, sizeof parts / sizeof *parts);
}

int frame_unsubscribe(struct buf *out, pusher_str channel)
{
    const struct part parts[] = {
        {PART_JSON, STR("{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":")},
        {PART_STRING, channel},
        {PART_JSON, STR("}}")},
    };
    return append_parts(out, parts, sizeof parts / sizeof *parts);
}

int frame_subscribe(struct buf *out, pusher_str channel, pusher_str auth,
                    pusher_str channel_data)
{
    bool with_data = channel_data.ptr != NULL;
    const struct part parts[] = {
        {PART_JSON, STR("{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":")},
        {PART_STRING, channel},
        {PART_JSON, STR(",\"auth\":")},
        {PART_STRING, auth},
        {PART_JSON, with_data ? STR(",\"channel_data\":") : STR("")},
        {with_data ? PART_STRING : PART_JSON, channel_data},
        {PART_JSON, STR("}}")},
    };
    return append_parts(out, parts, sizeof parts / sizeof *parts);
}

int frame_signin(struct buf *out, pusher_str auth, pusher_str user_data)
{
    const struct part parts[] = {
        {PART_JSON, STR("{\"event\":\"pusher:signin\",\"data\":{\"auth\":")},
        {PART_STRING, auth},
        {PART_JSON, STR(",\"user_data\":")},
        {PART_STRING, user_data},
        {PART_JSON, STR("}}")},
    };
    return append_parts(out, parts, sizeof parts / sizeof *parts);
}

int frame_client_event(struct buf *out, pusher_str channel, pusher_str event,
                       pusher_data_kind kind, pusher_str data)
{
    bool with_data = kind != PUSHER_DATA_ABSENT;
    const struct part parts[] = {
        {PART_JSON, STR("{\"event\":")},
        {PART_STRING, event},
        {PART_JSON, with_data ? STR(",\"data\":") : STR("")},
        {kind == PUSHER_DATA_TEXT ? PART_STRING : PART_JSON, with_data ? data : STR("")},
        {PART_JSON, STR(",\"channel\":")},
        {PART_STRING, channel},
        {PART_JSON, STR("}")},
    };
    return append_parts(out, parts, sizeof parts / sizeof *parts);
}
