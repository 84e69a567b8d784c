/*
 * Client events: taken or refused as the rules say, each sent once and in order, when its
 * channel is confirmed and the rate allows it; and those that are dropped are counted
 * (CEV-01 … CEV-04).
 */
#include "watch.h"

#include <string.h>

#include "app.h"
#include "frame_of.h"
#include "letter.h"

enum { SECOND_MS = 1000 };

static void take(struct watch *w, int at)
{
    w->trigger_bytes -= w->triggers[at].bytes;
    w->trigger_count--;
    memmove(w->triggers + at, w->triggers + at + 1,
            (size_t)(w->trigger_count - at) * sizeof *w->triggers);
}

/* Those of one channel, or, with -1, all. */
static void drop(struct watch *w, int channel)
{
    for (int i = 0; i < w->trigger_count;) {
        if (channel < 0 || w->triggers[i].channel == channel) {
            take(w, i);
            w->dropped++;
        } else {
            i++;
        }
    }
}

void watch_triggers_lost(struct app *app)
{
    app->watch.sent_count = 0; /* the server counts anew */
    if (app->options.event_queue == PUSHER_QUEUE_OFF)
        drop(&app->watch, -1);
}

/* --- taken or refused --- */

static bool is_confirmed(const struct watch *w, int channel)
{
    return w->connected && w->channels[channel].stage == WATCHED_CONFIRMED &&
           w->channels[channel].wanted;
}

static int expected_result(const struct app *app, int channel, int form)
{
    bool suits = channel >= PUBLIC_CHANNELS && channel != SEALED_CHANNEL;
    if (trigger_result(form) == PUSHER_ERR_BAD_EVENT)
        return PUSHER_ERR_BAD_EVENT;
    if (!suits)
        return PUSHER_ERR_UNSUPPORTED;
    if (trigger_result(form))
        return trigger_result(form);
    bool off = app->options.event_queue == PUSHER_QUEUE_OFF;
    return off && !is_confirmed(&app->watch, channel) ? PUSHER_ERR_STATE : 0;
}

static bool fits(const struct app *app, size_t bytes)
{
    const struct watch *w = &app->watch;
    return (size_t)w->trigger_count < app->options.event_queue_max &&
           w->trigger_bytes + bytes <= app->options.event_queue_bytes;
}

static void on_trigger(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int channel = (int)fact->n[1];
    int rc = (int)fact->n[4];
    int expected = expected_result(app, channel, (int)fact->n[2]);
    char frame[200];
    size_t bytes = trigger_frame(frame, sizeof frame, channel, fact->n[3]);
    bool full = !fits(app, bytes);
    if (rc == PUSHER_ERR_NOMEM || w->triggers_unsure)
        return;
    if (w->channels[channel].unsure) { /* nobody knows whether it was to be taken */
        w->triggers_unsure = true;
        w->trigger_count = 0;
        w->trigger_bytes = 0;
        return;
    }
    if (!expected && full &&
        (app->options.event_queue == PUSHER_QUEUE_OFF ||
         app->options.event_queue == PUSHER_QUEUE_REFUSE))
        expected = PUSHER_ERR_LIMIT;
    if (rc != expected)
        violated(app->world, CHECK_I17, "a client event on %s gave %d, and not %d",
                 channel_name(channel), rc, expected);
    if (rc)
        return;
    if (full && app->options.event_queue == PUSHER_QUEUE_DROP_NEWEST) {
        w->dropped++;
        return;
    }
    while (!fits(app, bytes) && w->trigger_count) {
        take(w, 0);
        w->dropped++;
    }
    w->triggers[w->trigger_count++] =
        (struct watched_trigger){channel, fact->n[3], bytes};
    w->trigger_bytes += bytes;
}

/* --- sent --- */

static int first_ready(const struct watch *w)
{
    for (int i = 0; i < w->trigger_count; i++) {
        if (is_confirmed(w, w->triggers[i].channel))
            return i;
    }
    return -1;
}

/* In the second that ends now. */
static uint32_t sent_lately(const struct app *app)
{
    const struct watch *w = &app->watch;
    uint32_t count = 0;
    for (int i = 0; i < w->sent_count; i++)
        count += app->world->now - w->sent_at[i] < SECOND_MS;
    return count;
}

static void on_sent(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct frame frame;
    frame_read(fact->text, &frame);
    if (frame.kind != FRAME_CLIENT_EVENT || frame.channel < 0)
        return;
    uint32_t limit = app->options.events_per_second;
    int at = first_ready(w);
    w->triggers_unsure |= w->channels[frame.channel].unsure;
    if (w->triggers_unsure)
        return;
    if (at < 0 || w->triggers[at].channel != frame.channel ||
        w->triggers[at].number != frame.number) {
        violated(app->world, CHECK_I17, "client event %u of %s is sent out of turn",
                 (unsigned)frame.number, channel_name(frame.channel));
        return;
    }
    take(w, at);
    if (limit && sent_lately(app) >= limit)
        violated(app->world, CHECK_I17, "more than %u client events in a second",
                 (unsigned)limit);
    if (w->sent_count == WATCHED_RATE) {
        w->sent_count--;
        memmove(w->sent_at, w->sent_at + 1, (WATCHED_RATE - 1) * sizeof *w->sent_at);
    }
    w->sent_at[w->sent_count++] = app->world->now;
}

/* --- levels --- */

static bool somebody_unsure(const struct watch *w)
{
    for (int i = 0; i < w->trigger_count; i++) {
        if (w->channels[w->triggers[i].channel].unsure)
            return true;
    }
    return false;
}

static void on_levels(struct app *app, bool can_send)
{
    struct watch *w = &app->watch;
    uint32_t limit = app->options.events_per_second;
    bool held_back = limit && sent_lately(app) >= limit;
    if (w->triggers_unsure)
        return;
    if (can_send && first_ready(w) >= 0 && !held_back && !somebody_unsure(w))
        violated(app->world, CHECK_I17, "a client event is not sent");
}

static void on_dropped(struct app *app, const struct fact *fact)
{
    if ((uint64_t)fact->n[0] != app->watch.dropped && !app->watch.triggers_unsure)
        violated(app->world, CHECK_I17, "%u client events are said to be dropped, not %u",
                 (unsigned)fact->n[0], (unsigned)app->watch.dropped);
}

void watch_trigger(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CALL:
        if (fact->n[0] == CALL_UNSUBSCRIBE)
            drop(&app->watch, (int)fact->n[1]);
        return;
    case FACT_RETURN:
        if (fact->n[0] == CALL_TRIGGER)
            on_trigger(app, fact);
        return;
    case FACT_SENT:
        on_sent(app, fact);
        return;
    case FACT_LEVELS:
        on_levels(app, app->watch.connected && fact->n[2]);
        return;
    case FACT_DROPPED:
        on_dropped(app, fact);
        return;
    default:
        return;
    }
}
