/*
 * Names for log lines.
 */
#include "codec/log_name.h"

#include "base/str.h"

struct log_name log_name(pusher_str name)
{
    struct log_name ret;
    if (!name.ptr)
        name = STR("the user");
    else if (str_starts_with(name, STR("#server-to-user-")))
        name = STR("#server-to-user-***");
    quote_name(name, ret.text, sizeof ret.text);
    return ret;
}
