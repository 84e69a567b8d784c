/*
 * Who is on a presence channel.
 */
#include "core/roster.h"

#include "base/mem.h"
#include "base/str.h"

static struct member *of_node(struct map_node *node)
{
    return node ? container_of(node, struct member, node) : NULL;
}

struct roster *roster_new(struct core_channel *channel, const pusher_allocator *mem)
{
    struct roster *roster = mem_zalloc(mem, sizeof *roster);
    if (!roster)
        return NULL;
    map_init(&roster->members, mem);
    list_init(&roster->changes);
    list_init(&roster->link);
    roster->channel = channel;
    return roster;
}

void member_free(struct member *member, const pusher_allocator *mem)
{
    if (!member)
        return;
    mem_free(mem, member->later_info);
    mem_free(mem, member);
}

static void drop(struct roster *roster, struct member *member)
{
    list_remove(&member->link);
    map_remove(&roster->members, &member->node);
}

static void clear(struct roster *roster)
{
    while (roster->members.first) {
        struct member *member = of_node(roster->members.first);
        drop(roster, member);
        member_free(member, roster->members.mem);
    }
    roster->count = 0;
    list_remove(&roster->link);
}

void roster_free(struct roster *roster)
{
    if (!roster)
        return;
    clear(roster);
    mem_free(roster->members.mem, roster);
}

/* Forgets what has not been told: who went is out, who came was there before. */
static void forget_changes(struct roster *roster)
{
    while (!list_empty(&roster->changes)) {
        struct member *member = container_of(roster->changes.next, struct member, link);
        list_remove(&member->link);
        if (member->change == MEMBER_WENT) {
            drop(roster, member);
            member_free(member, roster->members.mem);
        } else {
            member->change = MEMBER_SAME;
        }
    }
    list_remove(&roster->link);
}

void roster_lose(struct roster *roster, bool keep)
{
    roster->known = false;
    if (keep)
        forget_changes(roster);
    else
        clear(roster);
}

static struct member *find_any(const struct roster *roster, pusher_str id)
{
    return of_node(map_find(&roster->members, id));
}

static struct member *member_new(const pusher_allocator *mem, pusher_str id,
                                 pusher_str info)
{
    struct member *member = mem_zalloc(mem, sizeof *member + id.len + info.len + 2);
    if (!member)
        return NULL;
    char *at = member->texts;
    list_init(&member->link);
    map_set_key(&member->node, (pusher_str){str_put(&at, id), id.len});
    member->info = info;
    if (info.ptr)
        member->info.ptr = str_put(&at, info);
    return member;
}

static int insert(struct roster *roster, pusher_str id, pusher_str info,
                  struct member **ret)
{
    struct member *member = member_new(roster->members.mem, id, info);
    int rc = member ? map_insert(&roster->members, &member->node) : PUSHER_ERR_NOMEM;
    if (rc) {
        member_free(member, roster->members.mem);
        return rc;
    }
    *ret = member;
    return 0;
}

/* Of a known member, who keeps the place; without memory the old one stays. */
static int replace_info(struct roster *roster, struct member *member, pusher_str info)
{
    const pusher_allocator *mem = roster->members.mem;
    char *copy = NULL;
    if (str_equal(member->info, info) && !member->info.ptr == !info.ptr)
        return 0;
    if (info.ptr && !(copy = mem_dup(mem, info)))
        return PUSHER_ERR_NOMEM;
    mem_free(mem, member->later_info);
    member->later_info = copy;
    member->info = (pusher_str){copy, info.len};
    return 0;
}

int roster_add(struct roster *roster, pusher_str id, pusher_str info, size_t most)
{
    struct member *known = find_any(roster, id);
    if (known)
        return replace_info(roster, known, info);
    if (roster->count >= most)
        return PUSHER_ERR_LIMIT;
    int rc = insert(roster, id, info, &known);
    if (!rc)
        roster->count++;
    return rc;
}

struct member *roster_take(struct roster *roster, pusher_str id)
{
    struct member *member = roster_find(roster, id);
    if (!member)
        return NULL;
    drop(roster, member);
    roster->count--;
    return member;
}

void roster_list_begin(struct roster *roster)
{
    roster->count = 0;
    roster->known = true;
    for (struct member *at = of_node(roster->members.first); at;
         at = of_node(at->node.hh.next)) {
        at->change = MEMBER_WENT;
        list_append(&roster->changes, &at->link);
    }
}

int roster_list_add(struct roster *roster, pusher_str id, pusher_str info, size_t most)
{
    struct member *known = find_any(roster, id);
    bool listed = known && known->change != MEMBER_WENT;
    if (!listed && roster->count >= most)
        return PUSHER_ERR_LIMIT;
    if (known && !listed) { /* it was there before */
        known->change = MEMBER_SAME;
        list_remove(&known->link);
        roster->count++;
        return replace_info(roster, known, info);
    }
    if (known)
        return replace_info(roster, known, info);
    int rc = insert(roster, id, info, &known);
    if (rc)
        return rc;
    known->change = MEMBER_CAME;
    list_append(&roster->changes, &known->link);
    roster->count++;
    return 0;
}

void roster_list_abort(struct roster *roster)
{
    while (!list_empty(&roster->changes)) {
        struct member *member = container_of(roster->changes.next, struct member, link);
        list_remove(&member->link);
        if (member->change == MEMBER_CAME) {
            drop(roster, member);
            member_free(member, roster->members.mem);
        } else {
            member->change = MEMBER_SAME;
        }
    }
}

void roster_list_end(struct roster *roster, bool tell)
{
    if (!tell)
        forget_changes(roster);
}

struct member *roster_next_change(struct roster *roster)
{
    if (list_empty(&roster->changes))
        return NULL;
    struct member *member = container_of(roster->changes.next, struct member, link);
    list_remove(&member->link);
    if (member->change == MEMBER_WENT)
        map_remove(&roster->members, &member->node);
    return member;
}

static bool is_there(const struct roster *roster, const struct member *member)
{
    return roster->known && member->change != MEMBER_WENT;
}

struct member *roster_find(const struct roster *roster, pusher_str id)
{
    struct member *member = find_any(roster, id);
    return member && is_there(roster, member) ? member : NULL;
}

struct member *roster_after(const struct roster *roster, pusher_str id)
{
    struct member *at = of_node(roster->members.first);
    if (id.ptr) {
        at = find_any(roster, id);
        at = at ? of_node(at->node.hh.next) : NULL;
    }
    while (at && !is_there(roster, at))
        at = of_node(at->node.hh.next);
    return at;
}
