/*
 * Running user code: state, problem and event callbacks, and the free functions of
 * userdata. No other file of the library calls into the application (but for allocator
 * and log).
 *
 * Order of an event: the channel's bindings to every event, its bindings to that event,
 * the client's to every event, the client's to that event (BIND-02, BIND-08).
 */
#include "client/dispatch.h"

#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "client/binding.h"
#include "codec/json.h"
#include "codec/message.h"

/* An event on its way to callbacks; `event` is what they see. */
struct view {
    pusher_event event;
    struct json_object *json; /* of pusher_event_json(); owned */
    bool json_parsed;
};

/* One delivery: filled in when the first callback wants it. */
struct delivery {
    pusher_client *client;
    const struct core_delivery *from;
    pusher_channel *channel;
    uint64_t born_limit; /* bindings made later do not see this event (BIND-05) */
    bool prepared;
    struct view view;
};

void dispatch_free(pusher_free_fn free_userdata, void *userdata)
{
    if (free_userdata)
        free_userdata(userdata);
}

void dispatch_state(pusher_client *client, pusher_state current)
{
    pusher_state previous = client->announced;
    client->announced = current;
    bool over = current == PUSHER_STATE_DISCONNECTED || current == PUSHER_STATE_FAILED;
    if (client->run && over)
        *client->run = CLIENT_RUN_OVER;
    if (client->on_state)
        client->on_state(client, previous, current, client->userdata);
}

void dispatch_problem(pusher_client *client, const pusher_problem *problem)
{
    if (client->on_problem)
        client->on_problem(client, problem, client->userdata);
}

void dispatch_auth_begin(pusher_client *client, const pusher_authorizer *authorizer,
                         const pusher_auth_request *requests, size_t count)
{
    authorizer->begin(client, requests, count, authorizer->userdata);
}

void dispatch_auth_cancel(pusher_client *client, const pusher_authorizer *authorizer,
                          pusher_id request)
{
    if (authorizer->cancel)
        authorizer->cancel(client, request, authorizer->userdata);
}

static int64_t unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void dispatch_gap(pusher_client *client, pusher_channel *channel, uint64_t since)
{
    if (!client->on_gap)
        return;
    int64_t until = unix_ms();
    pusher_gap gap = {
        .channel = channel,
        .from_unix_ms = until - (int64_t)(loop_now(client->loop) - since),
        .until_unix_ms = until,
    };
    client->on_gap(client, &gap, client->userdata);
}

static pusher_str put_text(char **at, pusher_str text)
{
    return text.ptr ? (pusher_str){str_put(at, text), text.len} : text;
}

/* An event of the user has none, though it came on one. */
static pusher_str channel_name(const struct delivery *d, char **at)
{
    if (d->from->scope == CORE_SCOPE_USER)
        return (pusher_str){NULL, 0};
    return d->channel ? core_channel_name(d->channel->core)
                      : put_text(at, d->from->message->channel);
}

/* Decodes what the callbacks see into the loop's scratch memory. */
static int prepare(struct delivery *d)
{
    const struct message *message = d->from->message;
    struct buf *scratch = loop_scratch(d->client->loop);
    size_t data_bytes = message_data_bound(message);
    int rc = buf_reserve(scratch, data_bytes + d->from->name.len + message->user_id.len +
                                      message->channel.len + 3);
    if (rc)
        return rc;
    char *at = scratch->ptr + data_bytes;
    d->view.event = (pusher_event){
        .data = message_data_copy(message, scratch->ptr),
        .data_kind = message->data_kind,
        .channel = d->channel,
        .name = put_text(&at, d->from->name),
        .user_id = put_text(&at, message->user_id),
        .channel_name = channel_name(d, &at),
    };
    d->prepared = true;
    return 0;
}

static void report_dropped(struct delivery *d)
{
    dispatch_problem(d->client,
                     &(pusher_problem){
                         .kind = PUSHER_PROBLEM_LIMIT,
                         .code = -1,
                         .channel = d->channel ? core_channel_name(d->channel->core)
                                               : (pusher_str){NULL, 0},
                         .message = STR("an event was dropped: out of memory"),
                         .will_retry = true,
                     });
}

/* False: this event goes no further (client or channel gone, or no memory). */
static bool run_list(struct delivery *d, const struct list *bindings, bool named)
{
    pusher_client *client = d->client;
    for (const struct list *at = bindings->next; at != bindings; at = at->next) {
        struct binding *binding = container_of(at, struct binding, link);
        if (named && !binding_matches(binding, d->from->name))
            continue;
        if (!binding->fn || binding->born > d->born_limit)
            continue;
        if (!d->prepared && prepare(d)) {
            report_dropped(d);
            return false;
        }
        pusher_event_fn fn = binding->fn;
        if (binding->once)
            binding_remove(client, binding);
        fn(client, &d->view.event, binding->userdata);
        if (client->life != CLIENT_ALIVE || (d->channel && !d->channel->core))
            return false;
    }
    return true;
}

static bool run_scope(struct delivery *d, const struct binding_scope *scope)
{
    return run_list(d, &scope->every, false) && run_list(d, &scope->named, true);
}

void dispatch_event(pusher_client *client, const struct core_delivery *delivery)
{
    struct delivery d = {
        .client = client,
        .from = delivery,
        .channel = delivery->channel ? core_channel_user(delivery->channel) : NULL,
        .born_limit = client->binding_clock,
    };
    bool on = true;
    if (d.channel && delivery->scope != CORE_SCOPE_CLIENT)
        on = run_scope(&d, &d.channel->bindings);
    if (on && delivery->scope != CORE_SCOPE_CHANNEL)
        on = run_scope(&d, &client->bindings);
    if (on && delivery->scope == CORE_SCOPE_USER && client->user)
        run_scope(&d, &client->user->bindings);
    if (d.prepared) {
        json_release(d.view.json);
        loop_scratch_done(client->loop);
    }
    bool known = client->life == CLIENT_ALIVE && d.channel && d.channel->core;
    if (known && delivery->gap_since != CORE_NEVER)
        dispatch_gap(client, d.channel, delivery->gap_since);
}

struct json_object *pusher_event_json(const pusher_event *event)
{
    if (!event)
        return NULL;
    /* Every event that a callback gets is the head of a view; the cache is ours to
     * change. */
    struct view *view = (struct view *)(uintptr_t)event;
    if (!view->json_parsed &&
        message_data_json(event->data_kind, event->data, &view->json) == 0)
        view->json_parsed = true;
    return view->json;
}

void dispatch_bury(pusher_client *client)
{
    /* A free function is user code and may remove more: take one at a time. */
    struct binding *binding;
    while ((binding = client->dead_bindings)) {
        client->dead_bindings = binding->next_dead;
        list_remove(&binding->link);
        dispatch_free(binding->free_userdata, binding->userdata);
        mem_free(&client->mem, binding);
    }
    while (!list_empty(&client->dead_channels)) {
        struct list *link = client->dead_channels.next;
        list_remove(link);
        mem_free(&client->mem, container_of(link, pusher_channel, link));
    }
}
