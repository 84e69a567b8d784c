/*
 * Subscriptions and frames: a second opinion on SUB-01 … SUB-10.
 */
#include "watch.h"

#include <string.h>

#include "app.h"
#include "base/str.h"
#include "frame_of.h"
#include "letter.h"

void watch_channels_lost(struct watch *watch)
{
    for (int i = 0; i < CHANNEL_NAMES; i++) {
        struct watched_channel *c = &watch->channels[i];
        if (c->stage == WATCHED_CONFIRMED && c->wanted) {
            c->lost = true;
            c->missing_since = watch->heard_at;
        }
        c->lost = c->lost && c->wanted;
        c->stage = WATCHED_NONE;
        c->leaving = false;
    }
}

static void on_subscribe(struct watched_channel *c)
{
    if (c->wanted) {
        if (c->stage == WATCHED_REFUSED) /* once more (SUB-10) */
            c->stage = WATCHED_NONE;
        return;
    }
    c->wanted = true; /* one that is ASKED is taken back (SUB-05) */
}

static void on_unsubscribe(struct watched_channel *c)
{
    c->wanted = false;
    if (c->stage == WATCHED_CONFIRMED)
        c->leaving = true;
    if (c->stage != WATCHED_ASKED)
        c->stage = WATCHED_NONE;
    c->lost = false; /* what is asked for anew misses nothing */
}

static void on_return(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[4])
        return;
    if (fact->n[0] == CALL_SUBSCRIBE)
        on_subscribe(&w->channels[fact->n[1]]);
}

/* A ping is sent after silence, or because somebody asked (PING-02). */
static void check_ping(struct app *app)
{
    struct watch *w = &app->watch;
    uint64_t silent_ms = app->world->now - w->heard_at;
    if (silent_ms < w->activity_ms && !w->may_ping)
        violated(app->world, CHECK_I22, "a ping after %u ms", (unsigned)silent_ms);
    w->may_ping = false;
}

static void on_sent(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    struct frame frame;
    frame_read(fact->text, &frame);
    if (memmem(fact->text.ptr, fact->text.len, "\"channel\":\"p", 12)) {
        violated(world, CHECK_I4, "a channel without authorization: %.*s",
                 STR_ARG(fact->text));
        return;
    }
    bool of_channel = frame.kind == FRAME_SUBSCRIBE || frame.kind == FRAME_UNSUBSCRIBE;
    if (frame.kind == FRAME_NONE || !w->connected ||
        (of_channel && (frame.channel < 0 || frame.channel >= CHANNEL_NAMES))) {
        violated(world, CHECK_I22, "sent %s: %.*s", w->connected ? "" : "unconnected",
                 STR_ARG(fact->text));
        return;
    }
    if (frame.kind == FRAME_PING)
        check_ping(app);
    if (!of_channel)
        return;
    struct watched_channel *c = &w->channels[frame.channel];
    if (frame.kind == FRAME_UNSUBSCRIBE) {
        if (!c->leaving)
            violated(world, CHECK_I22, "an unsubscribe of %s that is not owed",
                     channel_name(frame.channel));
        c->leaving = false;
        return;
    }
    if (!c->wanted || c->leaving || c->stage != WATCHED_NONE)
        violated(world, CHECK_I5, "a subscribe of %s that is not owed",
                 channel_name(frame.channel));
    c->stage = WATCHED_ASKED;
}

static void on_received(struct watch *w, const struct fact *fact)
{
    if (!w->connected || w->greeting || fact->n[2] < 0 || fact->n[2] >= CHANNEL_NAMES)
        return;
    struct watched_channel *c = &w->channels[fact->n[2]];
    if (c->stage != WATCHED_ASKED)
        return;
    if (fact->n[1] == LETTER_SUCCEEDED)
        c->lost = false;
    if (fact->n[1] == LETTER_SUCCEEDED) {
        c->stage = c->wanted ? WATCHED_CONFIRMED : WATCHED_NONE;
        c->leaving = !c->wanted; /* told to leave after all (SUB-03) */
    } else if (fact->n[1] == LETTER_REFUSED) {
        c->stage = c->wanted ? WATCHED_REFUSED : WATCHED_NONE;
    }
}

static pusher_subscription expected_state(const struct watched_channel *c)
{
    switch (c->stage) {
    case WATCHED_ASKED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBING;
    case WATCHED_CONFIRMED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBED;
    case WATCHED_REFUSED:
        return PUSHER_SUBSCRIPTION_FAILED;
    case WATCHED_NONE:
        break;
    }
    return PUSHER_SUBSCRIPTION_WANTED;
}

static void on_channel(struct app *app, const struct fact *fact)
{
    const struct watched_channel *c = &app->watch.channels[fact->n[0]];
    const char *name = channel_name((int)fact->n[0]);
    pusher_subscription state = (pusher_subscription)fact->n[2];
    if (!c->wanted)
        violated(app->world, CHECK_I8, "%s is known, and not wanted", name);
    else if (state != expected_state(c))
        violated(app->world, CHECK_I8, "%s is %s, and not %s", name,
                 pusher_subscription_name(state),
                 pusher_subscription_name(expected_state(c)));
}

/* Whatever can be sent has been. */
static void on_levels(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (!w->connected || !fact->n[2])
        return;
    for (int i = 0; i < CHANNEL_NAMES; i++) {
        const struct watched_channel *c = &w->channels[i];
        if (c->leaving)
            violated(app->world, CHECK_I6, "the server was not told to leave %s",
                     channel_name(i));
        if (c->wanted && c->stage == WATCHED_NONE)
            violated(app->world, CHECK_L2, "the server was not asked for %s",
                     channel_name(i));
    }
}

void watch_channels(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CALL: /* it cannot fail, and free functions run inside */
        if (fact->n[0] == CALL_UNSUBSCRIBE)
            on_unsubscribe(&app->watch.channels[fact->n[1]]);
        return;
    case FACT_RETURN:
        on_return(app, fact);
        return;
    case FACT_SENT:
        on_sent(app, fact);
        return;
    case FACT_RECEIVED:
        on_received(&app->watch, fact);
        return;
    case FACT_CHANNEL:
        on_channel(app, fact);
        return;
    case FACT_LEVELS:
        on_levels(app, fact);
        return;
    default:
        return;
    }
}
