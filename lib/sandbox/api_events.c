/*
 * Publishing over the HTTP API (API-01): a body is read into spans, checked, and handed
 * to the hub channel by channel.
 */
#include "sandbox/api_events.h"

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/channel_name.h"
#include "codec/json.h"
#include "codec/json_tree.h"
#include "codec/log_name.h"
#include "net/loop.h"
#include "sandbox/api_info.h"
#include "server/sign.h"

/* One event of a body; the texts belong to the parsed body. */
struct event {
    pusher_str name;
    pusher_str data;
    pusher_str socket_id; /* ptr NULL: none */
    pusher_str channels[API_CHANNELS_MAX];
    size_t channel_count;
    unsigned info; /* what the answer is to tell of them */
};

static bool read_channels(struct json_object *list, struct event *event,
                          struct api_answer *ret)
{

    size_t count = json_array_size(list);
    if (count < 1 || count > API_CHANNELS_MAX) {
        api_answer_text(ret, 400, "channels must be a list of 1 to %d names",
                        API_CHANNELS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        event->channels[i] = json_text(json_array_item(list, i));
    event->channel_count = count;
    return true;
}

static bool check_event(const struct service *service, const struct event *event,
                        struct api_answer *ret)
{
    pusher_str user_id;
    for (size_t i = 0; i < event->channel_count; i++)
        if (!channel_name_valid(event->channels[i]) &&
            !people_channel(event->channels[i], &user_id)) {
            api_answer_text(ret, 400, "Invalid channel name");
            return false;
        }
    if (!event->name.len)
        api_answer_text(ret, 400, "name is missing or not text");
    else if (event->name.len > EVENT_NAME_MAX)
        api_answer_text(ret, 400, "name is longer than %d bytes", EVENT_NAME_MAX);
    else if (!event->data.ptr)
        api_answer_text(ret, 400, "data is missing or not text");
    else if (event->data.len > service->max_data_bytes)
        api_answer_text(ret, 413,
                        "The data content of this event exceeds the allowed maximum "
                        "(%zu bytes)",
                        service->max_data_bytes);
    else if (event->socket_id.ptr && !socket_id_valid(event->socket_id))
        api_answer_text(ret, 400, "Invalid socket id");
    else
        return true;
    return false;
}

/* A member that may be absent or null, but is text otherwise. */
static bool read_optional(struct json_object *object, const char *name, pusher_str *ret)
{
    struct json_object *value = json_member(object, name);
    *ret = json_text(value);
    return !value || ret->ptr;
}

/* Reads and checks one event; `channels` where the API has a list, and for a single
 * "channel" too. True, or false with the answer filled in. */
static bool read_event(const struct service *service, struct json_object *value,
                       bool list_allowed, struct event *event, struct api_answer *ret)
{
    struct json_object *list = list_allowed ? json_member(value, "channels") : NULL;
    *event = (struct event){
        .name = json_text(json_member(value, "name")),
        .data = json_text(json_member(value, "data")),
        .channels = {json_text(json_member(value, "channel"))},
        .channel_count = 1,
    };
    if (list && !read_channels(list, event, ret))
        return false;
    pusher_str info;
    if (!read_optional(value, "info", &info) || !info_parse(info, &event->info)) {
        api_answer_text(ret, 400, INFO_NAMES);
        return false;
    }
    if (!read_optional(value, "socket_id", &event->socket_id)) {
        api_answer_text(ret, 400, "Invalid socket id");
        return false;
    }
    return check_event(service, event, ret);
}

static int publish(struct service *service, const struct event *event)
{
    for (size_t i = 0; i < event->channel_count; i++) {
        enum hub_verdict verdict =
            hub_publish(&service->hub, event->channels[i], event->name, event->data,
                        event->socket_id, loop_now(service->loop));
        if (verdict != HUB_OK)
            return PUSHER_ERR_NOMEM;
    }
    log_line(&service->log, PUSHER_LOG_INFO, "event of %zu bytes published to %s%s",
             event->data.len, log_name(event->channels[0]).text,
             event->channel_count > 1 ? " and others" : "");
    return 0;
}

/* Appends {"channels":{…}}, or {} when nothing was asked for. */
static int append_info(struct buf *out, struct service *service,
                       const struct event *event)
{
    if (!event->info)
        return buf_append(out, STR("{}"));
    int rc = buf_append(out, STR("{\"channels\":{"));
    for (size_t i = 0; !rc && i < event->channel_count; i++) {
        const struct hub_facts facts = hub_channel(&service->hub, event->channels[i]);
        rc = info_append_channel(out, service, &facts, event->info);
    }
    return rc ? rc : buf_append(out, STR("}}"));
}

/* The body as an object; NULL with the answer filled in. */
static struct json_object *parse_body(pusher_str body, struct api_answer *ret)
{
    struct json_object *value = NULL;
    int rc = utf8_valid(body) ? json_parse(body, &value) : PUSHER_ERR_INVALID;
    if (rc == PUSHER_ERR_NOMEM) {
        api_answer_json(ret, rc);
        return NULL;
    }
    if (rc || !json_is_object(value)) {
        api_answer_text(ret, 400, "The body is not a JSON object in UTF-8");
        json_release(value);
        return NULL;
    }
    return value;
}

void api_events(struct service *service, const struct api_request *request,
                pusher_str name, struct api_answer *ret)
{
    struct json_object *value = parse_body(request->body, ret);
    struct event event;
    (void)name;
    if (value && read_event(service, value, true, &event, ret)) {
        int rc = publish(service, &event);
        if (!rc)
            rc = append_info(&ret->json, service, &event);
        api_answer_json(ret, rc);
    }
    json_release(value);
}

static bool read_batch(const struct service *service, struct json_object *list,
                       struct event events[API_BATCH_MAX], struct api_answer *ret)
{
    size_t count = json_array_size(list);
    if (count < 1 || count > API_BATCH_MAX) {
        api_answer_text(ret, 400, "batch must be a list of 1 to %d events",
                        API_BATCH_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!read_event(service, json_array_item(list, i), false, &events[i], ret))
            return false;
    return true;
}

/* {"batch":[…]} with what was asked for of each event, or {} when nothing was. */
static int append_batch_info(struct buf *out, struct service *service,
                             const struct event *events, size_t count)
{
    unsigned info = 0;
    for (size_t i = 0; i < count; i++)
        info |= events[i].info;
    if (!info)
        return buf_append(out, STR("{}"));
    int rc = buf_append(out, STR("{\"batch\":["));
    for (size_t i = 0; !rc && i < count; i++) {
        const struct hub_facts facts = hub_channel(&service->hub, events[i].channels[0]);
        rc = buf_append(out, i ? STR(",{") : STR("{"));
        if (!rc)
            rc = info_append(out, service, &facts, events[i].info);
        if (!rc)
            rc = buf_append_byte(out, '}');
    }
    return rc ? rc : buf_append(out, STR("]}"));
}

void api_batch_events(struct service *service, const struct api_request *request,
                      pusher_str name, struct api_answer *ret)
{
    struct json_object *value = parse_body(request->body, ret);
    struct json_object *list = json_member(value, "batch");
    struct event events[API_BATCH_MAX];
    (void)name;
    if (value && read_batch(service, list, events, ret)) {
        size_t count = json_array_size(list);
        int rc = 0;
        for (size_t i = 0; !rc && i < count; i++)
            rc = publish(service, &events[i]);
        if (!rc)
            rc = append_batch_info(&ret->json, service, events, count);
        api_answer_json(ret, rc);
    }
    json_release(value);
}
