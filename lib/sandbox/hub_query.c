/*
 * What there is: channels, how many are subscribed, and who is in a presence channel.
 */
#include "sandbox/hub_impl.h"

static struct hub_facts facts_of(const struct channel *channel)
{
    return (struct hub_facts){
        .name = map_key(&channel->node),
        .subscriptions = channel->subscription_count,
        .users = map_size(&channel->roster.users),
    };
}

struct hub_facts hub_channel(const struct hub *hub, pusher_str name)
{
    const struct channel *channel = hub_find_channel(hub, name);
    return channel ? facts_of(channel) : (struct hub_facts){.name = name};
}

int hub_each_channel(const struct hub *hub,
                     int (*visit)(const struct hub_facts *facts, void *userdata),
                     void *userdata)
{
    int rc = 0;
    for (const struct map_node *at = hub->channels.first; !rc && at; at = at->hh.next) {
        const struct hub_facts facts = facts_of(container_of(at, struct channel, node));
        rc = visit(&facts, userdata);
    }
    return rc;
}

int hub_each_member(const struct hub *hub, pusher_str name,
                    int (*visit)(pusher_str user_id, void *userdata), void *userdata)
{
    const struct channel *channel = hub_find_channel(hub, name);
    int rc = 0;
    if (!channel)
        return 0;
    const struct list *head = &channel->roster.order;
    for (const struct list *at = head->next; !rc && at != head; at = at->next)
        rc = visit(map_key(&container_of(at, struct user, link)->node), userdata);
    return rc;
}
