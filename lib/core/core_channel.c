/*
 * The channels of a core: which there are, and what the user asks of them (SUB-01 …
 * SUB-10).
 */
#include "core/core_channel.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/cipher.h"
#include "core/core_impl.h"
#include "core/roster.h"

static struct core_channel *of_node(struct map_node *node)
{
    return node ? container_of(node, struct core_channel, node) : NULL;
}

static bool is_wanted(const struct core_channel *channel)
{
    return channel->stage != CHANNEL_CANCELLED && channel->stage != CHANNEL_LEAVING;
}

void channel_leave_map(struct channel_set *set, struct core_channel *channel)
{
    if (set->last == channel)
        set->last = NULL;
    map_remove(&set->map, &channel->node);
}

void channel_free(struct core *core, struct core_channel *channel)
{
    channel_clear_timer(core, channel);
    auth_cancel(core, channel);
    auth_reply_free(channel->granted, core->config.mem);
    if (channel->kind == CHANNEL_PRESENCE)
        roster_free(channel->roster);
    if (channel->kind == CHANNEL_ENCRYPTED)
        cipher_free(channel->cipher, core->config.mem);
    list_remove(&channel->line);
    core->channels.total--;
    mem_free(core->config.mem, channel);
}

static enum channel_kind kind_of(pusher_str name, enum channel_role role)
{
    switch (role) {
    case CHANNEL_OF_USER:
        return channel_kind_of(name);
    case CHANNEL_SIGNIN:
        return CHANNEL_PRIVATE; /* it needs an authorization */
    case CHANNEL_PERSONAL:
        return CHANNEL_PUBLIC; /* the sign-in was it (USER-04) */
    }
    return CHANNEL_PUBLIC;
}

int channel_add(struct core *core, pusher_str name, enum channel_role role,
                struct core_channel **ret)
{
    const pusher_allocator *mem = core->config.mem;
    enum channel_kind kind = kind_of(name, role);
    int rc = kind == CHANNEL_PUBLIC ? 0 : auth_ensure(core);
    if (rc)
        return rc;
    struct core_channel *channel = mem_zalloc(mem, sizeof *channel + name.len + 1);
    if (!channel)
        return PUSHER_ERR_NOMEM;
    memcpy(channel->name, name.ptr, name.len);
    map_set_key(&channel->node, (pusher_str){channel->name, name.len});
    channel->kind = kind;
    channel->role = role;
    channel->missing_since = CORE_NEVER;
    list_init(&channel->line);
    rc = map_insert(&core->channels.map, &channel->node);
    if (rc) {
        mem_free(mem, channel);
        return rc;
    }
    core->channels.total++;
    *ret = channel;
    return 0;
}

void channels_init(struct channel_set *set, const pusher_allocator *mem)
{
    *set = (struct channel_set){0};
    map_init(&set->map, mem);
    list_init(&set->owed);
    list_init(&set->awaited);
}

void channels_free(struct core *core)
{
    struct channel_set *set = &core->channels;
    channels_disconnected(core, 0);
    while (set->map.first) {
        struct core_channel *channel = of_node(set->map.first);
        channel_leave_map(set, channel);
        channel_free(core, channel);
    }
}

struct core_channel *channels_find(struct channel_set *set, pusher_str name)
{
    if (set->last && str_equal(map_key(&set->last->node), name))
        return set->last;
    struct core_channel *found = of_node(map_find(&set->map, name));
    if (found)
        set->last = found;
    return found;
}

/* Room for one more that the user wants. What is on its way out does not count, so that
 * a channel can be exchanged for another at once; but it is bounded too. */
static bool has_room(const struct core *core)
{
    size_t max = core->config.max_channels;
    return core->channels.wanted < max && core->channels.total / 2 < max;
}

void channel_ask_again(struct core *core, struct core_channel *channel)
{
    if (channel->stage == CHANNEL_LATE) {
        channel_on_time(core, channel);
    } else if (channel->stage == CHANNEL_FAILED) {
        channel->failures = 0;
        channel_start(core, channel); /* only while connected is there a failed one */
    }
}

/* Wants a channel that is in the map (again). */
static int want_again(struct core *core, struct core_channel *channel)
{
    if (channel->stage != CHANNEL_CANCELLED) {
        channel_ask_again(core, channel);
        return 0;
    }
    if (core->channels.wanted >= core->config.max_channels)
        return PUSHER_ERR_LIMIT;
    core->channels.wanted++;
    channel->stage = CHANNEL_SUBSCRIBING;
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
    } else if ((rc = channel_add(core, name, CHANNEL_OF_USER, &channel)) == 0) {
        set->wanted++;
        if (phase_is_connected(core->phase))
            channel_start(core, channel);
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
    trigger_forget(core, channel);
    channel->user = NULL;
    set->wanted--;
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
        channel->stage = CHANNEL_CANCELLED;
        channel->missing_since = CORE_NEVER; /* taken back, it is asked for anew */
        return;
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_LATE:
    case CHANNEL_RENEWED:
        channel_depart(core, channel);
        return;
    case CHANNEL_WANTED:
    case CHANNEL_QUEUED:
    case CHANNEL_AUTHORIZING:
    case CHANNEL_AUTHORIZED:
    case CHANNEL_FAILED:
    case CHANNEL_CANCELLED:
    case CHANNEL_LEAVING:
        channel_leave_map(set, channel);
        channel_free(core, channel);
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
    case CHANNEL_QUEUED:
    case CHANNEL_AUTHORIZING:
    case CHANNEL_AUTHORIZED:
        return PUSHER_SUBSCRIPTION_AUTHORIZING;
    case CHANNEL_SUBSCRIBING:
        return PUSHER_SUBSCRIPTION_SUBSCRIBING;
    case CHANNEL_SUBSCRIBED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBED;
    case CHANNEL_LATE:
    case CHANNEL_RENEWED:
    case CHANNEL_FAILED:
        return PUSHER_SUBSCRIPTION_FAILED;
    }
    return PUSHER_SUBSCRIPTION_WANTED;
}

pusher_str core_channel_name(const struct core_channel *channel)
{
    return channel->role == CHANNEL_SIGNIN ? (pusher_str){NULL, 0}
                                           : map_key(&channel->node);
}

void *core_channel_user(const struct core_channel *channel)
{
    return channel->user;
}
