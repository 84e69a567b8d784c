/*
 * Where a client connects: what the checks let pass makes a request line and a Host
 * header in which nothing foreign stands. The input is a key, a host and a path,
 * separated by line ends; the first two bytes are the port.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/http_header.h"
#include "codec/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pusher_str line(pusher_str *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
    pusher_str piece = {rest->ptr, len};
    *rest = str_skip(*rest, end ? len + 1 : len);
    return piece;
}

static void is_clean(const struct buf *text, const char *foreign)
{
    for (size_t i = 0; i < text->len; i++)
        assert(text->ptr[i] > ' ' && text->ptr[i] < 0x7f &&
               !strchr(foreign, text->ptr[i]));
}

static void check_request(struct buf *out, pusher_str path, pusher_str key)
{
    if (!url_key_valid(key) || (path.len && !url_path_valid(path)))
        return;
    assert(url_append_request(out, path, key) == 0);
    is_clean(out, "#\\\"<>");
    pusher_str request = buf_str(out);
    assert(str_starts_with(request, path));
    assert(memchr(request.ptr, '?', request.len) ==
           request.ptr + path.len + strlen("/app/") + key.len);
    buf_clear(out);
}

static void check_host(struct buf *out, pusher_str host, uint16_t port)
{
    if (!url_host_valid(host))
        return;
    assert(url_append_host_header(out, host, port, port % 2) == 0);
    is_clean(out, "/@?#\\\"<>%&");
    buf_clear(out);
}

static void check_cluster(struct buf *out, pusher_str cluster)
{
    if (!url_cluster_valid(cluster))
        return;
    assert(url_append_cluster_host(out, cluster) == 0);
    assert(url_host_valid(buf_str(out)));
    buf_clear(out);
}

static void check_header(pusher_str name, pusher_str value)
{
    if (http_header_check(name, value) != HTTP_HEADER_OK)
        return;
    assert(!memchr(name.ptr, ':', name.len) && !memchr(name.ptr, '\r', name.len));
    for (size_t i = 0; i < value.len; i++)
        assert((unsigned char)value.ptr[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct buf out;
    buf_init(&out, &mem_default, SIZE_MAX);
    pusher_str rest = {(const char *)data + 2, size - 2};
    pusher_str key = line(&rest);
    pusher_str host = line(&rest);
    check_request(&out, rest, key);
    check_host(&out, host, (uint16_t)(data[0] << 8 | data[1]));
    check_cluster(&out, host);
    check_header(key, rest);
    buf_free(&out);
    return 0;
}
