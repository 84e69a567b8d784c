/*
 * Events and bindings: who is to hear of a message, in which order, how often (MSG-07,
 * BIND, SUB-15).
 */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "base/str.h"
#include "letter.h"

/* Bindings are called by rank, and in order of binding within a rank. */
static int rank_of(const struct watched_binding *b)
{
    int scope = b->channel == SIGNIN ? 4 : b->channel < 0 ? 2 : 0;
    return scope + (b->event < 0 ? 0 : 1);
}

static bool concerns(const struct watched_letter *l, const struct watched_binding *b)
{
    if (!b->there || (b->event >= 0 && b->event != l->event))
        return false;
    if (b->channel == SIGNIN)
        return l->to_user;
    return b->channel < 0 ? l->to_client : l->to_channel && b->channel == l->channel;
}

static bool is_unsure(const struct watch *w, int64_t channel)
{
    if (channel < 0 || channel >= WATCHED_CHANNELS)
        return false;
    const struct watched_channel *c = &w->channels[channel];
    return c->unsure || (c->gap_unsure && w->letter.kind == LETTER_ROSTER);
}

bool watch_has_listener(const struct watch *watch, int channel, int event)
{
    for (int i = 0; i < WATCHED_BINDINGS; i++) {
        const struct watched_binding *b = &watch->bindings[i];
        bool matches = b->channel == channel && (b->event < 0 || b->event == event);
        if (b->there && matches && b->born <= watch->clock_before)
            return true;
    }
    return false;
}

/* Whose bindings are to hear of it, as things stand before it is handled. */
static void address(const struct watch *w, struct watched_letter *l)
{
    bool ours = l->channel >= 0 && l->channel < WATCHED_CHANNELS;
    const struct watched_channel *c = ours ? &w->channels[l->channel] : NULL;
    bool wanted = c && c->wanted;
    bool asked = wanted && (c->stage == WATCHED_ASKED || c->stage == WATCHED_LATE);
    bool hears = wanted && (c->stage == WATCHED_ASKED || c->stage == WATCHED_CONFIRMED);
    bool signed_in = w->channels[SIGNIN].stage == WATCHED_CONFIRMED;
    switch (l->kind) {
    case LETTER_EVENT:
    case LETTER_PING:
    case LETTER_ERROR:
        l->to_channel = hears && l->channel != PERSONAL_CHANNEL;
        l->to_user = l->channel == PERSONAL_CHANNEL && signed_in;
        l->to_client = true;
        return;
    case LETTER_REFUSED:
        l->to_channel = (hears || asked) && l->channel != PERSONAL_CHANNEL;
        l->to_user = l->channel == PERSONAL_CHANNEL && wanted;
        l->to_client = true;
        return;
    case LETTER_SUCCEEDED:
    case LETTER_ROSTER:
        l->to_channel = asked && l->channel != PERSONAL_CHANNEL;
        return;
    case LETTER_SIGNED_IN:
    case LETTER_SIGNED_IN_BAD:
        asked = wanted && watch_awaits(w, (int)l->channel);
        l->to_user = asked && l->kind == LETTER_SIGNED_IN;
        l->to_client = l->to_user || !asked;
        return;
    case LETTER_ADDED:
    case LETTER_REMOVED:
        l->to_channel = w->letter_moves;
        return;
    case LETTER_SEALED:
        l->to_channel = l->to_client = hears && !l->waits;
        return;
    case LETTER_COUNT:
        l->to_channel = hears && l->channel != PERSONAL_CHANNEL;
        return;
    default:
        return;
    }
}

static void open_letter(struct app *app, const struct watched_letter *letter)
{
    struct watch *w = &app->watch;
    uint64_t number = w->letter.number + 1;
    w->letter = *letter;
    w->letter.open = true;
    w->letter.number = number;
    w->letter.born_limit = UINT64_MAX;
    w->letter.failed = app->memory.failed;
    w->letter.refuses = -1;
}

void watch_expect(struct app *app, int64_t kind, int channel, int event, int64_t data)
{
    watch_letter_over(app);
    bool disturbed = app->watch.letter.disturbed && !app->watch.letter.apart;
    bool to_both = kind == LETTER_SEALED || kind == LETTER_WATCHED;
    open_letter(app, &(struct watched_letter){
                         .apart = true,
                         .kind = kind,
                         .channel = channel,
                         .event = event,
                         .data = data,
                         .disturbed = disturbed,
                         .to_channel = channel != SIGNIN,
                         .to_user = channel == SIGNIN,
                         .to_client = to_both || channel == SIGNIN,
                     });
    app->watch.letter.failed = app->watch.failed_at_rest; /* it was made before */
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    bool waits = w->box_arrives;
    w->clock_before = w->binding_clock;
    watch_letter_over(app);
    open_letter(app, &(struct watched_letter){
                         .kind = fact->n[1],
                         .channel = fact->n[2],
                         .event = fact->n[3],
                         .data = fact->n[4],
                         .waits = waits,
                     });
    struct watched_letter *l = &w->letter;
    if (l->kind == LETTER_SEALED)
        l->data &= UINT32_MAX;
    w->watched = 0;
    if (!w->connected || fact->n[0] != w->transport)
        return;
    address(w, l);
    if (l->kind == LETTER_WATCHED && w->channels[SIGNIN].stage == WATCHED_CONFIRMED)
        w->watched = l->data;
    bool confirms = l->kind == LETTER_SUCCEEDED || l->kind == LETTER_ROSTER;
    if (!confirms || !l->to_channel || !w->channels[l->channel].lost ||
        w->channels[l->channel].gap_unsure)
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
    bool known_data = (l->kind == LETTER_EVENT && l->data) || l->kind == LETTER_SEALED;
    if (l->kind == LETTER_ADDED || l->kind == LETTER_REMOVED)
        watch_check_member(app, fact, (int)(l->data & 0xff));
    if (event_number(fact->text) != l->event)
        violated(app->world, CHECK_L7, "the event is called %.*s", STR_ARG(fact->text));
    else if (known_data && !str_equal(fact->more, str_of(data)))
        violated(app->world, l->kind == LETTER_SEALED ? CHECK_I19 : CHECK_L7,
                 "the data is %.*s, not %s", STR_ARG(fact->more), data);
    else if (fact->n[1] != (l->to_channel ? l->channel : -1) && !l->disturbed)
        violated(app->world, CHECK_L7, "an event of channel %d, told as of %d",
                 (int)l->channel, (int)fact->n[1]);
}

/* What is to be told of a watched user, or -1. */
static int watched_event(const struct watch *w, int user)
{
    static const int events[] = {-1, EVENT_ONLINE, EVENT_OFFLINE, -1};
    return events[w->watched >> 2 * user & 3];
}

static bool is_heard(const struct watch *w, int event)
{
    return event >= 0 &&
           (watch_has_listener(w, -1, event) || watch_has_listener(w, SIGNIN, event));
}

/* A watched user: {"name":"online","user_ids":["5"]}, or with "user_id". */
static bool watched_user_told(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int event = event_number(fact->text);
    pusher_str left = fact->more;
    while (left.len && (*left.ptr < '0' || *left.ptr > '9'))
        left = str_skip(left, 1);
    int user = left.len ? atoi(left.ptr) : USERS;
    bool memory_failed = app->memory.failed != w->failed_at_rest;
    if (user >= USERS || watched_event(w, user) != event)
        return false;
    for (int other = 0; other < user && !memory_failed; other++) {
        if (is_heard(w, watched_event(w, other)))
            return false; /* it comes first */
    }
    w->watched &= -((int64_t)1 << 2 * (user + 1));
    watch_expect(app, LETTER_WATCHED, SIGNIN, event, user);
    return true;
}

/* One message, or one answer, may be several events: this one may be the next of them. */
static void turn_over(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    const struct watched_letter *l = &w->letter;
    const struct watched_binding *b = &w->bindings[fact->n[0]];
    int event = event_number(fact->text);
    bool same = l->open && l->event == event && concerns(l, b) && b->heard != l->number;
    bool moved = event == EVENT_ADDED || event == EVENT_REMOVED;
    if (moved && l->open && l->apart && same &&
        str_starts_with(fact->more, STR("{\"id\":\"")) &&
        atoi(fact->more.ptr + 7) != (int)l->data)
        same = false;
    if (fact->n[1] == SEALED_CHANNEL && (event == EVENT_ORDER || event == EVENT_TICK) &&
        str_starts_with(fact->more, STR("{\"n\":"))) {
        int64_t number = strtoll(fact->more.ptr + 5, NULL, 10);
        if (!same || l->data != number)
            watch_box_told(app, number);
    } else if (!same && moved) {
        watch_change_told(app, fact);
    } else if ((event == EVENT_ONLINE || event == EVENT_OFFLINE) && w->watched) {
        watched_user_told(app, fact);
    }
}

static void on_event(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    turn_over(app, fact);
    struct watched_letter *l = &w->letter;
    struct watched_binding *b = &w->bindings[fact->n[0]];
    bool of_channel = b->channel >= 0 && b->channel != SIGNIN;
    bool of_gone = of_channel && !w->channels[b->channel].wanted;
    if (of_gone || l->stopped)
        violated(world, CHECK_I6, "an event of %s after unsubscribe",
                 channel_name(of_gone ? b->channel : (int)l->channel));
    if (l->skipped || is_unsure(w, l->channel) || is_unsure(w, fact->n[1]))
        return;
    if (!l->open) {
        violated(world, w->wants ? CHECK_L7 : CHECK_I7, "an event out of nothing");
        return;
    }
    if (!b->there) {
        violated(world, CHECK_L7, "a binding is called that was removed");
        return;
    }
    if ((l->kind == LETTER_SUCCEEDED || l->kind == LETTER_ROSTER) &&
        b->heard == l->number)
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
    struct watch *w = &app->watch;
    struct watched_letter *l = &w->letter;
    const int64_t *n = fact->n;
    app->world->gaps++;
    if (n[0] >= 0 && (w->channels[n[0]].gap_unsure || w->channels[n[0]].unsure))
        return;
    if (!l->open || !l->gap || n[0] != l->channel)
        violated(app->world, CHECK_I23, "a gap of channel %d out of nothing", (int)n[0]);
    else if (n[2] - n[1] != (int64_t)l->gap_ms || n[2] != n[3])
        violated(app->world, CHECK_I23, "a gap of %u ms, and not of %u",
                 (unsigned)(n[2] - n[1]), (unsigned)l->gap_ms);
    l->gap = false;
}

void watch_letter_over(struct app *app)
{
    struct watch *w = &app->watch;
    struct watched_letter *l = &w->letter;
    if (!l->open)
        return;
    l->open = false;
    if (app->memory.failed != l->failed || l->skipped || is_unsure(w, l->channel))
        l->disturbed = true;
    if (l->disturbed || !w->alive)
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

/* The client has returned: everything that the message said has been told. */
static void on_taken(struct app *app)
{
    struct watch *w = &app->watch;
    watch_letter_over(app);
    bool disturbed = w->letter.disturbed || !w->alive;
    watch_changes_over(app, disturbed);
    for (int user = 0; user < USERS; user++) {
        if (is_heard(w, watched_event(w, user)) && !disturbed && w->connected)
            violated(app->world, CHECK_L7, "watched user %d was not told", user);
    }
    w->watched = 0;
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
        on_taken(app);
        return;
    case FACT_LEVELS:
        watch_letter_over(app);
        app->watch.clock_before = app->watch.binding_clock;
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
