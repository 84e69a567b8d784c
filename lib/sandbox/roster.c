/*
 * The members of one presence channel.
 */
#include "sandbox/roster.h"

#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"

void roster_init(struct roster *roster, const pusher_allocator *mem)
{
    map_init(&roster->users, mem);
    list_init(&roster->order);
}

void roster_free_user(struct roster *roster, struct user *user)
{
    const pusher_allocator *mem = roster->users.mem;
    mem_free(mem, user->id);
    mem_free(mem, user->info);
    mem_free(mem, user);
}

static struct user *new_user(struct roster *roster, pusher_str id, pusher_str info)
{
    const pusher_allocator *mem = roster->users.mem;
    struct user *user = mem_zalloc(mem, sizeof *user);
    if (!user)
        return NULL;
    user->connections = 1;
    user->id = mem_dup(mem, id);
    map_set_key(&user->node, (pusher_str){user->id, id.len});
    if (info.ptr) {
        user->info = mem_dup(mem, info);
        user->info_len = info.len;
    }
    if (!user->id || (info.ptr && !user->info) ||
        map_insert(&roster->users, &user->node)) {
        roster_free_user(roster, user);
        return NULL;
    }
    list_append(&roster->order, &user->link);
    return user;
}

int roster_join(struct roster *roster, pusher_str id, pusher_str info, struct user **ret)
{
    struct map_node *node = map_find(&roster->users, id);
    if (node) {
        *ret = container_of(node, struct user, node);
        (*ret)->connections++;
        return 0;
    }
    if (map_size(&roster->users) >= ROSTER_MAX)
        return PUSHER_ERR_LIMIT;
    struct user *user = new_user(roster, id, info);
    if (!user)
        return PUSHER_ERR_NOMEM;
    *ret = user;
    return 0;
}

bool roster_leave(struct roster *roster, struct user *user)
{
    if (--user->connections > 0)
        return false;
    map_remove(&roster->users, &user->node);
    list_remove(&user->link);
    return true;
}

pusher_str user_info(const struct user *user)
{
    return (pusher_str){user->info, user->info_len};
}

static int append_ids(struct buf *out, const struct roster *roster)
{
    const struct list *head = &roster->order;
    int rc = 0;
    for (const struct list *at = head->next; !rc && at != head; at = at->next) {
        if (at != head->next)
            rc = buf_append_byte(out, ',');
        if (!rc)
            rc = frame_append_string(out,
                                     map_key(&container_of(at, struct user, link)->node));
    }
    return rc;
}

static int append_hash(struct buf *out, const struct roster *roster)
{
    const struct list *head = &roster->order;
    int rc = 0;
    for (const struct list *at = head->next; !rc && at != head; at = at->next) {
        const struct user *user = container_of(at, struct user, link);
        if (at != head->next)
            rc = buf_append_byte(out, ',');
        if (!rc)
            rc = frame_append_string(out, map_key(&user->node));
        if (!rc)
            rc = buf_append_byte(out, ':');
        if (!rc)
            rc = buf_append(out, user->info ? user_info(user) : STR("null"));
    }
    return rc;
}

int roster_append(struct buf *out, const struct roster *roster)
{
    int rc = buf_append(out, STR("{\"presence\":{\"ids\":["));
    if (!rc)
        rc = append_ids(out, roster);
    if (!rc)
        rc = buf_append(out, STR("],\"hash\":{"));
    if (!rc)
        rc = append_hash(out, roster);
    return rc ? rc : buf_printf(out, "},\"count\":%zu}}", map_size(&roster->users));
}
