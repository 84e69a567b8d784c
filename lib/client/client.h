/*
 * The client's insides, shared by the files of this directory.
 *
 *   options.c   defaults and checks of pusher_options
 *   client.c    the facade: making, freeing, connecting
 *   channel.c   the facade: channels
 *   bind.c      the facade: bindings
 *   binding.c   the registry of bindings
 *   auth.c      between the core and the authorizer
 *   auth_endpoint.c, auth_extras.c  the authorizer over HTTP, and what is added to it
 *   presence.c  the facade: rosters
 *   user.c      the facade: the signed-in user
 *   pump.c      between core and net: applies what the core wants, hands on what happened
 *   dispatch.c  the only file that runs user code
 *
 * Lifetime: everything that a callback may remove (the client, a channel, a binding) is
 * only marked while user code may be on the stack, and freed when the outermost
 * client_leave() runs.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <pusher/pusher.h>

#include "base/handle.h"
#include "base/list.h"
#include "core/core.h"
#include "net/loop.h"
#include "net/ws.h"

/* The bindings of one channel, or of the client as a whole; each list in order of
 * binding. */
struct binding_scope {
    struct list every; /* bound to every event */
    struct list named; /* bound to one event */
};

/* Where the client connects: the options' texts, NULL where absent, copied into one
 * block. */
struct endpoint {
    char *texts;
    const char *key;
    const char *host;
    const char *path;
    const char *origin;
    const char *ca_file;
    uint16_t port;
    size_t max_message_bytes;
    uint32_t connect_timeout_ms;
};

enum client_life {
    CLIENT_ALIVE,
    CLIENT_DOOMED /* freed by the application; memory goes with client_leave() */
};

struct pusher_client {
    enum client_life life;
    unsigned depth; /* calls of client_enter() on the stack */

    pusher_loop *loop;
    bool owns_loop;
    struct loop_child child;
    struct loop_task task;   /* runs the pump in the next turn */
    struct loop_timer timer; /* at or before the core's deadline */

    struct core *core;
    struct ws *ws;          /* the transport, or NULL */
    uint32_t ws_generation; /* the attempt it belongs to */
    pusher_state announced; /* what on_state was told last */
    int *run; /* how the pusher_client_run() on the stack is to end, or NULL */

    struct list channels;
    struct binding_scope bindings;
    struct handle_table handles;   /* binding ids */
    uint64_t binding_clock;        /* counts bindings made, for the snapshot of BIND-05 */
    struct binding *dead_bindings; /* removed while callbacks run */
    struct list dead_channels;

    struct endpoint endpoint;
    pusher_state_fn on_state;
    pusher_problem_fn on_problem;
    pusher_gap_fn on_gap;
    pusher_authorizer *authorizer; /* NULL: there is none */
    struct client_user *user;      /* NULL: nothing of the user was asked for yet */
    void *userdata;
    pusher_free_fn free_userdata;
    pusher_allocator mem;
};

/* What only clients with a user need. */
struct client_user {
    pusher_authorizer *authorizer; /* NULL: there is none; may be that of the channels */
    bool own_authorizer;           /* it is not */
    struct binding_scope bindings;
};

/* Values of client->run. */
enum client_run {
    CLIENT_RUN_GOES_ON = 0,
    CLIENT_RUN_OVER, /* disconnected or failed */
    CLIENT_RUN_FREED /* the client is gone */
};

struct pusher_channel {
    pusher_client *client;
    struct core_channel *core; /* NULL once unsubscribed */
    struct list link;          /* client->channels, then client->dead_channels */
    struct binding_scope bindings;
};

/* options.c: checks `options` and fills `config` (but for seed and mem) and `endpoint`,
 * whose texts are then the caller's. 0 or the errors of pusher_client_new(). */
int options_read(const pusher_options *options, const pusher_allocator *mem,
                 struct core_config *config, struct endpoint *endpoint);
void endpoint_free(struct endpoint *endpoint, const pusher_allocator *mem);

/* At the beginning of every public call, those that only read included: is the thread the
 * right one? Nothing in builds without assertions. */
#define client_check(client)   ((client) ? loop_check((client)->loop) : (void)0)
#define channel_check(channel) ((channel) ? loop_check((channel)->client->loop) : (void)0)

/*
 * client.c: around everything that may run user code. Leaving the outermost one frees
 * what was removed meanwhile, the client itself included: do not touch it afterwards.
 */
void client_enter(pusher_client *client);
void client_leave(pusher_client *client);

#endif
