/*
 * The public calls of the sandbox, and its life: made at once, served by the loop, and
 * gone when libwebsockets has let go of its last socket.
 */
#include <pusher/sandbox.h>

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/url.h"
#include "sandbox/listener.h"
#include "sandbox/service.h"

enum { PATIENCE_MAX_S = 30 };

struct pusher_sandbox {
    struct service service;
    struct listener listener;
    struct loop_child child;
};

static const pusher_sandbox_options defaults = {
    .address = "127.0.0.1",
    .app_id = "app-id",
    .key = "app-key",
    .secret = "app-secret",
    .activity_timeout_s = 120,
    .max_connections = 10000,
    .max_message_bytes = 64 * 1024,
    .max_queue_bytes = 4 * 1024 * 1024,
    .max_data_bytes = 10240,
    .max_client_events_per_s = 10,
};

void pusher_sandbox_options_init_sized(pusher_sandbox_options *options,
                                       size_t struct_size)
{
    if (!options)
        return;
    memset(options, 0, struct_size);
    memcpy(options, &defaults,
           struct_size < sizeof defaults ? struct_size : sizeof defaults);
    if (struct_size >= sizeof options->struct_size)
        options->struct_size = struct_size;
}

uint64_t service_patience_ms(const struct service *service)
{
    uint32_t seconds = service->activity_timeout_s;
    return (uint64_t)(seconds < PATIENCE_MAX_S ? seconds : PATIENCE_MAX_S) * 1000;
}

static bool in_range(size_t value, size_t min, size_t max)
{
    return value >= min && value <= max;
}

static int check_options(const pusher_sandbox_options *o)
{
    if (!o || o->struct_size != sizeof *o || !o->loop || !o->address || !o->app_id ||
        !o->key || !o->secret || !*o->secret)
        return PUSHER_ERR_INVALID;
    if (!url_key_valid(str_of(o->app_id)) || !in_range(o->activity_timeout_s, 1, 86400) ||
        !in_range(o->max_connections, 1, 1000000) ||
        !in_range(o->max_message_bytes, 1024, (size_t)1 << 30) ||
        !in_range(o->max_queue_bytes, 1024, (size_t)1 << 30) ||
        !in_range(o->max_data_bytes, 1, (size_t)1 << 24) ||
        !in_range(o->max_client_events_per_s, 0, 1000000))
        return PUSHER_ERR_INVALID;
    return url_key_valid(str_of(o->key)) ? 0 : PUSHER_ERR_BAD_KEY;
}

/* ---- subscription counts ---- */

static void on_counts_time(void *userdata)
{
    struct service *service = userdata;
    uint64_t next_ms = hub_send_counts(&service->hub, loop_now(service->loop));
    if (next_ms != UINT64_MAX)
        loop_timer_set(service->loop, &service->counts_timer, next_ms);
}

/* In the next turn, and for what is not due then the timer is set again. */
static void on_count_change(void *userdata)
{
    struct service *service = userdata;
    loop_timer_set(service->loop, &service->counts_timer, loop_now(service->loop));
}

/* ---- life ---- */

static void destroy(struct pusher_sandbox *sandbox)
{
    const pusher_allocator *mem = sandbox->service.mem;
    struct service *service = &sandbox->service;
    loop_timer_clear(service->loop, &service->counts_timer);
    hub_free(&service->hub);
    if (service->secret)
        wipe(service->secret, strlen(service->secret));
    mem_free(mem, service->app_id);
    mem_free(mem, service->key);
    mem_free(mem, service->secret);
    mem_free(mem, sandbox);
}

static void on_listener_gone(void *userdata)
{
    destroy(userdata);
}

static void on_loop_free(void *userdata)
{
    pusher_sandbox_free(userdata);
}

static struct pusher_sandbox *make(const pusher_sandbox_options *options)
{
    const pusher_allocator *mem = loop_mem(options->loop);
    struct pusher_sandbox *sandbox = mem_zalloc(mem, sizeof *sandbox);
    if (!sandbox)
        return NULL;
    sandbox->service = (struct service){
        .mem = mem,
        .log = options->log,
        .loop = options->loop,
        .app_id = mem_dup(mem, str_of(options->app_id)),
        .key = mem_dup(mem, str_of(options->key)),
        .secret = mem_dup(mem, str_of(options->secret)),
        .activity_timeout_s = options->activity_timeout_s,
        .max_connections = options->max_connections,
        .max_message_bytes = options->max_message_bytes,
        .max_queue_bytes = options->max_queue_bytes,
        .max_data_bytes = options->max_data_bytes,
        .max_client_events_per_s = options->max_client_events_per_s,
    };
    hub_init(&sandbox->service.hub, mem);
    sandbox->service.counts_timer.fire = on_counts_time;
    sandbox->service.counts_timer.userdata = &sandbox->service;
    if (options->subscription_count)
        hub_counts_init(&sandbox->service.hub, on_count_change, &sandbox->service);
    if (sandbox->service.app_id && sandbox->service.key && sandbox->service.secret)
        return sandbox;
    destroy(sandbox);
    return NULL;
}

int pusher_sandbox_new(pusher_sandbox **ret, const pusher_sandbox_options *options)
{
    int rc = ret ? check_options(options) : PUSHER_ERR_INVALID;
    if (rc)
        return rc;
    loop_check(options->loop);
    struct pusher_sandbox *sandbox = make(options);
    if (!sandbox)
        return PUSHER_ERR_NOMEM;
    rc = listener_open(&sandbox->listener, &sandbox->service, options->address,
                       options->port, on_listener_gone, sandbox);
    if (rc) {
        destroy(sandbox);
        return rc;
    }
    sandbox->child = (struct loop_child){.free = on_loop_free, .userdata = sandbox};
    loop_child_attach(options->loop, &sandbox->child);
    log_line(&sandbox->service.log, PUSHER_LOG_INFO, "sandbox listens on port %u",
             sandbox->listener.port);
    *ret = sandbox;
    return 0;
}

void pusher_sandbox_free(pusher_sandbox *sandbox)
{
    if (!sandbox || loop_is_inherited(sandbox->service.loop))
        return;
    loop_check(sandbox->service.loop);
    loop_child_detach(&sandbox->child);
    sandbox->service.log = (pusher_log){0};
    listener_close(&sandbox->listener);
}

uint16_t pusher_sandbox_port(const pusher_sandbox *sandbox)
{
    return sandbox ? sandbox->listener.port : 0;
}
