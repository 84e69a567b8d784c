/*
 * The encrypted channel: what the key opens is told, the rest waits for another key, in
 * order, or is reported (ENC-03 … ENC-05).
 */
#include "watch.h"

#include <string.h>

#include "app.h"
#include "letter.h"

enum { BAD_BOX = -2 };

static bool opens(const struct watch *w, const struct watched_box *box)
{
    return box->key == w->key && box->key != BAD_BOX;
}

static void drop_first(struct watch *w)
{
    w->box_count--;
    memmove(w->boxes, w->boxes + 1, (size_t)w->box_count * sizeof *w->boxes);
}

/* Those that can be opened, and that nobody hears, are gone without a trace. */
static bool is_unheard(const struct watch *w, const struct watched_box *box)
{
    return opens(w, box) && !watch_has_listener(w, SEALED_CHANNEL, EVENT_ORDER) &&
           !watch_has_listener(w, -1, EVENT_ORDER);
}

void watch_forget_boxes(struct watch *watch)
{
    watch->box_count = 0;
    watch->box_arrives = watch->box_useless = watch->refreshing = false;
}

/* --- messages --- */

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[SEALED_CHANNEL];
    bool is_box = fact->n[1] == LETTER_SEALED || fact->n[1] == LETTER_SEALED_BAD;
    bool hears = c->stage == WATCHED_ASKED || c->stage == WATCHED_CONFIRMED;
    w->box_arrives = false;
    if (!is_box || !hears || !c->wanted || c->unsure || !w->connected ||
        fact->n[0] != w->transport)
        return;
    struct watched_box box = {
        .number = fact->n[4] & UINT32_MAX,
        .key = fact->n[1] == LETTER_SEALED_BAD ? BAD_BOX : fact->n[4] >> 32,
        .since = app->world->now,
    };
    bool waits = w->box_count || w->refreshing;
    if (!waits && opens(w, &box))
        return;
    w->box_arrives = true;
    w->box_alone = !waits;
    if (w->box_alone && c->stage == WATCHED_CONFIRMED)
        c->verdict = VERDICT_NONE; /* what fails now is not the last answer */
    if (w->box_count == WATCHED_BOXES) {
        w->box_full = true; /* it has to be reported */
        return;
    }
    w->boxes[w->box_count++] = box;
}

/* What could not wait was reported; for what waits the key is asked for. */
static void on_taken(struct app *app)
{
    struct watch *w = &app->watch;
    if (!w->box_arrives)
        return;
    w->box_arrives = false;
    bool disturbed = w->letter.disturbed || !w->channels[SEALED_CHANNEL].wanted;
    if (w->box_full && !disturbed)
        violated(app->world, CHECK_I15, "more than %d messages wait for a key",
                 WATCHED_BOXES);
    w->box_full = false;
    if (!w->box_count || disturbed)
        return;
    if (w->box_alone && w->boxes[w->box_count - 1].key == BAD_BOX)
        violated(app->world, CHECK_I19, "what is no box waits for a key");
    w->refreshing |= w->box_alone;
}

/* --- what became of it --- */

void watch_box_reported(struct app *app)
{
    struct watch *w = &app->watch;
    if (w->channels[SEALED_CHANNEL].unsure)
        return;
    bool memory_failed = app->memory.failed > w->failed_at_rest;
    if (w->box_arrives && (w->box_alone || w->refreshing)) { /* just now */
        w->box_arrives = false;
        if (!w->box_full)
            w->box_count--;
        w->box_full = false;
        return;
    }
    while (w->box_count > 1 && is_unheard(w, &w->boxes[0]))
        drop_first(w);
    if (!w->box_count && !memory_failed)
        violated(app->world, CHECK_I19, "a message is reported that does not wait");
    else if (w->box_count && opens(w, &w->boxes[0]) && !memory_failed)
        violated(app->world, CHECK_I19, "a message is reported that the key opens");
    if (w->box_count)
        drop_first(w);
}

bool watch_box_told(struct app *app, int64_t number)
{
    struct watch *w = &app->watch;
    while (w->box_count && w->boxes[0].number != number && is_unheard(w, &w->boxes[0]))
        drop_first(w);
    if (!w->box_count || w->boxes[0].number != number)
        return false;
    if (!opens(w, &w->boxes[0]))
        violated(app->world, CHECK_I19, "a message is told that the key does not open");
    w->box_useless = false;
    drop_first(w);
    watch_expect(app, LETTER_SEALED, SEALED_CHANNEL, EVENT_ORDER, number);
    return true;
}

/* A key came, or there is none: nothing waits any more. */
static void on_levels(struct app *app)
{
    struct watch *w = &app->watch;
    if (w->refreshing || !w->channels[SEALED_CHANNEL].wanted)
        return;
    while (w->box_count && is_unheard(w, &w->boxes[0])) {
        w->box_useless = false;
        drop_first(w);
    }
    if (w->box_count && !w->channels[SEALED_CHANNEL].unsure &&
        app->memory.failed == w->failed_at_rest)
        violated(app->world, CHECK_L7, "%d messages still wait for a key", w->box_count);
    w->box_count = 0;
}

void watch_sealed(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_RECEIVED:
        on_received(app, fact);
        return;
    case FACT_TAKEN:
        on_taken(app);
        return;
    case FACT_LEVELS:
        on_levels(app);
        return;
    default:
        return;
    }
}
