/*
 * Channels inside the core (SUB-01 … SUB-10).
 */
#include "core/core_channel.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/core_impl.h"

static struct core_channel *of_node(struct map_node *node)
{
    return node ? container_of(node, struct core_channel, node) : NULL;
}

static struct core_channel *next_in_map(const struct core_channel *channel)
{
    return of_node(channel->node.hh.next);
}

static bool is_wanted(const struct core_channel *channel)
{
    return channel->stage != CHANNEL_CANCELLED && channel->stage != CHANNEL_LEAVING;
}

static void owe(struct channel_set *set, struct core_channel *channel)
{
    list_append(&set->owed, &channel->owed);
}

static void leave_map(struct channel_set *set, struct core_channel *channel)
{
    if (set->last == channel)
        set->last = NULL;
    map_remove(&set->map, &channel->node);
}

/* Frees a channel that is in no map. */
static void channel_free(struct channel_set *set, struct core_channel *channel)
{
    list_remove(&channel->owed);
    set->total--;
    mem_free(set->map.mem, channel);
}

static int channel_add(struct channel_set *set, pusher_str name,
                       struct core_channel **ret)
{
    struct core_channel *channel =
        mem_zalloc(set->map.mem, sizeof *channel + name.len + 1);
    if (!channel)
        return PUSHER_ERR_NOMEM;
    memcpy(channel->name, name.ptr, name.len);
    channel->node.key = (pusher_str){channel->name, name.len};
    channel->missing_since = CORE_NEVER;
    list_init(&channel->owed);
    int rc = map_insert(&set->map, &channel->node);
    if (rc) {
        mem_free(set->map.mem, channel);
        return rc;
    }
    set->total++;
    *ret = channel;
    return 0;
}

void channels_init(struct channel_set *set, const pusher_allocator *mem)
{
    *set = (struct channel_set){0};
    map_init(&set->map, mem);
    list_init(&set->owed);
}

void channels_free(struct channel_set *set)
{
    channels_disconnected(set, 0);
    while (set->map.first) {
        struct core_channel *channel = of_node(set->map.first);
        leave_map(set, channel);
        channel_free(set, channel);
    }
}

void channels_connected(struct channel_set *set)
{
    for (struct core_channel *at = of_node(set->map.first); at; at = next_in_map(at))
        owe(set, at);
}

void channels_disconnected(struct channel_set *set, uint64_t heard_at)
{
    while (!list_empty(&set->owed)) {
        struct core_channel *channel =
            container_of(set->owed.next, struct core_channel, owed);
        list_remove(&channel->owed);
        if (channel->stage == CHANNEL_LEAVING)
            channel_free(set, channel);
    }
    struct core_channel *next;
    for (struct core_channel *at = of_node(set->map.first); at; at = next) {
        next = next_in_map(at);
        if (at->stage == CHANNEL_CANCELLED) {
            leave_map(set, at);
            channel_free(set, at);
        } else {
            if (at->stage == CHANNEL_SUBSCRIBED)
                at->missing_since = heard_at;
            at->stage = CHANNEL_WANTED;
        }
    }
}

struct core_channel *channels_find(struct channel_set *set, pusher_str name)
{
    if (set->last && str_equal(set->last->node.key, name))
        return set->last;
    struct core_channel *found = of_node(map_find(&set->map, name));
    if (found)
        set->last = found;
    return found;
}

bool channel_hears(const struct core_channel *channel)
{
    return channel->stage == CHANNEL_SUBSCRIBED || channel->stage == CHANNEL_SUBSCRIBING;
}

bool channel_confirmed(struct channel_set *set, struct core_channel *channel)
{
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
        channel->stage = CHANNEL_SUBSCRIBED;
        return true;
    case CHANNEL_CANCELLED:
        leave_map(set, channel);
        channel->stage = CHANNEL_LEAVING;
        owe(set, channel);
        return false;
    case CHANNEL_WANTED:
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_FAILED:
    case CHANNEL_LEAVING:
        return false; /* answers nothing that we asked */
    }
    return false;
}

bool channel_refused(struct channel_set *set, struct core_channel *channel)
{
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
        channel->stage = CHANNEL_FAILED;
        return true;
    case CHANNEL_CANCELLED:
        leave_map(set, channel);
        channel_free(set, channel);
        return false;
    case CHANNEL_WANTED:
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_FAILED:
    case CHANNEL_LEAVING:
        return false;
    }
    return false;
}

struct core_channel *channels_owing(const struct channel_set *set)
{
    return list_empty(&set->owed)
               ? NULL
               : container_of(set->owed.next, struct core_channel, owed);
}

void channel_sent(struct channel_set *set, struct core_channel *channel)
{
    if (channel->stage == CHANNEL_LEAVING) {
        channel_free(set, channel);
        return;
    }
    assert(channel->stage == CHANNEL_WANTED);
    list_remove(&channel->owed);
    channel->stage = CHANNEL_SUBSCRIBING;
}

/* Room for one more that the user wants. What is on its way out does not count, so that
 * a channel can be exchanged for another at once; but it is bounded too. */
static bool has_room(const struct core *core)
{
    size_t max = core->config.max_channels;
    return core->channels.wanted < max && core->channels.total / 2 < max;
}

/* Wants a channel that is in the map (again). */
static int want_again(struct core *core, struct core_channel *channel)
{
    switch (channel->stage) {
    case CHANNEL_CANCELLED:
        if (core->channels.wanted >= core->config.max_channels)
            return PUSHER_ERR_LIMIT;
        core->channels.wanted++;
        channel->stage = CHANNEL_SUBSCRIBING;
        return 0;
    case CHANNEL_FAILED:
        channel->stage = CHANNEL_WANTED;
        owe(&core->channels, channel);
        return 0;
    case CHANNEL_WANTED:
    case CHANNEL_SUBSCRIBING:
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_LEAVING:
        return 0;
    }
    return 0;
}

int core_subscribe(struct core *core, pusher_str name, void *user,
                   struct core_channel **ret)
{
    struct channel_set *set = &core->channels;
    struct core_channel *channel = channels_find(set, name);
    int rc;
    if (channel) {
        rc = want_again(core, channel);
    } else if (!has_room(core)) {
        rc = PUSHER_ERR_LIMIT;
    } else if ((rc = channel_add(set, name, &channel)) == 0) {
        set->wanted++;
        if (phase_is_connected(core->phase))
            owe(set, channel);
    }
    if (rc)
        return rc;
    channel->user = user;
    *ret = channel;
    return 0;
}

/* What was received for the channel and not yet taken is not for it any more (SUB-15). */
static void redirect_delivery(struct core *core, const struct core_channel *channel)
{
    if (core->delivery.channel != channel)
        return;
    if (core->delivery.scope == CORE_SCOPE_CHANNEL)
        core->delivery_pending = false;
    core->delivery.scope = CORE_SCOPE_CLIENT;
    core->delivery.channel = NULL;
}

void core_unsubscribe(struct core *core, struct core_channel *channel)
{
    struct channel_set *set = &core->channels;
    assert(is_wanted(channel));
    redirect_delivery(core, channel);
    channel->user = NULL;
    set->wanted--;
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
        channel->stage = CHANNEL_CANCELLED;
        channel->missing_since = CORE_NEVER; /* taken back, it is asked for anew */
        return;
    case CHANNEL_SUBSCRIBED:
        leave_map(set, channel);
        channel->stage = CHANNEL_LEAVING;
        owe(set, channel);
        return;
    case CHANNEL_WANTED:
    case CHANNEL_FAILED:
    case CHANNEL_CANCELLED:
    case CHANNEL_LEAVING:
        leave_map(set, channel);
        channel_free(set, channel);
        return;
    }
}

struct core_channel *core_find_channel(const struct core *core, pusher_str name)
{
    struct core_channel *found = of_node(map_find(&core->channels.map, name));
    return found && is_wanted(found) ? found : NULL;
}

pusher_subscription core_channel_state(const struct core_channel *channel)
{
    switch (channel->stage) {
    case CHANNEL_WANTED:
    case CHANNEL_CANCELLED:
    case CHANNEL_LEAVING:
        return PUSHER_SUBSCRIPTION_WANTED;
    case CHANNEL_SUBSCRIBING:
        return PUSHER_SUBSCRIPTION_SUBSCRIBING;
    case CHANNEL_SUBSCRIBED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBED;
    case CHANNEL_FAILED:
        return PUSHER_SUBSCRIPTION_FAILED;
    }
    return PUSHER_SUBSCRIPTION_WANTED;
}

pusher_str core_channel_name(const struct core_channel *channel)
{
    return channel->node.key;
}

void *core_channel_user(const struct core_channel *channel)
{
    return channel->user;
}
