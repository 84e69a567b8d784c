/*
 * The members of one presence channel: users, each with any number of connections, in the
 * order of their arrival (PRES-02, PRES-08).
 */
#ifndef SANDBOX_ROSTER_H
#define SANDBOX_ROSTER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"

enum { ROSTER_MAX = 100 }; /* members (PRES-10) */

struct roster {
    struct map users; /* by id */
    struct list order;
};

struct user {
    struct map_node node; /* key: id */
    struct list link;
    char *id;
    char *info; /* JSON text, or NULL */
    size_t info_len;
    uint32_t connections;
};

void roster_init(struct roster *roster, const pusher_allocator *mem);

/*
 * The user of this id with one connection more, borrowed; a new one, with this `info`
 * (JSON text, ptr NULL: none), where there was none. 0, PUSHER_ERR_NOMEM,
 * PUSHER_ERR_LIMIT (ROSTER_MAX).
 */
int roster_join(struct roster *roster, pusher_str id, pusher_str info, struct user **ret);

/* One connection less. True when it was the last: the user is no member any more, and the
 * caller frees it. */
bool roster_leave(struct roster *roster, struct user *user);
void roster_free_user(struct roster *roster, struct user *user);

/* The user_info; ptr NULL: none. */
pusher_str user_info(const struct user *user);

/* Appends {"presence":{"ids":…,"hash":…,"count":…}}. 0, PUSHER_ERR_NOMEM,
 * PUSHER_ERR_LIMIT. */
int roster_append(struct buf *out, const struct roster *roster);

#endif
