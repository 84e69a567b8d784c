/*
 * The hub's events: published ones, with the cache, and those of clients.
 */
#include "base/str.h"
#include "codec/channel_name.h"
#include "sandbox/hub_impl.h"
#include "sandbox/reply.h"

static const struct hub_peer *find_peer(const struct channel *channel,
                                        pusher_str socket_id)
{
    const struct list *head = &channel->subscriptions;
    if (!socket_id.ptr)
        return NULL;
    for (const struct list *at = head->next; at != head; at = at->next) {
        const struct hub_peer *peer = container_of(at, struct subscription, link)->peer;
        if (str_equal(str_of(peer->socket_id), socket_id))
            return peer;
    }
    return NULL;
}

enum hub_verdict hub_publish(struct hub *hub, pusher_str name, pusher_str event,
                             pusher_str data, pusher_str except, uint64_t now_ms)
{
    pusher_str user_id;
    if (people_channel(name, &user_id))
        return hub_publish_to_user(hub, user_id, name, event, data, except);
    struct channel *channel = hub_find_channel(hub, name);
    bool cached = channel_is_cache(name);
    struct packet *packet;
    if (!channel && !cached)
        return HUB_OK;
    if (reply_event(hub->mem, name, event, data, &packet))
        return HUB_NO_MEMORY;
    if (cached && cache_store(&hub->cache, name, packet, now_ms)) {
        packet_unref(packet);
        return HUB_NO_MEMORY;
    }
    if (channel)
        hub_deliver(channel, packet, find_peer(channel, except));
    packet_unref(packet);
    return HUB_OK;
}

enum hub_verdict hub_client_event(struct hub *hub, struct hub_peer *peer, pusher_str name,
                                  pusher_str event, pusher_str data)
{
    const struct subscription *subscription = hub_find_subscription(peer, name);
    if (!subscription)
        return HUB_NOT_SUBSCRIBED;
    pusher_str user_id = {NULL, 0};
    if (subscription->user)
        user_id = map_key(&subscription->user->node);
    struct packet *packet;
    if (reply_client_event(hub->mem, name, event, user_id, data, &packet))
        return HUB_NO_MEMORY;
    hub_deliver(subscription->channel, packet, peer);
    packet_unref(packet);
    return HUB_OK;
}
