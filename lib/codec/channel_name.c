/*
 * Channel names (CHAN-01, LIM-01, CACHE-01).
 */
#include "codec/channel_name.h"

#include <string.h>

#include "base/str.h"

bool channel_name_valid(pusher_str name)
{
    static const char others[] = "_-=@,.;";
    if (name.len == 0 || name.len > CHANNEL_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && !memchr(others, c, sizeof others - 1))
            return false;
    }
    return true;
}

enum channel_kind channel_kind_of(pusher_str name)
{
    if (str_starts_with(name, STR("private-encrypted-")))
        return CHANNEL_ENCRYPTED;
    if (str_starts_with(name, STR("private-")))
        return CHANNEL_PRIVATE;
    if (str_starts_with(name, STR("presence-")))
        return CHANNEL_PRESENCE;
    return CHANNEL_PUBLIC;
}

bool channel_is_cache(pusher_str name)
{
    return str_starts_with(name, STR("cache-")) ||
           str_starts_with(name, STR("private-cache-")) ||
           str_starts_with(name, STR("private-encrypted-cache-")) ||
           str_starts_with(name, STR("presence-cache-"));
}
