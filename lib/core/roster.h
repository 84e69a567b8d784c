/*
 * Who is on a presence channel (PRES-02 … PRES-06). While the subscription stands, what
 * the roster says is what the server said; when it is lost, nobody is there.
 *
 * The members of a lost subscription can be kept aside, so that the next one tells who
 * went and who came meanwhile.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "base/list.h"
#include "base/map.h"
#include "codec/user_id.h"
#include "core/core.h"

enum member_change {
    MEMBER_SAME,
    MEMBER_CAME, /* while we were away, and it has not been told yet */
    MEMBER_WENT  /* likewise; it is not there any more */
};

struct member {
    struct map_node node;
    struct list link; /* roster.changes, or alone */
    enum member_change change;
    pusher_str info;  /* ptr NULL: none */
    char *later_info; /* owned; NULL: `info` is still the first one, which is in texts */
    char texts[];     /* id and info, each with a NUL */
};

struct roster {
    struct map members; /* in the order in which they came */
    size_t count;       /* without those that went */
    bool known;         /* the subscription stands; else nobody is there */
    struct list changes;
    struct list link; /* in auth_set.telling while there are changes to be told */
    struct core_channel *channel;
    size_t me_len;
    char me[USER_ID_MAX + 1]; /* own id */
};

/* NULL: no memory. */
struct roster *roster_new(struct core_channel *channel, const pusher_allocator *mem);
void roster_free(struct roster *roster); /* NULL is fine */

/* The subscription is lost; `keep` them aside. */
void roster_lose(struct roster *roster, bool keep);

/*
 * The server lists who is there: roster_list_begin(), roster_list_add() for each,
 * roster_list_end(), with which the differences to those kept aside become changes, or
 * are forgotten. 0, PUSHER_ERR_NOMEM, or PUSHER_ERR_LIMIT: `most` are there, and this one
 * is not stored.
 */
void roster_list_begin(struct roster *roster);
int roster_list_add(struct roster *roster, pusher_str id, pusher_str info, size_t most);

void roster_list_end(struct roster *roster, bool tell);

/* Instead: the list is not to be had, and those kept aside are as before. */
void roster_list_abort(struct roster *roster);

/* One more; a known one's info is replaced. Errors as above. */
int roster_add(struct roster *roster, pusher_str id, pusher_str info, size_t most);

/* The member that leaves, out of the roster: the caller frees it. NULL: not known. */
struct member *roster_take(struct roster *roster, pusher_str id);
void member_free(struct member *member, const pusher_allocator *mem);

/* The next change to be told; it is told with that. One that went is out of the roster,
 * and the caller's. NULL: none. */
struct member *roster_next_change(struct roster *roster);

struct member *roster_find(const struct roster *roster, pusher_str id);

/* The one after `id`, or, with ptr NULL, the first. NULL: the end, or `id` is not there.
 */
struct member *roster_after(const struct roster *roster, pusher_str id);

#endif
