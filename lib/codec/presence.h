/*
 * Who is on a presence channel: the roster of a successful subscription, and who came or
 * went (PRES-02 … PRES-05, PRES-09). Nothing is allocated. `data` is always the decoded
 * text of message_data_copy().
 */
#ifndef CODEC_PRESENCE_H
#define CODEC_PRESENCE_H

#include <stdbool.h>

#include "codec/json_walk.h"
#include "codec/user_id.h"

struct presence_member {
    struct user_id id;
    pusher_str info; /* JSON, as it was received, in `data`; ptr NULL: absent or null */
};

struct presence_walk {
    struct json_walk walk;
    uint32_t index; /* the next id, where an array stands for a hash */
};

/*
 * Reads the data of pusher_internal:subscription_succeeded. 0, PUSHER_ERR_INVALID: there
 * is no presence.hash that is an object or array (PRES-09), or an id has more than
 * USER_ID_MAX bytes. `*ret_count`: entries, as counted; presence.count and presence.ids
 * are not believed (T19 of the threat list). An id may occur twice: then the later entry
 * counts, and there are fewer members than entries.
 */
int presence_roster_parse(pusher_str data, struct presence_walk *ret, size_t *ret_count);

/* The next entry of a roster, in the order of the text; false at the end. */
bool presence_roster_next(struct presence_walk *walk, struct presence_member *ret);

/* Read the data of pusher_internal:member_added and member_removed, which has no info. 0,
 * PUSHER_ERR_INVALID without a user_id that is text or a number (PRES-04). */
int presence_member_parse(pusher_str data, struct presence_member *ret);

#endif
