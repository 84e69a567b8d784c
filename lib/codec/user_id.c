/*
 * User ids as JSON holds them (PRES-05).
 */
#include "codec/user_id.h"

#include <string.h>

#include "codec/json_walk.h"

static bool read_number(pusher_str number, struct user_id *ret)
{
    if (number.len > USER_ID_MAX)
        return false;
    memcpy(ret->text, number.ptr, number.len);
    ret->text[number.len] = '\0';
    ret->len = number.len;
    return true;
}

static bool read_text(pusher_str escaped, struct user_id *ret)
{
    struct user_id id;
    if (!json_unescape_short(escaped, id.text, sizeof id.text, &id.len))
        return false;
    memcpy(ret->text, id.text, id.len + 1);
    ret->len = id.len;
    return true;
}

bool user_id_read(pusher_str value, struct user_id *ret)
{
    pusher_str number = json_number_text(value);
    pusher_str escaped = json_between_quotes(value);
    if (number.ptr)
        return read_number(number, ret);
    return escaped.ptr && read_text(escaped, ret);
}

pusher_str user_id_str(const struct user_id *id)
{
    return (pusher_str){id->text, id->len};
}
