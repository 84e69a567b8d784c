/*
 * Presence channels. A roster never lies: what there is no memory for, or what cannot be
 * read, ends the subscription, which is asked for anew.
 */
#include "core/presence.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"
#include "codec/presence.h"
#include "core/core_impl.h"
#include "core/inbound.h"
#include "core/problem.h"
#include "core/roster.h"
#include "core/said.h"

int presence_authorized(struct core *core, struct core_channel *channel,
                        const struct user_id *id)
{
    if (!channel->roster)
        channel->roster = roster_new(channel, core->config.mem);
    if (!channel->roster)
        return PUSHER_ERR_NOMEM;
    memcpy(channel->roster->me, id->text, id->len + 1);
    channel->roster->me_len = id->len;
    return 0;
}

void presence_lost(struct core *core, struct core_channel *channel)
{
    if (channel->kind == CHANNEL_PRESENCE && channel->roster)
        roster_lose(channel->roster, core->config.presence_diff);
}

/* --- the roster --- */

/* An info that is too long to be kept is none. True: it was. */
static bool bare(const struct core *core, struct presence_member *member)
{
    bool too_long = member->info.len > core->config.max_member_bytes;
    if (too_long)
        member->info = (pusher_str){NULL, 0};
    return too_long;
}

static int read_roster(struct core *core, struct roster *roster, pusher_str data)
{
    struct presence_walk walk;
    struct presence_member member;
    size_t count;
    size_t left_out = 0, bared = 0;
    int rc = presence_roster_parse(data, &walk, &count);
    if (rc)
        return rc;
    roster_list_begin(roster);
    while (presence_roster_next(&walk, &member)) {
        bool is_bare = bare(core, &member);
        rc = roster_list_add(roster, user_id_str(&member.id), member.info,
                             core->config.max_members);
        if (rc == PUSHER_ERR_NOMEM) {
            roster_list_abort(roster);
            return rc;
        }
        left_out += rc == PUSHER_ERR_LIMIT;
        bared += is_bare && rc != PUSHER_ERR_LIMIT;
    }
    if (left_out || bared)
        problem_roster(core, core_channel_name(roster->channel), left_out, bared);
    return 0;
}

bool presence_subscribed(struct core *core, struct core_channel *channel)
{
    struct roster *roster = channel->roster;
    bool again = channel->missing_since != CORE_NEVER && core->config.presence_diff;
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    int rc = copy ? read_roster(core, roster, data) : PUSHER_ERR_NOMEM;
    mem_free(core->config.mem, copy);
    if (!rc) {
        roster_list_end(roster, again);
        if (!list_empty(&roster->changes))
            list_append(&core->auth->telling, &roster->link);
        return true;
    }
    roster_lose(roster, core->config.presence_diff);
    channel_renew(core, channel,
                  rc == PUSHER_ERR_NOMEM ? "out of memory for its members"
                                         : "the server sent no list of its members");
    return false;
}

/* --- who comes and goes --- */

static int append_member(struct buf *text, pusher_str id, pusher_str info)
{
    int rc = buf_append(text, STR("{\"id\":"));
    if (!rc)
        rc = frame_append_string(text, id);
    if (!rc)
        rc = buf_append(text, STR(",\"info\":"));
    if (!rc)
        rc = buf_append(text, info.ptr ? info : STR("null"));
    return rc ? rc : buf_append_byte(text, '}');
}

static void say_member(struct core *core, struct core_channel *channel, pusher_str event,
                       pusher_str id, pusher_str info)
{
    int rc;
    struct buf *text = said_begin(core, event, core_channel_name(channel), &rc);
    if (!rc)
        rc = append_member(text, id, info);
    said_end(core, channel, rc);
}

static void add(struct core *core, struct core_channel *channel,
                struct presence_member *member)
{
    pusher_str id = user_id_str(&member->id);
    bool is_bare = bare(core, member);
    int rc = roster_add(channel->roster, id, member->info, core->config.max_members);
    if (rc == PUSHER_ERR_NOMEM) {
        presence_lost(core, channel);
        channel_renew(core, channel, "out of memory for a member");
        return;
    }
    if (rc == PUSHER_ERR_LIMIT || is_bare)
        problem_roster(core, core_channel_name(channel), rc == PUSHER_ERR_LIMIT,
                       rc != PUSHER_ERR_LIMIT);
    say_member(core, channel, STR("pusher:member_added"), id, member->info);
}

static void remove_member(struct core *core, struct core_channel *channel,
                          struct presence_member *gone)
{
    struct member *member = roster_take(channel->roster, user_id_str(&gone->id));
    if (!member)
        return;
    say_member(core, channel, STR("pusher:member_removed"), map_key(&member->node),
               member->info);
    member_free(member, core->config.mem);
}

/* Reads the member that core->message is about, and does that with it. */
static void with_member(struct core *core, struct core_channel *channel,
                        void (*then)(struct core *, struct core_channel *,
                                     struct presence_member *))
{
    struct presence_member member;
    pusher_str data = {NULL, 0};
    if (!channel->roster->known)
        return;
    char *copy = inbound_copy_data(core, &data);
    if (!copy) {
        presence_lost(core, channel);
        channel_renew(core, channel, "out of memory for a member");
    } else if (presence_member_parse(data, &member)) {
        problem_channel(core, PUSHER_PROBLEM_PROTOCOL, core_channel_name(channel),
                        "its member has no id");
    } else {
        then(core, channel, &member);
    }
    mem_free(core->config.mem, copy);
}

void presence_added(struct core *core, struct core_channel *channel)
{
    with_member(core, channel, add);
}

void presence_removed(struct core *core, struct core_channel *channel)
{
    with_member(core, channel, remove_member);
}

bool presence_tell_change(struct core *core)
{
    if (!core->auth || list_empty(&core->auth->telling))
        return false;
    struct roster *roster = container_of(core->auth->telling.next, struct roster, link);
    struct member *member = roster_next_change(roster);
    if (list_empty(&roster->changes))
        list_remove(&roster->link);
    bool went = member->change == MEMBER_WENT;
    member->change = MEMBER_SAME;
    say_member(core, roster->channel,
               went ? STR("pusher:member_removed") : STR("pusher:member_added"),
               map_key(&member->node), member->info);
    if (went)
        member_free(member, core->config.mem);
    return true;
}

/* --- levels --- */

static bool is_known(const struct core_channel *channel)
{
    return channel->kind == CHANNEL_PRESENCE && channel->roster && channel->roster->known;
}

size_t core_member_count(const struct core_channel *channel)
{
    return is_known(channel) ? channel->roster->count : 0;
}

static bool give(const struct member *member, struct core_member *ret)
{
    if (!member)
        return false;
    *ret = (struct core_member){map_key(&member->node), member->info};
    return true;
}

bool core_find_member(const struct core_channel *channel, pusher_str id,
                      struct core_member *ret)
{
    return is_known(channel) && give(roster_find(channel->roster, id), ret);
}

bool core_me(const struct core_channel *channel, struct core_member *ret)
{
    return is_known(channel) &&
           core_find_member(
               channel, (pusher_str){channel->roster->me, channel->roster->me_len}, ret);
}

bool core_next_member(const struct core_channel *channel, pusher_str after,
                      struct core_member *ret)
{
    return is_known(channel) && give(roster_after(channel->roster, after), ret);
}
