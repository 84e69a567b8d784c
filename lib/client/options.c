/*
 * Options of a client: defaults, and the checks that make bad input a clear error before
 * any I/O (CFG-01 … CFG-05).
 */
#include "client/client.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/url.h"

static const pusher_options defaults = {
    .tls = true,
    .activity_timeout_ms = 120000,
    .pong_timeout_ms = 30000,
    .probe_timeout_ms = 5000,
    .unavailable_timeout_ms = 10000,
    .connect_timeout_ms = 15000,
    .backoff_min_ms = 1000,
    .backoff_max_ms = 30000,
    .reconnect_spread_ms = 9500,
    .subscribe_timeout_ms = 15000,
    .auth_timeout_ms = 10000,
    .max_parallel_auth = 8,
    .max_members = 10000,
    .max_member_bytes = 16384,
    .event_queue_max = 100,
    .event_queue_bytes = 1 << 20,
    .stable_after_ms = 10000,
    .max_message_bytes = 1024 * 1024,
    .max_channels = 100000,
};

void pusher_options_init_sized(pusher_options *options, size_t struct_size)
{
    size_t known = struct_size < sizeof defaults ? struct_size : sizeof defaults;
    memset(options, 0, struct_size);
    memcpy(options, &defaults, known);
    options->struct_size = struct_size;
}

/* The numbers and where they may lie; the ranges stand beside the fields in
 * <pusher/client.h>. */
static bool numbers_valid(const pusher_options *o)
{
    struct {
        uint64_t value, min, max;
    } const ranges[] = {
        {o->activity_timeout_ms, 1000, 86400000},
        {o->pong_timeout_ms, 1000, 3600000},
        {o->probe_timeout_ms, 500, 3600000},
        {o->unavailable_timeout_ms, 1000, 3600000},
        {o->connect_timeout_ms, 1000, 600000},
        {o->backoff_min_ms, 100, 600000},
        {o->backoff_max_ms, o->backoff_min_ms, 3600000},
        {o->reconnect_spread_ms, 0, 3600000},
        {o->subscribe_timeout_ms, 1000, 86400000},
        {o->auth_timeout_ms, 1000, 3600000},
        {o->max_parallel_auth, 1, 1u << 24},
        {o->max_members, 1, 1u << 24},
        {o->max_member_bytes, 64, 1u << 30},
        {o->event_queue, PUSHER_QUEUE_OFF, PUSHER_QUEUE_DROP_NEWEST},
        {o->event_queue_max, 1, 1u << 20},
        {o->event_queue_bytes, 1024, 1u << 30},
        {o->events_per_second, 0, 1000},
        {o->stable_after_ms, 0, 3600000},
        {o->max_message_bytes, 1024, 1u << 30},
        {o->max_channels, 1, 1u << 24},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return false;
    }
    return true;
}

static int texts_valid(const pusher_options *o)
{
    if (!o->key || !url_key_valid(str_of(o->key)))
        return PUSHER_ERR_BAD_KEY;
    if (o->host ? !url_host_valid(str_of(o->host))
                : !o->cluster || !url_cluster_valid(str_of(o->cluster)))
        return PUSHER_ERR_BAD_HOST;
    if (o->path && *o->path && !url_path_valid(str_of(o->path)))
        return PUSHER_ERR_INVALID;
    if (o->origin && !url_origin_valid(str_of(o->origin)))
        return PUSHER_ERR_INVALID;
    if (o->ca_file && !*o->ca_file)
        return PUSHER_ERR_INVALID;
    return 0;
}

static size_t room_for(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *put_optional(char **at, const char *text)
{
    return text ? str_put(at, str_of(text)) : NULL;
}

static int endpoint_read(const pusher_options *o, const pusher_allocator *mem,
                         struct endpoint *ret)
{
    struct buf host;
    const char *path = o->path && *o->path ? o->path : NULL;
    buf_init(&host, mem, 512);
    int rc = o->host ? buf_append(&host, str_of(o->host))
                     : url_append_cluster_host(&host, str_of(o->cluster));
    char *texts = rc ? NULL
                     : mem_alloc(mem, room_for(o->key) + host.len + 1 + room_for(path) +
                                          room_for(o->origin) + room_for(o->ca_file));
    if (texts) {
        char *at = texts;
        *ret = (struct endpoint){
            .texts = texts,
            .key = put_optional(&at, o->key),
            .host = str_put(&at, buf_str(&host)),
            .path = put_optional(&at, path),
            .origin = put_optional(&at, o->origin),
            .ca_file = put_optional(&at, o->ca_file),
            .port = o->port,
            .max_message_bytes = o->max_message_bytes,
            .connect_timeout_ms = o->connect_timeout_ms,
        };
    }
    buf_free(&host);
    return texts ? 0 : PUSHER_ERR_NOMEM;
}

void endpoint_free(struct endpoint *endpoint, const pusher_allocator *mem)
{
    mem_free(mem, endpoint->texts);
    *endpoint = (struct endpoint){0};
}

int options_read(const pusher_options *options, const pusher_allocator *mem,
                 struct core_config *config, struct endpoint *endpoint)
{
    if (!numbers_valid(options))
        return PUSHER_ERR_INVALID;
    int rc = texts_valid(options);
    if (rc)
        return rc;
    *config = (struct core_config){
        .activity_timeout_ms = options->activity_timeout_ms,
        .pong_timeout_ms = options->pong_timeout_ms,
        .probe_timeout_ms = options->probe_timeout_ms,
        .max_attempts = options->max_attempts,
        .unavailable_timeout_ms = options->unavailable_timeout_ms,
        .connect_timeout_ms = options->connect_timeout_ms,
        .backoff_min_ms = options->backoff_min_ms,
        .backoff_max_ms = options->backoff_max_ms,
        .reconnect_spread_ms = options->reconnect_spread_ms,
        .subscribe_timeout_ms = options->subscribe_timeout_ms,
        .auth_timeout_ms = options->auth_timeout_ms,
        .max_parallel_auth =
            options->authorizer.batch ? UINT32_MAX : (uint32_t)options->max_parallel_auth,
        .stable_after_ms = options->stable_after_ms,
        .max_members = (uint32_t)options->max_members,
        .max_member_bytes = (uint32_t)options->max_member_bytes,
        .event_queue = (uint8_t)options->event_queue,
        .event_queue_max = (uint32_t)options->event_queue_max,
        .event_queue_bytes = (uint32_t)options->event_queue_bytes,
        .events_per_second = options->events_per_second,
        .presence_diff = options->presence_diff,
        .max_channels = (uint32_t)options->max_channels,
        .tls = options->tls,
        .log = options->log,
    };
    return endpoint_read(options, mem, endpoint);
}
