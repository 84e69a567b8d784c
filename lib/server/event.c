/*
 * One event as an HTTP API request (API-01, API-02): its checks, its body, and the signed
 * request line. Pure: no loop, no clock.
 */
#include "server/publish.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "base/utf8.h"
#include "codec/channel_name.h"
#include "codec/frame.h"
#include "codec/json.h"
#include "server/request_sign.h"
#include "server/sign.h"

/* What is published to an encrypted channel must have been encrypted before (ENC-03):
 * plain text would be readable by the server, and no receiver could open it. */
static int check_encrypted(pusher_str data)
{
    struct json_object *object = NULL;
    int rc = json_parse(data, &object);
    if (rc)
        return rc == PUSHER_ERR_INVALID ? PUSHER_ERR_UNSUPPORTED : rc;
    bool sealed = json_text(json_member(object, "nonce")).len > 0 &&
                  json_text(json_member(object, "ciphertext")).len > 0;
    json_release(object);
    return sealed ? 0 : PUSHER_ERR_UNSUPPORTED;
}

static int check_channels(const pusher_server_event *event, const char **why)
{
    for (size_t i = 0; i < event->channel_count; i++) {
        if (!event->channels[i] || !channel_name_valid(str_of(event->channels[i]))) {
            *why = "a channel name is not valid";
            return PUSHER_ERR_BAD_CHANNEL;
        }
        if (channel_kind_of(str_of(event->channels[i])) != CHANNEL_ENCRYPTED)
            continue;
        int rc = check_encrypted(event->data);
        if (rc) {
            *why = "data for an encrypted channel must be {\"nonce\",\"ciphertext\"}";
            return rc;
        }
    }
    return 0;
}

struct check {
    bool broken;
    int error;
    const char *why;
};

int publish_check(const pusher_server_event *event, size_t max_data_bytes,
                  const char **why)
{
    pusher_str name = str_of(event->name);
    const struct check checks[] = {
        {!name.len, PUSHER_ERR_INVALID, "the event has no name"},
        {name.len > EVENT_NAME_MAX, PUSHER_ERR_LIMIT,
         "the event's name is longer than 200 bytes"},
        {!utf8_valid(name), PUSHER_ERR_INVALID, "the event's name is not UTF-8"},
        {!event->data.ptr, PUSHER_ERR_INVALID, "the event has no data"},
        {event->data.len > max_data_bytes, PUSHER_ERR_LIMIT,
         "the event's data is longer than max_data_bytes"},
        {!event->channels || !event->channel_count, PUSHER_ERR_INVALID,
         "the event has no channel"},
        {event->channel_count > PUBLISH_CHANNELS_MAX, PUSHER_ERR_LIMIT,
         "the event has more than 100 channels"},
        {event->socket_id && !socket_id_valid(str_of(event->socket_id)),
         PUSHER_ERR_INVALID, "the socket id is not digits.digits"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (!checks[i].broken)
            continue;
        *why = checks[i].why;
        return checks[i].error;
    }
    /* Only now is it short enough to be looked at byte by byte. */
    if (!utf8_valid(event->data)) {
        *why = "the event's data is not UTF-8";
        return PUSHER_ERR_INVALID;
    }
    return check_channels(event, why);
}

static int append_channels(struct buf *out, const pusher_server_event *event)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < event->channel_count; i++) {
        rc = buf_append_byte(out, i ? ',' : '[');
        if (!rc)
            rc = frame_append_string(out, str_of(event->channels[i]));
    }
    return rc ? rc : buf_append_byte(out, ']');
}

int publish_append_body(struct buf *out, const pusher_server_event *event)
{
    int rc = buf_append(out, STR("{\"name\":"));
    if (!rc)
        rc = frame_append_string(out, str_of(event->name));
    if (!rc)
        rc = buf_append(out, STR(",\"channels\":"));
    if (!rc)
        rc = append_channels(out, event);
    if (!rc)
        rc = buf_append(out, STR(",\"data\":"));
    if (!rc)
        rc = frame_append_string(out, event->data);
    if (!rc && event->socket_id)
        rc = buf_append(out, STR(",\"socket_id\":"));
    if (!rc && event->socket_id)
        rc = frame_append_string(out, str_of(event->socket_id));
    return rc ? rc : buf_append_byte(out, '}');
}

int publish_append_request(struct buf *out, pusher_str app_id, pusher_str key,
                           pusher_str secret, pusher_str body, int64_t now_s)
{
    char timestamp[24], md5[MD5_HEX + 1], signature[SHA256_HEX + 1];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, now_s);
    int rc = md5_hex(body, md5);
    if (rc)
        return rc;

    const struct request_param params[] = {
        {STR("auth_key"), key},
        {STR("auth_timestamp"), str_of(timestamp)},
        {STR("auth_version"), STR("1.0")},
        {STR("body_md5"), str_of(md5)},
    };
    size_t before = out->len;
    rc = buf_printf(out, "/apps/%.*s/events", STR_ARG(app_id));
    if (rc)
        return rc;
    pusher_str path = str_skip(buf_str(out), before);
    rc = request_sign(out->mem, secret, STR("POST"), path, params,
                      sizeof params / sizeof *params, signature);
    if (!rc)
        rc = buf_printf(out,
                        "?auth_key=%.*s&auth_timestamp=%s&auth_version=1.0&body_md5=%s"
                        "&auth_signature=%s",
                        STR_ARG(key), timestamp, md5, signature);
    if (rc)
        out->len = before;
    return rc;
}
