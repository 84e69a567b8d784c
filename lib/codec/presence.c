/*
 * Who is on a presence channel (PRES-02 … PRES-05, PRES-09).
 */
#include "codec/presence.h"

#include <inttypes.h>
#include <stdio.h>

#include <pusher/error.h>

#include "base/str.h"
#include "codec/json.h"

static bool is_container(pusher_str value)
{
    enum json_kind kind = json_kind_of(value);
    return kind == JSON_OBJECT || kind == JSON_ARRAY;
}

static bool name_read(pusher_str escaped, struct user_id *ret)
{
    return json_unescape_short(escaped, ret->text, sizeof ret->text, &ret->len);
}

/* PHP makes an array of a hash whose keys are 0 … n-1, an empty one included (PRES-09).
 */
static void index_write(uint32_t index, struct user_id *ret)
{
    int len = snprintf(ret->text, sizeof ret->text, "%" PRIu32, index);
    ret->len = (size_t)len;
}

static pusher_str info_of(pusher_str value)
{
    return json_kind_of(value) == JSON_NULL ? (pusher_str){NULL, 0} : value;
}

/* 1: an entry; 0: the end; PUSHER_ERR_INVALID: an id that is none. */
static int next_entry(struct presence_walk *walk, struct presence_member *ret)
{
    pusher_str name, value;
    if (!json_walk_next(&walk->walk, &name, &value))
        return 0;
    if (!name.ptr)
        index_write(walk->index++, &ret->id);
    else if (!name_read(name, &ret->id))
        return PUSHER_ERR_INVALID;
    ret->info = info_of(value);
    return 1;
}

int presence_roster_parse(pusher_str data, struct presence_walk *ret, size_t *ret_count)
{
    if (!json_valid(data))
        return PUSHER_ERR_INVALID;
    pusher_str hash = json_find(json_find(data, "presence"), "hash");
    if (!is_container(hash))
        return PUSHER_ERR_INVALID;
    const struct presence_walk start = {.walk = json_walk_into(hash)};
    struct presence_walk walk = start;
    struct presence_member member;
    size_t count = 0;
    int rc;
    while ((rc = next_entry(&walk, &member)) > 0)
        count++;
    if (rc)
        return rc;
    *ret = start;
    *ret_count = count;
    return 0;
}

bool presence_roster_next(struct presence_walk *walk, struct presence_member *ret)
{
    return next_entry(walk, ret) > 0;
}

int presence_member_parse(pusher_str data, struct presence_member *ret)
{
    struct user_id id;
    if (!json_valid(data) || !user_id_read(json_find(data, "user_id"), &id))
        return PUSHER_ERR_INVALID;
    ret->id = id;
    ret->info = info_of(json_find(data, "user_info"));
    return 0;
}
