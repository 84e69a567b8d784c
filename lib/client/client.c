/*
 * The facade: making, freeing and connecting a client. Calls only give the core its input
 * and wake the pump; results arrive through callbacks.
 */
#include "client/client.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "client/auth.h"
#include "client/binding.h"
#include "client/channel.h"
#include "client/dispatch.h"
#include "client/pump.h"

const char *pusher_state_name(pusher_state state)
{
    switch (state) {
    case PUSHER_STATE_INITIALIZED:
        return "initialized";
    case PUSHER_STATE_CONNECTING:
        return "connecting";
    case PUSHER_STATE_CONNECTED:
        return "connected";
    case PUSHER_STATE_UNAVAILABLE:
        return "unavailable";
    case PUSHER_STATE_FAILED:
        return "failed";
    case PUSHER_STATE_DISCONNECTED:
        return "disconnected";
    }
    return "unknown";
}

const char *pusher_problem_name(pusher_problem_kind kind)
{
    static const char *const names[] = {
        [PUSHER_PROBLEM_RESOLVE] = "resolve",
        [PUSHER_PROBLEM_CONNECT] = "connect",
        [PUSHER_PROBLEM_TLS] = "tls",
        [PUSHER_PROBLEM_PROXY] = "proxy",
        [PUSHER_PROBLEM_UPGRADE] = "upgrade",
        [PUSHER_PROBLEM_GREETING] = "greeting",
        [PUSHER_PROBLEM_CLOSED] = "closed",
        [PUSHER_PROBLEM_PONG_TIMEOUT] = "pong_timeout",
        [PUSHER_PROBLEM_PROTOCOL] = "protocol",
        [PUSHER_PROBLEM_AUTH] = "auth",
        [PUSHER_PROBLEM_SUBSCRIBE] = "subscribe",
        [PUSHER_PROBLEM_SIGNIN] = "signin",
        [PUSHER_PROBLEM_DECRYPT] = "decrypt",
        [PUSHER_PROBLEM_LIMIT] = "limit",
        [PUSHER_PROBLEM_SERVER] = "server",
    };
    size_t index = (size_t)kind;
    return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

void client_enter(pusher_client *client)
{
    client->depth++;
}

static void destroy(pusher_client *client)
{
    pusher_allocator mem = client->mem;
    pusher_loop *private_loop = client->owns_loop ? client->loop : NULL;
    if (client->run)
        *client->run = CLIENT_RUN_FREED;
    pump_detach(client); /* a last callback may have woken it again */
    loop_child_detach(&client->child);
    core_free(client->core);
    handle_table_free(&client->handles);
    endpoint_free(&client->endpoint, &mem);
    auth_close(client);
    dispatch_free(client->free_userdata, client->userdata);
    mem_free(&mem, client);
    if (private_loop)
        loop_free_when_idle(private_loop);
}

void client_leave(pusher_client *client)
{
    if (client->depth == 1)
        dispatch_bury(client);
    client->depth--;
    if (client->depth == 0 && client->life == CLIENT_DOOMED)
        destroy(client);
}

/* Allocates a client and makes its parts; on failure nothing of it is left. */
static int client_build(const pusher_options *options, const pusher_allocator *mem,
                        pusher_client **ret)
{
    struct core_config config;
    struct endpoint endpoint;
    int rc = options_read(options, mem, &config, &endpoint);
    if (rc)
        return rc;
    pusher_client *client = mem_zalloc(mem, sizeof *client);
    rc = client ? loop_random(&config.seed) : PUSHER_ERR_NOMEM;
    pusher_loop *loop = options->loop;
    if (!rc && !loop) {
        pusher_loop_options loop_options;
        pusher_loop_options_init(&loop_options);
        loop_options.log = options->log;
        loop_options.allocator = options->allocator;
        rc = pusher_loop_new(&loop, &loop_options);
    }
    if (!rc) {
        client->mem = *mem;
        config.mem = &client->mem;
        config.key = endpoint.key;
        rc = core_new(&client->core, &config, loop_now(loop));
        if (rc && !options->loop)
            pusher_loop_free(loop);
    }
    if (rc) {
        endpoint_free(&endpoint, mem);
        mem_free(mem, client);
        return rc;
    }
    client->loop = loop;
    client->owns_loop = !options->loop;
    client->endpoint = endpoint;
    rc = auth_open(client, options);
    if (rc) {
        core_free(client->core);
        if (client->owns_loop)
            pusher_loop_free(loop);
        endpoint_free(&client->endpoint, mem);
        mem_free(mem, client);
        return rc;
    }
    *ret = client;
    return 0;
}

static void free_child(void *userdata)
{
    pusher_client_free(userdata);
}

static void resumed(void *userdata)
{
    pusher_client_network_changed(userdata);
}

/* The smallest struct that was ever released. */
#define FIRST_OPTIONS_SIZE (offsetof(pusher_options, allocator) + sizeof(void *))

int pusher_client_new(pusher_client **ret, const pusher_options *options)
{
    if (!options || options->struct_size < FIRST_OPTIONS_SIZE ||
        options->struct_size > sizeof *options)
        return PUSHER_ERR_INVALID;
    pusher_options known;
    pusher_options_init(&known);
    memcpy(&known, options, options->struct_size);
    const pusher_allocator *mem = known.allocator ? known.allocator : &mem_default;
    pusher_client *client = NULL;
    if (known.loop)
        loop_check(known.loop);
    int rc = ret ? client_build(&known, mem, &client) : PUSHER_ERR_INVALID;
    if (rc) {
        dispatch_free(known.authorizer.free_userdata, known.authorizer.userdata);
        dispatch_free(known.free_userdata, known.userdata);
        return rc;
    }
    client->on_state = known.on_state;
    client->on_problem = known.on_problem;
    client->on_gap = known.on_gap;
    client->userdata = known.userdata;
    client->free_userdata = known.free_userdata;
    list_init(&client->channels);
    list_init(&client->dead_channels);
    binding_scope_init(&client->bindings);
    handle_table_init(&client->handles, &client->mem);
    pump_init(client);
    client->child.free = free_child;
    client->child.resumed = resumed;
    client->child.userdata = client;
    loop_child_attach(client->loop, &client->child);
    *ret = client;
    return 0;
}

void pusher_client_free(pusher_client *client)
{
    if (!client || loop_is_inherited(client->loop))
        return;
    client_check(client);
    if (client->life == CLIENT_DOOMED)
        return;
    client_enter(client);
    client->life = CLIENT_DOOMED;
    pump_detach(client);
    while (!list_empty(&client->channels))
        channel_drop(container_of(client->channels.next, pusher_channel, link));
    binding_scope_clear(client, &client->bindings);
    if (client->user)
        binding_scope_clear(client, &client->user->bindings);
    client_leave(client);
}

int pusher_client_connect(pusher_client *client)
{
    client_check(client);
    if (!client)
        return PUSHER_ERR_INVALID;
    core_connect(client->core, loop_now(client->loop));
    pump_later(client);
    return 0;
}

int pusher_client_disconnect(pusher_client *client)
{
    client_check(client);
    if (!client)
        return PUSHER_ERR_INVALID;
    pump_arrival(client);
    core_disconnect(client->core, loop_now(client->loop));
    pump_later(client);
    return 0;
}

int pusher_client_ping(pusher_client *client)
{
    client_check(client);
    if (!client)
        return PUSHER_ERR_INVALID;
    int rc = core_ping(client->core, loop_now(client->loop));
    if (!rc)
        pump_later(client);
    return rc;
}

int pusher_client_round_trip(const pusher_client *client, uint32_t *last_ms,
                             uint32_t *smoothed_ms)
{
    client_check(client);
    uint32_t last, smoothed;
    if (!client)
        return PUSHER_ERR_INVALID;
    if (!core_round_trip(client->core, &last, &smoothed))
        return PUSHER_ERR_NOT_FOUND;
    if (last_ms)
        *last_ms = last;
    if (smoothed_ms)
        *smoothed_ms = smoothed;
    return 0;
}

int pusher_client_network_changed(pusher_client *client)
{
    client_check(client);
    if (!client)
        return PUSHER_ERR_INVALID;
    core_network_changed(client->core, loop_now(client->loop));
    pump_later(client);
    return 0;
}

int pusher_client_run(pusher_client *client)
{
    if (!client)
        return PUSHER_ERR_INVALID;
    int rc = loop_take_over(client->loop, __func__);
    if (rc)
        return rc;
    pusher_client_connect(client);
    int run = CLIENT_RUN_GOES_ON;
    client->run = &run;
    rc = loop_run_until(client->loop, &run);
    if (run != CLIENT_RUN_FREED)
        client->run = NULL;
    return rc;
}

pusher_state pusher_client_state(const pusher_client *client)
{
    client_check(client);
    return client ? client->announced : PUSHER_STATE_INITIALIZED;
}

pusher_str pusher_client_socket_id(const pusher_client *client)
{
    client_check(client);
    return client ? core_socket_id(client->core) : STR("");
}

pusher_loop *pusher_client_loop(const pusher_client *client)
{
    return client ? client->loop : NULL;
}

void *pusher_client_userdata(const pusher_client *client)
{
    return client ? client->userdata : NULL;
}
