/*
 * Questions over the HTTP API (API-01), answered from the hub.
 */
#include "sandbox/api_channels.h"

#include "base/log.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/frame.h"
#include "sandbox/api_info.h"

static bool read_info(const struct api_request *request, unsigned *what,
                      struct api_answer *ret)
{
    if (info_parse(api_param(request, "info"), what))
        return true;
    api_answer_text(ret, 400, INFO_NAMES);
    return false;
}

/* ---- all channels ---- */

struct listing {
    struct service *service;
    pusher_str prefix;
    unsigned what;
    struct buf *out;
};

static int list_channel(const struct hub_facts *facts, void *userdata)
{
    const struct listing *listing = userdata;
    /* A user's own channel is none of the application's. */
    if (!channel_name_valid(facts->name) ||
        !str_starts_with(facts->name, listing->prefix))
        return 0;
    return info_append_channel(listing->out, listing->service, facts, listing->what);
}

void api_channels(struct service *service, const struct api_request *request,
                  pusher_str name, struct api_answer *ret)
{
    struct listing listing = {
        .service = service,
        .prefix = api_param(request, "filter_by_prefix"),
        .out = &ret->json,
    };
    (void)name;
    if (!read_info(request, &listing.what, ret))
        return;
    if ((listing.what & INFO_USER_COUNT) &&
        !str_starts_with(listing.prefix, STR("presence-"))) {
        api_answer_text(ret, 400,
                        "user_count is for presence channels: filter_by_prefix must "
                        "begin with presence-");
        return;
    }
    int rc = buf_append(&ret->json, STR("{\"channels\":{"));
    if (!rc)
        rc = hub_each_channel(&service->hub, list_channel, &listing);
    if (!rc)
        rc = buf_append(&ret->json, STR("}}"));
    api_answer_json(ret, rc);
}

/* ---- one channel ---- */

void api_channel(struct service *service, const struct api_request *request,
                 pusher_str name, struct api_answer *ret)
{
    unsigned what;
    if (!channel_name_valid(name)) {
        api_answer_text(ret, 400, "Invalid channel name");
        return;
    }
    if (!read_info(request, &what, ret))
        return;
    const struct hub_facts facts = hub_channel(&service->hub, name);
    int rc = buf_printf(&ret->json, "{\"occupied\":%s",
                        facts.subscriptions ? "true" : "false");
    if (!rc)
        rc = info_append(&ret->json, service, &facts, what);
    if (!rc)
        rc = buf_append_byte(&ret->json, '}');
    api_answer_json(ret, rc);
}

static int list_user(pusher_str id, void *userdata)
{
    struct buf *out = userdata;
    int rc = out->ptr[out->len - 1] == '[' ? 0 : buf_append_byte(out, ',');
    if (!rc)
        rc = buf_append(out, STR("{\"id\":"));
    if (!rc)
        rc = frame_append_string(out, id);
    return rc ? rc : buf_append_byte(out, '}');
}

void api_channel_users(struct service *service, const struct api_request *request,
                       pusher_str name, struct api_answer *ret)
{
    (void)request;
    if (!channel_name_valid(name) || channel_kind_of(name) != CHANNEL_PRESENCE) {
        api_answer_text(ret, 400, "Users can only be asked for of presence channels");
        return;
    }
    int rc = buf_append(&ret->json, STR("{\"users\":["));
    if (!rc)
        rc = hub_each_member(&service->hub, name, list_user, &ret->json);
    if (!rc)
        rc = buf_append(&ret->json, STR("]}"));
    api_answer_json(ret, rc);
}

/* ---- a user ---- */

void api_terminate_user(struct service *service, const struct api_request *request,
                        pusher_str name, struct api_answer *ret)
{
    (void)request;
    hub_end_user(&service->hub, name);
    log_line(&service->log, PUSHER_LOG_INFO, "connections of a user terminated");
    api_answer_json(ret, buf_append(&ret->json, STR("{}")));
}
