/*
 * Where a client connects (CFG-01 … CFG-03, URL-01).
 */
#include "codec/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <pusher/version.h>

#include "base/str.h"

/* libwebsockets writes the request line, Host and Origin to 2048, 128 and 128 bytes, cuts
 * off what is longer, and goes on in the same line. */
enum {
    HOST_MAX = 112,
    ORIGIN_MAX = 112,
    KEY_MAX = 512,
    PATH_MAX_BYTES = 1024,
    REQUEST_MAX = 2000
};

/* 1 or more letters, digits or bytes of `others`. */
static bool all_of(pusher_str text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && !memchr(others, c, strlen(others)))
            return false;
    }
    return text.len > 0;
}

bool url_key_valid(pusher_str key)
{
    return key.len <= KEY_MAX && all_of(key, "_.~-");
}

static bool is_ipv6(pusher_str host)
{
    return memchr(host.ptr, ':', host.len) != NULL;
}

/* "127.0.0.1:6001" is none: it would be looked up as a name. */
static bool is_ipv6_address(pusher_str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.len >= sizeof text || memchr(host.ptr, '\0', host.len))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool url_host_valid(pusher_str host)
{
    if (!host.ptr || host.len == 0 || host.len > HOST_MAX)
        return false;
    return is_ipv6(host) ? is_ipv6_address(host) : all_of(host, "-._");
}

bool url_cluster_valid(pusher_str cluster)
{
    return cluster.len <= 63 && all_of(cluster, "-");
}

bool url_path_valid(pusher_str path)
{
    if (path.len == 0 || path.len > PATH_MAX_BYTES || path.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c <= 0x20 || c >= 0x7f || memchr("\"<>\\^`{|}?#", c, 11))
            return false;
    }
    return true;
}

bool url_header_value_valid(pusher_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

bool url_origin_valid(pusher_str origin)
{
    return origin.len <= ORIGIN_MAX && url_header_value_valid(origin);
}

int url_append_cluster_host(struct buf *out, pusher_str cluster)
{
    return buf_printf(out, "ws-%.*s.pusher.com", STR_ARG(cluster));
}

int url_append_request(struct buf *out, pusher_str path, pusher_str key)
{
    return buf_printf(out, "%.*s/app/%.*s?protocol=7&client=libpusher&version=%s",
                      STR_ARG(path), STR_ARG(key), PUSHER_VERSION);
}

int url_append_host_header(struct buf *out, pusher_str host, uint16_t port, bool tls)
{
    size_t before = out->len;
    int rc = is_ipv6(host) ? buf_printf(out, "[%.*s]", STR_ARG(host))
                           : buf_printf(out, "%.*s", STR_ARG(host));
    if (!rc && port != url_default_port(tls))
        rc = buf_printf(out, ":%u", port);
    if (rc)
        out->len = before;
    return rc;
}

uint16_t url_default_port(bool tls)
{
    return tls ? 443 : 80;
}

/* --- endpoints --- */

static bool take_prefix(pusher_str *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (text->len < len || strncasecmp(text->ptr, prefix, len) != 0)
        return false;
    *text = str_skip(*text, len);
    return true;
}

/* 1 … 65535, without a sign or space. */
static bool read_port(pusher_str digits, uint16_t *ret)
{
    uint32_t port = 0;
    if (digits.len == 0 || digits.len > 5)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    *ret = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

/* "host", "host:port", "[v6]", "[v6]:port". */
static bool read_authority(pusher_str text, struct url_endpoint *ret)
{
    const char *end = text.ptr + text.len;
    const char *after = text.len && *text.ptr == '[' ? memchr(text.ptr, ']', text.len)
                                                     : memchr(text.ptr, ':', text.len);
    ret->port = url_default_port(ret->tls);
    if (text.len && *text.ptr == '[') {
        if (!after)
            return false;
        ret->host = (pusher_str){text.ptr + 1, (size_t)(after - text.ptr - 1)};
        after++;
        if (!is_ipv6(ret->host))
            return false;
    } else {
        after = after ? after : end;
        ret->host = (pusher_str){text.ptr, (size_t)(after - text.ptr)};
    }
    if (!url_host_valid(ret->host))
        return false;
    if (after == end)
        return true;
    return *after == ':' &&
           read_port((pusher_str){after + 1, (size_t)(end - after - 1)}, &ret->port);
}

static bool is_request(pusher_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || memchr("\"<>\\^`{|}#", c, 10))
            return false;
    }
    return text.len > 0 && text.len <= REQUEST_MAX && text.ptr[0] == '/';
}

int url_endpoint_parse(pusher_str url, struct url_endpoint *ret)
{
    struct url_endpoint found = {.tls = true};
    if (!url.ptr)
        return PUSHER_ERR_INVALID;
    if (!take_prefix(&url, "https://")) {
        found.tls = false;
        if (!take_prefix(&url, "http://"))
            return PUSHER_ERR_INVALID;
    }
    size_t authority = 0;
    while (authority < url.len && !memchr("/?#", url.ptr[authority], 3))
        authority++;
    found.request = str_skip(url, authority);
    if (!found.request.len)
        found.request = STR("/");
    if (!read_authority((pusher_str){url.ptr, authority}, &found) ||
        !is_request(found.request))
        return PUSHER_ERR_INVALID;
    *ret = found;
    return 0;
}
