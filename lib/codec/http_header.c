/*
 * Header fields that an application adds to a request (T5 of the threat list).
 */
#include "codec/http_header.h"

#include <string.h>
#include <strings.h>

#include "codec/url.h"

static const char *const reserved[] = {
    "Connection", "Content-Length",    "Content-Type",     "Expect",
    "Host",       "Keep-Alive",        "Proxy-Connection", "TE",
    "Trailer",    "Transfer-Encoding", "Upgrade",
};

static bool is_reserved(pusher_str name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (strlen(reserved[i]) == name.len &&
            strncasecmp(reserved[i], name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

/* A token of RFC 9110, 5.6.2. */
static bool is_token(pusher_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && !(c && strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0;
}

enum http_header_fault http_header_check(pusher_str name, pusher_str value)
{
    if (name.len > HTTP_HEADER_NAME_MAX || !is_token(name))
        return HTTP_HEADER_BAD_NAME;
    if (is_reserved(name))
        return HTTP_HEADER_RESERVED;
    if (value.len > HTTP_HEADER_VALUE_MAX)
        return HTTP_HEADER_TOO_LONG;
    if (!url_header_value_valid(value))
        return HTTP_HEADER_BAD_VALUE;
    if (value.len && (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' '))
        return HTTP_HEADER_BAD_VALUE;
    return HTTP_HEADER_OK;
}
