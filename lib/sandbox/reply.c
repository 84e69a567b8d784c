/*
 * Messages of the sandbox, struct to bytes. All text goes through one JSON string writer.
 */
#include "sandbox/reply.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/frame.h"

/* The members of a frame; a ptr NULL leaves one out. */
struct envelope {
    pusher_str event;
    pusher_str channel;
    pusher_str user_id;
    pusher_str data_text; /* becomes a JSON string */
    pusher_str data_json; /* is JSON already */
};

static int append_member(struct buf *out, pusher_str name, pusher_str text)
{
    if (!text.ptr)
        return 0;
    int rc = buf_append_byte(out, out->len ? ',' : '{');
    if (!rc)
        rc = frame_append_string(out, name);
    if (!rc)
        rc = buf_append_byte(out, ':');
    return rc ? rc : frame_append_string(out, text);
}

static int append_json_member(struct buf *out, pusher_str name, pusher_str json)
{
    if (!json.ptr)
        return 0;
    int rc = buf_append_byte(out, out->len ? ',' : '{');
    if (!rc)
        rc = frame_append_string(out, name);
    if (!rc)
        rc = buf_append_byte(out, ':');
    return rc ? rc : buf_append(out, json);
}

static int append_envelope(struct buf *out, const struct envelope *envelope)
{
    int rc = append_member(out, STR("event"), envelope->event);
    if (!rc)
        rc = append_member(out, STR("channel"), envelope->channel);
    if (!rc)
        rc = append_member(out, STR("user_id"), envelope->user_id);
    if (!rc)
        rc = append_member(out, STR("data"), envelope->data_text);
    if (!rc)
        rc = append_json_member(out, STR("data"), envelope->data_json);
    return rc ? rc : buf_append_byte(out, '}');
}

static int make_packet(const pusher_allocator *mem, const struct envelope *envelope,
                       struct packet **ret)
{
    struct buf text;
    buf_init(&text, mem, REPLY_MAX);
    int rc = append_envelope(&text, envelope);
    struct packet *packet = rc ? NULL : packet_new(mem, buf_str(&text));
    buf_free(&text);
    if (!packet)
        return rc ? rc : PUSHER_ERR_NOMEM;
    *ret = packet;
    return 0;
}

int reply_established(const pusher_allocator *mem, pusher_str socket_id,
                      uint32_t activity_timeout_s, struct packet **ret)
{
    struct buf data;
    buf_init(&data, mem, REPLY_MAX);
    int rc = buf_printf(&data, "{\"socket_id\":\"%.*s\",\"activity_timeout\":%u}",
                        STR_ARG(socket_id), activity_timeout_s);
    if (!rc)
        rc = make_packet(mem,
                         &(struct envelope){.event = STR("pusher:connection_established"),
                                            .data_text = buf_str(&data)},
                         ret);
    buf_free(&data);
    return rc;
}

int reply_ping(const pusher_allocator *mem, struct packet **ret)
{
    return make_packet(
        mem, &(struct envelope){.event = STR("pusher:ping"), .data_text = STR("{}")},
        ret);
}

int reply_pong(const pusher_allocator *mem, struct packet **ret)
{
    return make_packet(
        mem, &(struct envelope){.event = STR("pusher:pong"), .data_text = STR("{}")},
        ret);
}

int reply_error(const pusher_allocator *mem, int code, pusher_str message,
                struct packet **ret)
{
    struct buf data;
    buf_init(&data, mem, REPLY_MAX);
    int rc = code < 0 ? buf_append(&data, STR("{\"code\":null"))
                      : buf_printf(&data, "{\"code\":%d", code);
    if (!rc)
        rc = append_member(&data, STR("message"), message);
    if (!rc)
        rc = buf_append_byte(&data, '}');
    if (!rc)
        rc = make_packet(
            mem,
            &(struct envelope){.event = STR("pusher:error"), .data_json = buf_str(&data)},
            ret);
    buf_free(&data);
    return rc;
}

int reply_subscribed(const pusher_allocator *mem, pusher_str channel, pusher_str presence,
                     struct packet **ret)
{
    return make_packet(
        mem,
        &(struct envelope){.event = STR("pusher_internal:subscription_succeeded"),
                           .channel = channel,
                           .data_text = presence},
        ret);
}

int reply_subscription_error(const pusher_allocator *mem, pusher_str channel,
                             pusher_str type, pusher_str error, int status,
                             struct packet **ret)
{
    struct buf data;
    buf_init(&data, mem, REPLY_MAX);
    int rc = append_member(&data, STR("type"), type);
    if (!rc)
        rc = append_member(&data, STR("error"), error);
    if (!rc)
        rc = buf_printf(&data, ",\"status\":%d}", status);
    if (!rc)
        rc = make_packet(mem,
                         &(struct envelope){.event = STR("pusher:subscription_error"),
                                            .channel = channel,
                                            .data_json = buf_str(&data)},
                         ret);
    buf_free(&data);
    return rc;
}

/* member_added and member_removed differ in the name and the user_info. */
static int reply_member(const pusher_allocator *mem, pusher_str event, pusher_str channel,
                        pusher_str user_id, pusher_str user_info, struct packet **ret)
{
    struct buf data;
    buf_init(&data, mem, REPLY_MAX);
    int rc = append_member(&data, STR("user_id"), user_id);
    if (!rc)
        rc = append_json_member(&data, STR("user_info"), user_info);
    if (!rc)
        rc = buf_append_byte(&data, '}');
    if (!rc)
        rc = make_packet(mem,
                         &(struct envelope){.event = event,
                                            .channel = channel,
                                            .data_text = buf_str(&data)},
                         ret);
    buf_free(&data);
    return rc;
}

int reply_member_added(const pusher_allocator *mem, pusher_str channel,
                       pusher_str user_id, pusher_str user_info, struct packet **ret)
{
    return reply_member(mem, STR("pusher_internal:member_added"), channel, user_id,
                        user_info, ret);
}

int reply_member_removed(const pusher_allocator *mem, pusher_str channel,
                         pusher_str user_id, struct packet **ret)
{
    return reply_member(mem, STR("pusher_internal:member_removed"), channel, user_id,
                        (pusher_str){NULL, 0}, ret);
}

int reply_subscription_count(const pusher_allocator *mem, pusher_str channel,
                             size_t count, struct packet **ret)
{
    char data[64];
    snprintf(data, sizeof data, "{\"subscription_count\":%zu}", count);
    return make_packet(
        mem,
        &(struct envelope){.event = STR("pusher_internal:subscription_count"),
                           .channel = channel,
                           .data_text = str_of(data)},
        ret);
}

int reply_cache_miss(const pusher_allocator *mem, pusher_str channel, struct packet **ret)
{
    return make_packet(
        mem, &(struct envelope){.event = STR("pusher:cache_miss"), .channel = channel},
        ret);
}

int reply_signin_success(const pusher_allocator *mem, pusher_str user_data,
                         struct packet **ret)
{
    struct buf data;
    buf_init(&data, mem, REPLY_MAX);
    int rc = append_member(&data, STR("user_data"), user_data);
    if (!rc)
        rc = buf_append_byte(&data, '}');
    if (!rc)
        rc = make_packet(mem,
                         &(struct envelope){.event = STR("pusher:signin_success"),
                                            .data_text = buf_str(&data)},
                         ret);
    buf_free(&data);
    return rc;
}

int reply_watchlist(const pusher_allocator *mem, pusher_str events, struct packet **ret)
{
    return make_packet(
        mem,
        &(struct envelope){.event = STR("pusher_internal:watchlist_events"),
                           .data_text = events},
        ret);
}

int reply_event(const pusher_allocator *mem, pusher_str channel, pusher_str event,
                pusher_str data, struct packet **ret)
{
    return make_packet(
        mem, &(struct envelope){.event = event, .channel = channel, .data_text = data},
        ret);
}

int reply_client_event(const pusher_allocator *mem, pusher_str channel, pusher_str event,
                       pusher_str user_id, pusher_str data, struct packet **ret)
{
    return make_packet(
        mem,
        &(struct envelope){
            .event = event, .channel = channel, .user_id = user_id, .data_json = data},
        ret);
}
