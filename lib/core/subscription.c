/*
 * How a subscription goes on: what is sent, answered, late (SUB-03 … SUB-13).
 */
#include <assert.h>

#include "core/cipher.h"
#include "core/core_impl.h"
#include "core/presence.h"
#include "core/problem.h"
#include "core/random.h"
#include "core/user.h"

static struct core_channel *of_node(struct map_node *node)
{
    return node ? container_of(node, struct core_channel, node) : NULL;
}

static struct core_channel *next_in_map(const struct core_channel *channel)
{
    return of_node(channel->node.hh.next);
}

/* --- timers --- */

void channel_clear_timer(struct core *core, struct core_channel *channel)
{
    if (channel->timed)
        heap_remove(&core->channels.timers, &channel->timer);
    channel->timed = false;
}

void channel_set_timer(struct core *core, struct core_channel *channel, uint64_t when)
{
    channel_clear_timer(core, channel);
    heap_insert(&core->channels.timers, &channel->timer, when);
    channel->timed = true;
}

uint64_t channels_deadline(const struct channel_set *set)
{
    const struct heap_node *first = heap_first(&set->timers);
    return first ? first->deadline : CORE_NEVER;
}

/* Full jitter from the floor to a bound that doubles, as for connections. */
uint32_t channel_retry_delay(struct core *core, struct core_channel *channel)
{
    uint32_t most = core->config.backoff_max_ms;
    uint64_t bound = most;
    if (channel->failures < 31)
        bound = (uint64_t)core->config.backoff_min_ms << ++channel->failures;
    return random_between(&core->backoff.random, core->config.backoff_min_ms,
                          bound < most ? (uint32_t)bound : most);
}

/* --- lines --- */

static void owe(struct core *core, struct core_channel *channel, enum channel_stage stage)
{
    channel->stage = stage;
    list_remove(&channel->line);
    list_append(&core->channels.owed, &channel->line);
}

void channel_start(struct core *core, struct core_channel *channel)
{
    channel_clear_timer(core, channel);
    if (channel->kind == CHANNEL_PUBLIC)
        owe(core, channel, CHANNEL_WANTED);
    else
        auth_enqueue(core, channel);
}

void channel_authorized(struct core *core, struct core_channel *channel,
                        struct auth_reply *granted)
{
    channel_clear_timer(core, channel);
    channel->granted = granted;
    owe(core, channel, CHANNEL_AUTHORIZED);
}

void channels_connected(struct core *core)
{
    struct core_channel *at = of_node(core->channels.map.first);
    for (; at; at = next_in_map(at))
        channel_start(core, at);
}

/* Nothing is under way for it any more. */
static void forget_request(struct core *core, struct core_channel *channel)
{
    channel_clear_timer(core, channel);
    auth_cancel(core, channel);
    auth_reply_free(channel->granted, core->config.mem);
    channel->granted = NULL;
    list_remove(&channel->line);
}

static void forget_connection(struct core *core, struct core_channel *channel)
{
    forget_request(core, channel);
    presence_lost(core, channel);
    channel->failures = 0;
}

/* What was received and could not be told yet is lost, too. */
static uint64_t missing_since(const struct core *core, struct core_channel *channel,
                              uint64_t heard_at)
{
    uint64_t waiting = cipher_lost(channel, core->config.mem);
    return waiting < heard_at ? waiting : heard_at;
}

void channels_disconnected(struct core *core, uint64_t heard_at)
{
    struct channel_set *set = &core->channels;
    while (!list_empty(&set->owed)) {
        struct core_channel *channel =
            container_of(set->owed.next, struct core_channel, line);
        list_remove(&channel->line);
        if (channel->stage == CHANNEL_LEAVING)
            channel_free(core, channel);
    }
    user_lost(core);
    struct core_channel *next;
    for (struct core_channel *at = of_node(set->map.first); at; at = next) {
        next = next_in_map(at);
        forget_connection(core, at);
        if (at->stage == CHANNEL_CANCELLED) {
            channel_leave_map(set, at);
            channel_free(core, at);
            continue;
        }
        uint64_t since = missing_since(core, at, heard_at);
        if (at->stage == CHANNEL_SUBSCRIBED)
            at->missing_since = since;
        at->stage = CHANNEL_WANTED;
    }
}

struct core_channel *channels_owing(const struct channel_set *set)
{
    return list_empty(&set->owed)
               ? NULL
               : container_of(set->owed.next, struct core_channel, line);
}

void channel_sent(struct core *core, struct core_channel *channel)
{
    list_remove(&channel->line);
    if (channel->stage == CHANNEL_LEAVING) {
        channel_free(core, channel);
        return;
    }
    if (channel->stage == CHANNEL_RENEWED) {
        channel_start(core, channel);
        return;
    }
    assert(channel->stage == CHANNEL_WANTED || channel->stage == CHANNEL_AUTHORIZED);
    auth_reply_free(channel->granted, core->config.mem);
    channel->granted = NULL;
    channel->stage = CHANNEL_SUBSCRIBING;
    if (channel->role == CHANNEL_SIGNIN)
        core->user->asked = true;
    list_append(&core->channels.awaited, &channel->line);
    channel_set_timer(core, channel, core->now + core->config.subscribe_timeout_ms);
}

/* --- answers --- */

bool channel_hears(const struct core_channel *channel)
{
    return channel->stage == CHANNEL_SUBSCRIBED || channel->stage == CHANNEL_SUBSCRIBING;
}

void channel_depart(struct core *core, struct core_channel *channel)
{
    channel_leave_map(&core->channels, channel);
    channel_clear_timer(core, channel);
    auth_cancel(core, channel);
    cipher_lost(channel, core->config.mem);
    owe(core, channel, CHANNEL_LEAVING);
}

/* A subscription is taken back before it is asked for anew; a sign-in cannot be, and
 * servers answer no second one. */
static bool answers_late_signin(struct core *core, struct core_channel *channel)
{
    if (channel->role != CHANNEL_SIGNIN || !core->user->asked)
        return false;
    forget_request(core, channel);
    channel->stage = CHANNEL_SUBSCRIBED;
    return true;
}

bool channel_confirmed(struct core *core, struct core_channel *channel)
{
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
    case CHANNEL_LATE:
    case CHANNEL_RENEWED: /* late, and better than never */
        channel_clear_timer(core, channel);
        list_remove(&channel->line);
        channel->stage = CHANNEL_SUBSCRIBED;
        return true;
    case CHANNEL_CANCELLED:
        channel_depart(core, channel);
        return false;
    case CHANNEL_QUEUED:
    case CHANNEL_AUTHORIZING:
    case CHANNEL_AUTHORIZED:
    case CHANNEL_FAILED:
        return answers_late_signin(core, channel);
    case CHANNEL_WANTED:
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_LEAVING:
        return false; /* answers nothing that we asked */
    }
    return false;
}

void channel_fail(struct core *core, struct core_channel *channel, uint32_t retry_ms)
{
    list_remove(&channel->line);
    channel_clear_timer(core, channel);
    channel->stage = CHANNEL_FAILED;
    if (retry_ms)
        channel_set_timer(core, channel, core->now + retry_ms);
    else if (channel->role == CHANNEL_SIGNIN)
        user_failed(core);
}

bool channel_refused(struct core *core, struct core_channel *channel, bool retry)
{
    if (channel->role == CHANNEL_SIGNIN)
        core->user->asked = false;
    switch (channel->stage) {
    case CHANNEL_SUBSCRIBING:
    case CHANNEL_LATE:
    case CHANNEL_RENEWED:
        channel_fail(core, channel, retry ? channel_retry_delay(core, channel) : 0);
        return true;
    case CHANNEL_CANCELLED:
        channel_leave_map(&core->channels, channel);
        channel_free(core, channel);
        return false;
    case CHANNEL_WANTED:
    case CHANNEL_QUEUED:
    case CHANNEL_AUTHORIZING:
    case CHANNEL_AUTHORIZED:
    case CHANNEL_SUBSCRIBED:
    case CHANNEL_FAILED:
    case CHANNEL_LEAVING:
        return false;
    }
    return false;
}

struct core_channel *channels_first_awaited(const struct channel_set *set)
{
    for (const struct list *at = set->awaited.next; at != &set->awaited; at = at->next) {
        struct core_channel *channel = container_of(at, struct core_channel, line);
        if (channel->kind != CHANNEL_PUBLIC)
            return channel;
    }
    return NULL;
}

/* --- time --- */

/* After a delay the server is told to forget the subscription, and asked anew. */
static uint32_t ask_anew(struct core *core, struct core_channel *channel)
{
    list_remove(&channel->line);
    if (channel->stage == CHANNEL_SUBSCRIBED && channel->missing_since == CORE_NEVER)
        channel->missing_since = core->now; /* SUB-16 */
    uint32_t delay_ms = channel_retry_delay(core, channel);
    channel->stage = CHANNEL_LATE;
    channel_set_timer(core, channel, core->now + delay_ms);
    return delay_ms;
}

void channel_renew(struct core *core, struct core_channel *channel, const char *why)
{
    problem_renewed(core, core_channel_name(channel), why, ask_anew(core, channel));
}

/* SUB-13 */
static void answer_is_late(struct core *core, struct core_channel *channel)
{
    problem_subscribe_late(core, core_channel_name(channel), ask_anew(core, channel));
}

void channels_on_time(struct core *core)
{
    struct heap_node *first = heap_first(&core->channels.timers);
    if (first && first->deadline <= core->now)
        channel_on_time(core, container_of(first, struct core_channel, timer));
}

void channel_on_time(struct core *core, struct core_channel *channel)
{
    channel_clear_timer(core, channel);
    switch (channel->stage) {
    case CHANNEL_AUTHORIZING:
    case CHANNEL_SUBSCRIBED: /* a key is refreshed */
        auth_late(core, channel);
        return;
    case CHANNEL_SUBSCRIBING:
        answer_is_late(core, channel);
        return;
    case CHANNEL_CANCELLED:
        channel_depart(core, channel);
        return;
    case CHANNEL_LATE:
        if (channel->role == CHANNEL_SIGNIN) /* there is nothing to take back */
            channel_start(core, channel);
        else
            owe(core, channel, CHANNEL_RENEWED);
        return;
    case CHANNEL_FAILED:
        channel_start(core, channel);
        return;
    case CHANNEL_WANTED:
    case CHANNEL_QUEUED:
    case CHANNEL_AUTHORIZED:
    case CHANNEL_RENEWED:
    case CHANNEL_LEAVING:
        return; /* without a timer */
    }
}
