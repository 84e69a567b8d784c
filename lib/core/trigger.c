/*
 * Client events on their way out.
 */
#include "core/trigger.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"
#include "core/core_impl.h"

enum { SECOND_MS = 1000 };

struct waiting_event {
    struct list link;
    struct core_channel *channel;
    size_t len;
    char frame[];
};

static struct waiting_event *of_link(struct list *link)
{
    return container_of(link, struct waiting_event, link);
}

/* Out of the queue; the caller frees it, or keeps it elsewhere. */
static void take_event(struct core *core, struct waiting_event *event)
{
    struct trigger_queue *queue = core->triggers;
    list_remove(&event->link);
    queue->count--;
    queue->bytes -= event->len;
}

static void remove_event(struct core *core, struct waiting_event *event)
{
    take_event(core, event);
    mem_free(core->config.mem, event);
}

static void drop(struct core *core, struct waiting_event *event)
{
    core->triggers->dropped++;
    log_line(&core->config.log, PUSHER_LOG_INFO, "a client event on %s was dropped",
             core_channel_name(event->channel).ptr);
    remove_event(core, event);
}

static int queue_ensure(struct core *core)
{
    if (core->triggers)
        return 0;
    size_t ring_bytes = core->config.events_per_second * sizeof(uint64_t);
    struct trigger_queue *queue =
        mem_zalloc(core->config.mem, sizeof *queue + ring_bytes);
    if (!queue)
        return PUSHER_ERR_NOMEM;
    list_init(&queue->waiting);
    list_init(&queue->sending);
    core->triggers = queue;
    return 0;
}

void trigger_free(struct core *core)
{
    if (!core->triggers)
        return;
    trigger_sent(core);
    while (!list_empty(&core->triggers->waiting))
        remove_event(core, of_link(core->triggers->waiting.next));
    mem_free(core->config.mem, core->triggers);
}

void trigger_forget(struct core *core, const struct core_channel *channel)
{
    if (!core->triggers)
        return;
    trigger_sent(core);
    struct list *next;
    for (struct list *at = core->triggers->waiting.next; at != &core->triggers->waiting;
         at = next) {
        next = at->next;
        if (of_link(at)->channel == channel)
            drop(core, of_link(at));
    }
}

void trigger_lost(struct core *core)
{
    if (!core->triggers)
        return;
    trigger_sent(core);
    /* The server counts anew for each connection. */
    core->triggers->sent_count = 0;
    while (core->config.event_queue == PUSHER_QUEUE_OFF &&
           !list_empty(&core->triggers->waiting))
        drop(core, of_link(core->triggers->waiting.next));
}

/* --- in --- */

static bool fits(const struct core *core, size_t len)
{
    return core->triggers->count < core->config.event_queue_max &&
           core->triggers->bytes + len <= core->config.event_queue_bytes;
}

/* Makes room by the policy. 0; PUSHER_ERR_LIMIT: it is refused; 1: it is dropped. */
static int make_room(struct core *core, size_t len)
{
    struct trigger_queue *queue = core->triggers;
    if (fits(core, len))
        return 0;
    switch ((pusher_queue_policy)core->config.event_queue) {
    case PUSHER_QUEUE_OFF:
    case PUSHER_QUEUE_REFUSE:
        return PUSHER_ERR_LIMIT;
    case PUSHER_QUEUE_DROP_NEWEST:
        queue->dropped++;
        return 1;
    case PUSHER_QUEUE_DROP_OLDEST:
        if (len > core->config.event_queue_bytes)
            return PUSHER_ERR_LIMIT;
        while (!fits(core, len))
            drop(core, of_link(queue->waiting.next));
        return 0;
    }
    return PUSHER_ERR_LIMIT;
}

static int enqueue(struct core *core, struct core_channel *channel, pusher_str frame)
{
    struct waiting_event *event = mem_alloc(core->config.mem, sizeof *event + frame.len);
    int rc = event ? make_room(core, frame.len) : PUSHER_ERR_NOMEM;
    if (rc) {
        mem_free(core->config.mem, event);
        return rc < 0 ? rc : 0;
    }
    event->channel = channel;
    event->len = frame.len;
    memcpy(event->frame, frame.ptr, frame.len);
    list_append(&core->triggers->waiting, &event->link);
    core->triggers->count++;
    core->triggers->bytes += frame.len;
    return 0;
}

int core_trigger(struct core *core, struct core_channel *channel, pusher_str event,
                 pusher_str json)
{
    bool off = core->config.event_queue == PUSHER_QUEUE_OFF;
    if (off && channel->stage != CHANNEL_SUBSCRIBED)
        return PUSHER_ERR_STATE;
    int rc = queue_ensure(core);
    if (rc)
        return rc;
    struct buf frame;
    buf_init(&frame, core->config.mem, SIZE_MAX / 2);
    rc = frame_client_event(&frame, core_channel_name(channel), event,
                            json.ptr ? PUSHER_DATA_JSON : PUSHER_DATA_ABSENT, json);
    if (!rc)
        rc = enqueue(core, channel, buf_str(&frame));
    buf_free(&frame);
    return rc;
}

uint64_t core_dropped_events(const struct core *core)
{
    return core->triggers ? core->triggers->dropped : 0;
}

/* --- out --- */

static bool is_limited(const struct core *core)
{
    return core->config.events_per_second > 0;
}

/* When the rate allows the next one: no second, wherever it begins, has more than the
 * limit. */
static uint64_t allowed_at(const struct core *core)
{
    const struct trigger_queue *queue = core->triggers;
    if (!is_limited(core) || queue->sent_count < core->config.events_per_second)
        return 0;
    return queue->sent_at[queue->sent_next] + SECOND_MS;
}

static void count_sent(struct core *core)
{
    struct trigger_queue *queue = core->triggers;
    if (!is_limited(core))
        return;
    queue->sent_at[queue->sent_next] = core->now;
    queue->sent_next = (queue->sent_next + 1) % core->config.events_per_second;
    if (queue->sent_count < core->config.events_per_second)
        queue->sent_count++;
}

static struct waiting_event *first_ready(const struct core *core)
{
    for (struct list *at = core->triggers->waiting.next; at != &core->triggers->waiting;
         at = at->next) {
        if (of_link(at)->channel->stage == CHANNEL_SUBSCRIBED)
            return of_link(at);
    }
    return NULL;
}

int trigger_next_frame(struct core *core, struct buf *out)
{
    if (!core->triggers || list_empty(&core->triggers->waiting))
        return 0;
    struct waiting_event *event = first_ready(core);
    if (!event || core->now < allowed_at(core))
        return 0;
    if (buf_append(out, (pusher_str){event->frame, event->len}))
        return PUSHER_ERR_NOMEM;
    count_sent(core);
    log_line(&core->config.log, PUSHER_LOG_DEBUG,
             "connection %u: sent a client event on %s, %zu bytes", core->generation,
             core_channel_name(event->channel).ptr, event->len);
    take_event(core, event);
    list_append(&core->triggers->sending, &event->link);
    return 1;
}

void trigger_sent(struct core *core)
{
    if (!core->triggers || list_empty(&core->triggers->sending))
        return;
    struct waiting_event *event = of_link(core->triggers->sending.next);
    list_remove(&event->link);
    mem_free(core->config.mem, event);
}

void trigger_unsent(struct core *core)
{
    if (!core->triggers || list_empty(&core->triggers->sending))
        return;
    struct waiting_event *event = of_link(core->triggers->sending.next);
    list_remove(&event->link);
    list_append(core->triggers->waiting.next, &event->link); /* before the first */
    core->triggers->count++;
    core->triggers->bytes += event->len;
}

uint64_t trigger_deadline(const struct core *core)
{
    bool waits =
        core->triggers && core->now < allowed_at(core) && first_ready(core) != NULL;
    return waits ? allowed_at(core) : CORE_NEVER;
}
