/*
 * Events and bindings: who is to hear of a message, in which order, how often (MSG-07,
 * BIND, SUB-15).
 */
#include "watch.h"

#include <stdio.h>

#include "app.h"
#include "base/str.h"
#include "letter.h"

/* Bindings are called by rank, and in order of binding within a rank. */
static int rank_of(const struct watched_binding *b)
{
    return (b->channel < 0 ? 2 : 0) + (b->event < 0 ? 0 : 1);
}

static bool concerns(const struct watched_letter *l, const struct watched_binding *b)
{
    if (!b->there || (b->event >= 0 && b->event != l->event))
        return false;
    return b->channel < 0 ? l->to_client : l->to_channel && b->channel == l->channel;
}

/* Whose bindings are to hear of it, as things stand before it is handled. */
static void address(const struct watch *w, struct watched_letter *l)
{
    bool ours = l->channel >= 0 && l->channel < CHANNEL_NAMES;
    const struct watched_channel *c = ours ? &w->channels[l->channel] : NULL;
    bool asked = c && c->wanted && c->stage == WATCHED_ASKED;
    bool hears = asked || (c && c->wanted && c->stage == WATCHED_CONFIRMED);
    switch (l->kind) {
    case LETTER_EVENT:
    case LETTER_PING:
    case LETTER_ERROR:
    case LETTER_REFUSED:
        l->to_channel = hears;
        l->to_client = true;
        return;
    case LETTER_SUCCEEDED:
        l->to_channel = asked;
        return;
    case LETTER_COUNT:
        l->to_channel = hears;
        return;
    default:
        return;
    }
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    w->letter = (struct watched_letter){
        .open = true,
        .number = w->letter.number + 1,
        .kind = fact->n[1],
        .channel = fact->n[2],
        .event = fact->n[3],
        .data = fact->n[4],
        .born_limit = UINT64_MAX,
    };
    if (!w->connected || fact->n[0] != w->transport)
        return;
    struct watched_letter *l = &w->letter;
    address(w, l);
    if (l->kind != LETTER_SUCCEEDED || !l->to_channel || !w->channels[l->channel].lost)
        return;
    l->gap = true;
    l->gap_ms = app->world->now - w->channels[l->channel].missing_since;
}

/* The name, the channel and the data are those of the message. */
static void check_content(struct app *app, const struct fact *fact,
                          const struct watched_letter *l)
{
    char data[40];
    snprintf(data, sizeof data, "{\"n\":%lld}", (long long)l->data);
    bool known_data = l->kind == LETTER_EVENT && l->data;
    if (event_number(fact->text) != l->event)
        violated(app->world, CHECK_L7, "the event is called %.*s", STR_ARG(fact->text));
    else if (known_data && !str_equal(fact->more, str_of(data)))
        violated(app->world, CHECK_L7, "the data is %.*s, not %s", STR_ARG(fact->more),
                 data);
    else if (fact->n[1] != (l->to_channel ? l->channel : -1) && !l->disturbed)
        violated(app->world, CHECK_L7, "an event of channel %d, told as of %d",
                 (int)l->channel, (int)fact->n[1]);
}

static void on_event(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    struct watched_letter *l = &w->letter;
    struct watched_binding *b = &w->bindings[fact->n[0]];
    bool of_gone = b->channel >= 0 && !w->channels[b->channel].wanted;
    if (of_gone || l->stopped)
        violated(world, CHECK_I6, "an event of %s after unsubscribe",
                 channel_name(of_gone ? b->channel : (int)l->channel));
    if (!l->open) {
        violated(world, w->wants ? CHECK_L7 : CHECK_I7, "an event out of nothing");
        return;
    }
    if (!b->there) {
        violated(world, CHECK_L7, "a binding is called that was removed");
        return;
    }
    if (l->kind == LETTER_SUCCEEDED && b->heard == l->number)
        violated(world, CHECK_I9, "subscription_succeeded of %s comes twice",
                 channel_name(b->channel));
    if (!l->told) {
        l->told = true;
        l->born_limit = w->binding_clock;
    }
    bool in_order =
        rank_of(b) > l->rank || (rank_of(b) == l->rank && b->born > l->last_born);
    if (!concerns(l, b) || b->heard == l->number || b->born > l->born_limit || !in_order)
        violated(world, CHECK_L7, "binding %d is called for %s %s", (int)fact->n[0],
                 event_name((int)l->event),
                 b->heard == l->number ? "twice" : "and should not be, or not yet");
    check_content(app, fact, l);
    b->heard = l->number;
    l->rank = rank_of(b);
    l->last_born = b->born;
}

static void on_gap(struct app *app, const struct fact *fact)
{
    struct watched_letter *l = &app->watch.letter;
    const int64_t *n = fact->n;
    app->world->gaps++;
    if (!l->open || !l->gap || n[0] != l->channel)
        violated(app->world, CHECK_I23, "a gap of channel %d out of nothing", (int)n[0]);
    else if (n[2] - n[1] != (int64_t)l->gap_ms || n[2] != n[3])
        violated(app->world, CHECK_I23, "a gap of %u ms, and not of %u",
                 (unsigned)(n[2] - n[1]), (unsigned)l->gap_ms);
    l->gap = false;
}

static void on_taken(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_letter *l = &w->letter;
    l->open = false;
    if (l->disturbed || fact->n[1] || !w->alive)
        return;
    if (l->gap)
        violated(app->world, CHECK_I23, "the gap of channel %d was not told",
                 (int)l->channel);
    for (int i = 0; i < WATCHED_BINDINGS; i++) {
        const struct watched_binding *b = &w->bindings[i];
        if (concerns(l, b) && b->born <= l->born_limit && b->heard != l->number)
            violated(app->world, CHECK_L7, "binding %d was not called for %s", i,
                     event_name((int)l->event));
    }
}

static void forget_bindings_of(struct watch *w, int64_t channel)
{
    for (int i = 0; i < WATCHED_BINDINGS; i++) {
        if (w->bindings[i].channel == channel)
            w->bindings[i].there = false;
    }
}

static void on_bind(struct watch *w, const struct fact *fact)
{
    w->bindings[fact->n[3]] = (struct watched_binding){
        .there = true,
        .channel = (int)fact->n[1],
        .event = (int)fact->n[2],
        .born = ++w->binding_clock,
    };
    /* Made before anybody has heard of the message: it may hear, or not. */
    w->letter.disturbed |= w->letter.open && !w->letter.told;
}

/* What takes something away has done so when free functions run inside it. */
static void on_call(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    switch (fact->n[0]) {
    case CALL_UNBIND:
        w->bindings[fact->n[3]].there = false;
        return;
    case CALL_UNSUBSCRIBE:
        forget_bindings_of(w, fact->n[1]);
        w->letter.stopped |=
            w->letter.told && w->letter.to_channel && w->letter.channel == fact->n[1];
        w->letter.disturbed |= w->letter.open;
        return;
    case CALL_FREE:
        for (int i = 0; i < WATCHED_BINDINGS; i++)
            w->bindings[i].there = false;
        return;
    case CALL_DISCONNECT:
        w->letter.disturbed |= w->letter.open;
        return;
    default:
        return;
    }
}

void watch_delivery(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_RECEIVED:
        on_received(app, fact);
        return;
    case FACT_EVENT:
        on_event(app, fact);
        return;
    case FACT_GAP:
        on_gap(app, fact);
        return;
    case FACT_TAKEN:
        on_taken(app, fact);
        return;
    case FACT_CALL:
        on_call(app, fact);
        return;
    case FACT_RETURN:
        if (fact->n[0] == CALL_BIND && !fact->n[4])
            on_bind(&app->watch, fact);
        return;
    default:
        return;
    }
}
