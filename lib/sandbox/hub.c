/*
 * The hub: who is subscribed to what, and who gets which message.
 *
 * A channel exists while it has a subscription. A subscription is on three lists: the
 * channel's, the peer's map, and, through its user, the roster. Joining attaches first,
 * writes all messages, and only then delivers; whatever fails before is undone by the
 * same detach() that ends a subscription.
 */
#include "sandbox/hub_impl.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "sandbox/reply.h"

void hub_init(struct hub *hub, const pusher_allocator *mem)
{
    hub->mem = mem;
    map_init(&hub->channels, mem);
    people_init(&hub->people, mem);
    hub_counts_init(hub, NULL, NULL);
    cache_init(&hub->cache, mem);
}

void hub_free(struct hub *hub)
{
    cache_free(&hub->cache);
}

void hub_peer_init(struct hub *hub, struct hub_peer *peer,
                   void (*deliver)(struct hub_peer *peer, struct packet *packet),
                   void (*end)(struct hub_peer *peer))
{
    map_init(&peer->subscriptions, hub->mem);
    peer->signin = NULL;
    peer->deliver = deliver;
    peer->end = end;
}

struct subscription *hub_find_subscription(const struct hub_peer *peer,
                                           pusher_str channel)
{
    struct map_node *node = map_find(&peer->subscriptions, channel);
    return node ? container_of(node, struct subscription, node) : NULL;
}

/* ---- channels ---- */

struct channel *hub_find_channel(const struct hub *hub, pusher_str name)
{
    struct map_node *node = map_find(&hub->channels, name);
    return node ? container_of(node, struct channel, node) : NULL;
}

static struct channel *add_channel(struct hub *hub, pusher_str name)
{
    struct channel *channel = mem_zalloc(hub->mem, sizeof *channel);
    if (!channel)
        return NULL;
    list_init(&channel->subscriptions);
    list_init(&channel->changed);
    roster_init(&channel->roster, hub->mem);
    channel->name = mem_dup(hub->mem, name);
    map_set_key(&channel->node, (pusher_str){channel->name, name.len});
    if (!channel->name || map_insert(&hub->channels, &channel->node)) {
        mem_free(hub->mem, channel->name);
        mem_free(hub->mem, channel);
        return NULL;
    }
    return channel;
}

static void free_channel_if_empty(struct hub *hub, struct channel *channel)
{
    if (!list_empty(&channel->subscriptions))
        return;
    map_remove(&hub->channels, &channel->node);
    list_remove(&channel->changed);
    mem_free(hub->mem, channel->name);
    mem_free(hub->mem, channel);
}

void hub_deliver(const struct channel *channel, struct packet *packet,
                 const struct hub_peer *except)
{
    const struct list *head = &channel->subscriptions;
    for (const struct list *at = head->next; at != head; at = at->next) {
        struct hub_peer *peer = container_of(at, struct subscription, link)->peer;
        if (peer != except)
            peer->deliver(peer, packet);
    }
}

/* ---- joining and leaving ---- */

/* Takes a subscription apart, as far as it has been put together. Returns its user if
 * that was the last connection of it: the caller frees it. */
static struct user *detach(struct hub *hub, struct subscription *subscription)
{
    struct channel *channel = subscription->channel;
    struct user *user = subscription->user;
    map_remove(&subscription->peer->subscriptions, &subscription->node);
    if (!list_empty(&subscription->link))
        channel->subscription_count--;
    list_remove(&subscription->link);
    mem_free(hub->mem, subscription);
    return user && roster_leave(&channel->roster, user) ? user : NULL;
}

static enum hub_verdict verdict_of_join(int rc)
{
    if (!rc)
        return HUB_OK;
    return rc == PUSHER_ERR_LIMIT ? HUB_TOO_MANY_MEMBERS : HUB_NO_MEMORY;
}

/* A subscription that the peer and its user know, but not yet the channel's list. */
static enum hub_verdict attach(struct hub *hub, struct hub_peer *peer,
                               struct channel *channel, const struct hub_member *member,
                               struct subscription **ret)
{
    struct subscription *subscription = mem_zalloc(hub->mem, sizeof *subscription);
    if (!subscription)
        return HUB_NO_MEMORY;
    list_init(&subscription->link);
    subscription->channel = channel;
    subscription->peer = peer;
    map_set_key(&subscription->node, map_key(&channel->node));
    if (map_insert(&peer->subscriptions, &subscription->node)) {
        mem_free(hub->mem, subscription);
        return HUB_NO_MEMORY;
    }
    int rc = 0;
    if (member->user_id.ptr)
        rc = roster_join(&channel->roster, member->user_id, member->user_info,
                         &subscription->user);
    if (rc)
        detach(hub, subscription);
    else
        *ret = subscription;
    return verdict_of_join(rc);
}

/* What a new subscription sets off; each may be NULL. */
struct welcome {
    struct packet *subscribed; /* to the peer */
    struct packet *cached;     /* to the peer */
    struct packet *added;      /* to the others */
};

static int write_subscribed(struct hub *hub, const struct subscription *subscription,
                            struct packet **ret)
{
    const struct channel *channel = subscription->channel;
    if (!subscription->user)
        return reply_subscribed(hub->mem, map_key(&channel->node), STR("{}"), ret);
    struct buf roster;
    buf_init(&roster, hub->mem, REPLY_MAX);
    int rc = roster_append(&roster, &channel->roster);
    if (!rc)
        rc = reply_subscribed(hub->mem, map_key(&channel->node), buf_str(&roster), ret);
    buf_free(&roster);
    return rc;
}

static int write_cached(struct hub *hub, pusher_str channel, uint64_t now_ms,
                        struct packet **ret)
{
    uint64_t expires_ms;
    struct packet *event = cache_find(&hub->cache, channel, now_ms, &expires_ms);
    if (!event)
        return reply_cache_miss(hub->mem, channel, ret);
    *ret = packet_ref(event);
    return 0;
}

static void welcome_release(struct welcome *welcome)
{
    packet_unref(welcome->subscribed);
    packet_unref(welcome->cached);
    packet_unref(welcome->added);
}

static int welcome_write(struct hub *hub, const struct subscription *subscription,
                         uint64_t now_ms, struct welcome *ret)
{
    pusher_str name = map_key(&subscription->channel->node);
    const struct user *user = subscription->user;
    struct welcome welcome = {NULL, NULL, NULL};
    int rc = write_subscribed(hub, subscription, &welcome.subscribed);
    if (!rc && channel_is_cache(name))
        rc = write_cached(hub, name, now_ms, &welcome.cached);
    if (!rc && user && user->connections == 1)
        rc = reply_member_added(hub->mem, name, map_key(&user->node), user_info(user),
                                &welcome.added);
    if (rc)
        welcome_release(&welcome);
    else
        *ret = welcome;
    return rc;
}

static void undo(struct hub *hub, struct subscription *subscription)
{
    struct channel *channel = subscription->channel;
    struct user *user = detach(hub, subscription);
    if (user)
        roster_free_user(&channel->roster, user);
}

static enum hub_verdict join(struct hub *hub, struct hub_peer *peer,
                             struct channel *channel, const struct hub_member *member,
                             uint64_t now_ms)
{
    struct subscription *subscription;
    enum hub_verdict verdict = attach(hub, peer, channel, member, &subscription);
    if (verdict != HUB_OK)
        return verdict;
    struct welcome welcome;
    if (welcome_write(hub, subscription, now_ms, &welcome)) {
        undo(hub, subscription);
        return HUB_NO_MEMORY;
    }
    list_append(&channel->subscriptions, &subscription->link);
    channel->subscription_count++;
    peer->deliver(peer, welcome.subscribed);
    if (welcome.cached)
        peer->deliver(peer, welcome.cached);
    if (welcome.added)
        hub_deliver(channel, welcome.added, peer);
    welcome_release(&welcome);
    hub_count_changed(hub, channel);
    return HUB_OK;
}

enum hub_verdict hub_subscribe(struct hub *hub, struct hub_peer *peer, pusher_str name,
                               const struct hub_member *member, uint64_t now_ms)
{
    if (hub_find_subscription(peer, name))
        return HUB_ALREADY;
    if (map_size(&peer->subscriptions) >= HUB_CHANNELS_MAX)
        return HUB_TOO_MANY_CHANNELS;
    struct channel *channel = hub_find_channel(hub, name);
    if (!channel)
        channel = add_channel(hub, name);
    if (!channel)
        return HUB_NO_MEMORY;
    enum hub_verdict verdict = join(hub, peer, channel, member, now_ms);
    free_channel_if_empty(hub, channel);
    return verdict;
}

static void leave(struct hub *hub, struct subscription *subscription)
{
    struct channel *channel = subscription->channel;
    struct user *gone = detach(hub, subscription);
    struct packet *removed = NULL;
    if (gone && !reply_member_removed(hub->mem, map_key(&channel->node),
                                      map_key(&gone->node), &removed)) {
        hub_deliver(channel, removed, NULL);
        packet_unref(removed);
    }
    if (gone)
        roster_free_user(&channel->roster, gone);
    hub_count_changed(hub, channel);
    free_channel_if_empty(hub, channel);
}

void hub_unsubscribe(struct hub *hub, struct hub_peer *peer, pusher_str name)
{
    struct subscription *subscription = hub_find_subscription(peer, name);
    if (subscription)
        leave(hub, subscription);
}

void hub_leave(struct hub *hub, struct hub_peer *peer)
{
    while (peer->subscriptions.first)
        leave(hub, container_of(peer->subscriptions.first, struct subscription, node));
    hub_sign_out(hub, peer);
}
