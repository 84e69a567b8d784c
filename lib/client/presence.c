/*
 * The facade: rosters of presence channels.
 */
#include <pusher/presence.h>

#include "base/str.h"
#include "client/client.h"

static bool give(const struct core_member *member, pusher_member *ret)
{
    *ret = (pusher_member){member->id, member->info};
    return true;
}

size_t pusher_channel_member_count(const pusher_channel *channel)
{
    channel_check(channel);
    return channel && channel->core ? core_member_count(channel->core) : 0;
}

bool pusher_channel_me(const pusher_channel *channel, pusher_member *ret)
{
    channel_check(channel);
    struct core_member member;
    return channel && channel->core && ret && core_me(channel->core, &member) &&
           give(&member, ret);
}

bool pusher_channel_member(const pusher_channel *channel, const char *id,
                           pusher_member *ret)
{
    channel_check(channel);
    struct core_member member;
    return channel && channel->core && id && ret &&
           core_find_member(channel->core, str_of(id), &member) && give(&member, ret);
}

bool pusher_channel_next_member(const pusher_channel *channel, pusher_member *member)
{
    channel_check(channel);
    struct core_member next;
    return channel && channel->core && member &&
           core_next_member(channel->core, member->id, &next) && give(&next, member);
}
