/*
 * "KEY:hex", taken apart.
 */
#include "sandbox/auth_value.h"

#include "base/str.h"

pusher_str auth_value_hex(const struct service *service, pusher_str auth)
{
    pusher_str key = str_of(service->key);
    if (!str_starts_with(auth, key) || auth.len == key.len || auth.ptr[key.len] != ':')
        return (pusher_str){NULL, 0};
    return str_skip(auth, key.len + 1);
}
