/*
 * pusher_internal:subscription_count (SUB-14): which channels have changed since their
 * subscribers were told, and the telling. That is done later, so that a crowd that
 * arrives at once is one change.
 */
#include "codec/channel_name.h"
#include "sandbox/hub_impl.h"
#include "sandbox/reply.h"

enum {
    CROWD = 100,              /* with more subscribers than this … */
    CROWD_INTERVAL_MS = 5000, /* … they are told no more often */
};

void hub_counts_init(struct hub *hub, void (*on_change)(void *userdata), void *userdata)
{
    hub->counts = (struct hub_counts){.on_change = on_change, .userdata = userdata};
    list_init(&hub->counts.changed);
}

void hub_count_changed(struct hub *hub, struct channel *channel)
{
    pusher_str name = map_key(&channel->node);
    if (!hub->counts.on_change || !channel_name_valid(name) ||
        channel_kind_of(name) == CHANNEL_PRESENCE)
        return;
    list_remove(&channel->changed);
    list_append(&hub->counts.changed, &channel->changed);
    hub->counts.on_change(hub->counts.userdata);
}

static uint64_t due_ms(const struct channel *channel)
{
    return channel->subscription_count > CROWD && channel->counted_ms
               ? channel->counted_ms + CROWD_INTERVAL_MS
               : 0;
}

static void send_count(struct hub *hub, struct channel *channel, uint64_t now_ms)
{
    struct packet *packet;
    list_remove(&channel->changed);
    channel->counted_ms = now_ms;
    if (reply_subscription_count(hub->mem, map_key(&channel->node),
                                 channel->subscription_count, &packet))
        return;
    hub_deliver(channel, packet, NULL);
    packet_unref(packet);
}

uint64_t hub_send_counts(struct hub *hub, uint64_t now_ms)
{
    struct list *head = &hub->counts.changed;
    uint64_t next_ms = UINT64_MAX;
    for (struct list *at = head->next, *next; at != head; at = next) {
        struct channel *channel = container_of(at, struct channel, changed);
        uint64_t due = due_ms(channel);
        next = at->next;
        if (due <= now_ms)
            send_count(hub, channel, now_ms);
        else if (due < next_ms)
            next_ms = due;
    }
    return next_ms;
}
