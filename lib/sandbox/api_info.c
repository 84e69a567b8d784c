/*
 * What the HTTP API tells of a channel on request.
 */
#include "sandbox/api_info.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/frame.h"
#include "codec/message.h"
#include "net/loop.h"

struct info_name {
    const char *name;
    enum info bit;
};

static const struct info_name names_of_info[] = {
    {"user_count", INFO_USER_COUNT},
    {"subscription_count", INFO_SUBSCRIPTION_COUNT},
    {"cache", INFO_CACHE},
};

static unsigned find_name(pusher_str name)
{
    for (size_t i = 0; i < sizeof names_of_info / sizeof *names_of_info; i++)
        if (str_equal(name, str_of(names_of_info[i].name)))
            return names_of_info[i].bit;
    return 0;
}

bool info_parse(pusher_str names, unsigned *ret)
{
    unsigned what = 0;
    while (names.len) {
        pusher_str name = {names.ptr, 0};
        while (name.len < names.len && name.ptr[name.len] != ',')
            name.len++;
        unsigned bit = find_name(name);
        if (!bit)
            return false;
        what |= bit;
        names = str_skip(names, name.len);
        if (names.len)
            names = str_skip(names, 1);
    }
    *ret = what;
    return true;
}

static int append_comma(struct buf *out)
{
    return out->len && out->ptr[out->len - 1] != '{' ? buf_append_byte(out, ',') : 0;
}

static int append_number(struct buf *out, const char *name, size_t number)
{
    int rc = append_comma(out);
    return rc ? rc : buf_printf(out, "\"%s\":%zu", name, number);
}

/* The data of an event, out of the frame that was kept. */
static int append_data(struct buf *out, const struct service *service,
                       const struct packet *packet)
{
    struct message message = {0};
    int rc = message_decode(packet_text(packet), &message);
    char *text = rc ? NULL : mem_alloc(service->mem, message_data_bound(&message));
    if (text)
        rc = frame_append_string(out, message_data_copy(&message, text));
    else if (!rc)
        rc = PUSHER_ERR_NOMEM;
    mem_free(service->mem, text);
    message_release(&message);
    return rc;
}

static int append_cache(struct buf *out, struct service *service, pusher_str channel)
{
    uint64_t now_ms = loop_now(service->loop), expires_ms = 0;
    const struct packet *packet =
        cache_find(&service->hub.cache, channel, now_ms, &expires_ms);
    int rc = append_comma(out);
    if (!rc && !packet)
        return buf_append(out, STR("\"cache\":null"));
    if (!rc)
        rc = buf_append(out, STR("\"cache\":{\"data\":"));
    if (!rc)
        rc = append_data(out, service, packet);
    return rc ? rc
              : buf_printf(out, ",\"ttl\":%" PRIu64 "}", (expires_ms - now_ms) / 1000);
}

int info_append(struct buf *out, struct service *service, const struct hub_facts *facts,
                unsigned what)
{
    int rc = 0;
    if ((what & INFO_USER_COUNT) && channel_kind_of(facts->name) == CHANNEL_PRESENCE)
        rc = append_number(out, "user_count", facts->users);
    if (!rc && (what & INFO_SUBSCRIPTION_COUNT))
        rc = append_number(out, "subscription_count", facts->subscriptions);
    if (!rc && (what & INFO_CACHE) && channel_is_cache(facts->name))
        rc = append_cache(out, service, facts->name);
    return rc;
}

int info_append_channel(struct buf *out, struct service *service,
                        const struct hub_facts *facts, unsigned what)
{
    int rc = append_comma(out);
    if (!rc)
        rc = frame_append_string(out, facts->name);
    if (!rc)
        rc = buf_append(out, STR(":{"));
    if (!rc)
        rc = info_append(out, service, facts, what);
    return rc ? rc : buf_append_byte(out, '}');
}
