/*
 * What the server says of the signed-in user and of those whom the user watches (USER-04,
 * USER-09).
 */
#include "codec/user.h"

#include <pusher/error.h>

#include "base/str.h"
#include "codec/json.h"

/* USER-04: without an id nobody is signed in. */
static bool signed_in_id(pusher_str user_data, struct user_id *ret)
{
    struct user_id id;
    if (!json_valid(user_data) || !user_id_read(json_find(user_data, "id"), &id) ||
        id.len == 0)
        return false;
    *ret = id;
    return true;
}

int user_signin_parse(pusher_str data, struct buf *out, struct user_id *ret)
{
    if (!json_valid(data))
        return PUSHER_ERR_INVALID;
    pusher_str escaped = json_between_quotes(json_find(data, "user_data"));
    if (!escaped.ptr)
        return PUSHER_ERR_INVALID;
    int rc = buf_reserve(out, json_unescape_bound(escaped.len));
    if (rc)
        return rc;
    char *text = out->ptr + out->len;
    pusher_str user_data = {text, json_unescape(escaped, text)};
    if (!signed_in_id(user_data, ret))
        return PUSHER_ERR_INVALID;
    out->len += user_data.len;
    return 0;
}

static bool ids_valid(pusher_str entry)
{
    struct user_id id;
    pusher_str value, ids = json_find(entry, "user_ids");
    if (!ids.ptr)
        return user_id_read(json_find(entry, "user_id"), &id);
    struct json_walk walk = json_walk_into(ids);
    bool valid = json_kind_of(ids) == JSON_ARRAY;
    while (valid && json_walk_next(&walk, NULL, &value))
        valid = user_id_read(value, &id);
    return valid;
}

static bool read_event(pusher_str entry, struct watchlist_event *ret)
{
    pusher_str name = json_between_quotes(json_find(entry, "name"));
    ret->json = entry;
    return name.ptr &&
           json_unescape_short(name, ret->name, sizeof ret->name, &ret->name_len) &&
           ret->name_len > 0;
}

int watchlist_parse(pusher_str data, struct watchlist_walk *ret)
{
    if (!json_valid(data))
        return PUSHER_ERR_INVALID;
    pusher_str events = json_find(data, "events");
    if (json_kind_of(events) != JSON_ARRAY)
        return PUSHER_ERR_INVALID;
    struct json_walk walk = json_walk_into(events);
    struct watchlist_event event;
    pusher_str entry;
    while (json_walk_next(&walk, NULL, &entry)) {
        if (!read_event(entry, &event) || !ids_valid(entry))
            return PUSHER_ERR_INVALID;
    }
    ret->events = json_walk_into(events);
    return 0;
}

bool watchlist_next(struct watchlist_walk *walk, struct watchlist_event *ret)
{
    pusher_str entry;
    return json_walk_next(&walk->events, NULL, &entry) && read_event(entry, ret);
}
