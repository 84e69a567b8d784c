/*
 * Subscriptions and frames: a second opinion on SUB-01 … SUB-10.
 */
#include "watch.h"

#include "app.h"
#include "base/str.h"
#include "frame_of.h"
#include "letter.h"

/* --- where it begins and ends --- */

void watch_ask(struct watch *watch, int channel)
{
    struct watched_channel *c = &watch->channels[channel];
    c->stage = needs_authorization(channel) ? WATCHED_QUEUED : WATCHED_NONE;
    c->verdict = VERDICT_NONE;
    c->bare = false;
}

void watch_channels_connected(struct app *app)
{
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        if (app->watch.channels[i].wanted)
            watch_ask(&app->watch, i);
    }
}

void watch_channels_lost(struct app *app)
{
    struct watch *w = &app->watch;
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        struct watched_channel *c = &w->channels[i];
        if (c->stage == WATCHED_CONFIRMED && c->wanted) {
            c->lost = true;
            c->missing_since = w->heard_at;
        }
        c->lost = c->lost && c->wanted;
        c->gap_unsure |= c->unsure;
        w->letter.skipped |= c->unsure && w->letter.channel == i;
        c->stage = WATCHED_NONE;
        c->leaving = c->unsure = c->sent = false;
        c->failures = 0;
        watch_forget_request(w, i);
    }
    struct watched_channel *sealed = &w->channels[SEALED_CHANNEL];
    if (sealed->lost && w->box_count && w->boxes[0].since < sealed->missing_since)
        sealed->missing_since = w->boxes[0].since; /* received, and never told */
    watch_forget_boxes(w);
    w->channels[PERSONAL_CHANNEL] = (struct watched_channel){0};
    watch_members_lost(app, false);
    watch_triggers_lost(app);
}

/* --- calls --- */

static void on_subscribe(struct app *app, int channel)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    uint64_t now = app->world->now;
    if (!c->wanted) {
        c->wanted = true; /* one that is ASKED is taken back (SUB-05) */
        if (c->stage != WATCHED_ASKED)
            c->failures = 0;
        if (c->stage == WATCHED_ASKED)
            c->unsure |= now - c->asked_at >= app->options.subscribe_timeout_ms;
        else if (w->connected)
            watch_ask(w, channel);
    } else if (c->stage == WATCHED_REFUSED) { /* once more (SUB-10) */
        if (now < c->due) /* else it may be under way again, and is not begun anew */
            c->failures = 0;
        watch_ask(w, channel);
    } else if (c->stage == WATCHED_LATE) {
        c->due = now;
    }
}

static void on_unsubscribe(struct watch *w, int channel)
{
    struct watched_channel *c = &w->channels[channel];
    c->wanted = c->gap_unsure = false;
    c->leaving |= c->stage == WATCHED_CONFIRMED || c->stage == WATCHED_LATE;
    if (c->stage != WATCHED_ASKED)
        c->stage = WATCHED_NONE;
    c->lost = c->bare = false; /* what is asked for anew misses nothing */
    watch_forget_request(w, channel);
    if (channel == PRESENCE_CHANNEL) {
        w->members_known = false;
        w->members = w->went = w->came = 0;
    }
    if (channel == SEALED_CHANNEL)
        watch_forget_boxes(w);
}

static void on_return(struct app *app, const struct fact *fact)
{
    if (fact->n[4])
        return;
    if (fact->n[0] == CALL_SUBSCRIBE || fact->n[0] == CALL_SIGNIN)
        on_subscribe(app, (int)fact->n[1]);
    if (fact->n[0] == CALL_SIGNIN && app->watch.channels[PERSONAL_CHANNEL].wanted)
        on_subscribe(app, PERSONAL_CHANNEL);
}

/* --- frames --- */

/* A ping is sent after silence, or because somebody asked (PING-02). */
static void check_ping(struct app *app)
{
    struct watch *w = &app->watch;
    uint64_t silent_ms = app->world->now - w->heard_at;
    if (silent_ms < w->activity_ms && !w->may_ping)
        violated(app->world, CHECK_I22, "a ping after %u ms", (unsigned)silent_ms);
    w->may_ping = false;
}

static bool is_late(const struct app *app, const struct watched_channel *c)
{
    return app->world->now - c->asked_at >= app->options.subscribe_timeout_ms;
}

static void on_unsubscribe_sent(struct app *app, int channel)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    bool given_up = c->stage == WATCHED_ASKED && !c->wanted && is_late(app, c);
    bool renewed = c->stage == WATCHED_LATE && app->world->now >= c->due;
    if (c->unsure)
        return;
    if (!c->leaving && !given_up && !renewed)
        violated(app->world, CHECK_I22, "an unsubscribe of %s that is not owed",
                 channel_name(channel));
    if (!c->leaving && renewed)
        watch_ask(w, channel);
    if (!c->leaving && given_up)
        c->stage = WATCHED_NONE;
    c->leaving = false;
}

static void on_subscribe_sent(struct app *app, int channel)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    watch_try_again(app, channel);
    bool authorized = c->stage == WATCHED_AUTHORIZING || (c->bare && c->wanted);
    bool owed = needs_authorization(channel) ? authorized : c->stage == WATCHED_NONE;
    if (c->unsure)
        return;
    if (!c->wanted || c->leaving || !owed)
        violated(app->world, CHECK_I5, "a subscribe of %s that is not owed",
                 channel_name(channel));
    c->stage = WATCHED_ASKED;
    c->sent = true;
    c->bare = false;
    c->asked_at = app->world->now;
    c->asked_order = ++w->asked_clock;
}

static void on_sent(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct frame frame;
    frame_read(fact->text, &frame);
    bool of_channel = frame.kind == FRAME_SUBSCRIBE || frame.kind == FRAME_UNSUBSCRIBE ||
                      frame.kind == FRAME_SIGNIN || frame.kind == FRAME_CLIENT_EVENT;
    if (frame.kind == FRAME_NONE || !w->connected ||
        (of_channel && (frame.channel < 0 || frame.channel >= WATCHED_CHANNELS))) {
        violated(app->world, CHECK_I22, "sent %s: %.*s",
                 w->connected ? "" : "unconnected", STR_ARG(fact->text));
        return;
    }
    if (frame.kind == FRAME_PING)
        check_ping(app);
    if (frame.kind == FRAME_UNSUBSCRIBE)
        on_unsubscribe_sent(app, frame.channel);
    if (frame.kind == FRAME_SUBSCRIBE || frame.kind == FRAME_SIGNIN)
        on_subscribe_sent(app, frame.channel);
}

/* --- answers --- */

static bool is_confirmation(int64_t kind)
{
    return kind == LETTER_SUCCEEDED || kind == LETTER_ROSTER ||
           kind == LETTER_ROSTER_BAD || kind == LETTER_SIGNED_IN ||
           kind == LETTER_SIGNED_IN_BAD;
}

/* A sign-in that is asked for anew was not taken back. */
bool watch_awaits(const struct watch *w, int channel)
{
    const struct watched_channel *c = &w->channels[channel];
    bool anew = c->stage == WATCHED_QUEUED || c->stage == WATCHED_AUTHORIZING ||
                c->stage == WATCHED_REFUSED;
    return c->stage == WATCHED_ASKED || c->stage == WATCHED_LATE ||
           (channel == SIGNIN && anew && c->sent);
}

static void on_confirmed(struct app *app, int channel, int64_t kind)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    if (!c->wanted) {
        c->leaving = true; /* told to leave after all (SUB-03) */
        c->stage = WATCHED_NONE;
        return;
    }
    c->stage = WATCHED_CONFIRMED;
    w->letter.confirms = true;
    c->failures_before = c->failures;
    if (kind == LETTER_SUCCEEDED || kind == LETTER_ROSTER || kind == LETTER_SIGNED_IN) {
        c->lost = false;
        c->failures = 0;
    }
    if (kind == LETTER_SIGNED_IN) {
        w->channels[PERSONAL_CHANNEL].wanted = true; /* USER-04 */
        w->channels[PERSONAL_CHANNEL].unsure = c->unsure;
        watch_ask(w, PERSONAL_CHANNEL);
    }
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (!w->connected || w->greeting || fact->n[2] < 0 || fact->n[2] >= WATCHED_CHANNELS)
        return;
    int channel = (int)fact->n[2];
    if (!watch_awaits(w, channel) || !is_confirmation(fact->n[1]))
        return;
    if (channel == SIGNIN)
        watch_forget_request(w, SIGNIN);
    on_confirmed(app, channel, fact->n[1]);
}

static void on_taken(struct watch *w)
{
    if (!w->letter.confirms)
        return;
    struct watched_channel *c = &w->channels[w->letter.channel];
    if (c->stage == WATCHED_CONFIRMED)
        c->gap_unsure = false;
}

/* --- levels --- */

static pusher_subscription expected_state(const struct watched_channel *c)
{
    switch (c->stage) {
    case WATCHED_QUEUED:
    case WATCHED_AUTHORIZING:
        return PUSHER_SUBSCRIPTION_AUTHORIZING;
    case WATCHED_ASKED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBING;
    case WATCHED_CONFIRMED:
        return PUSHER_SUBSCRIPTION_SUBSCRIBED;
    case WATCHED_LATE:
    case WATCHED_REFUSED:
        return PUSHER_SUBSCRIPTION_FAILED;
    case WATCHED_NONE:
        break;
    }
    return PUSHER_SUBSCRIPTION_WANTED;
}

/* Its time has come: when nothing is left to do it has been tried again. */
void watch_try_again(struct app *app, int channel)
{
    struct watched_channel *c = &app->watch.channels[channel];
    bool due = c->wanted && app->world->now >= c->due;
    if (due && c->stage == WATCHED_REFUSED)
        watch_ask(&app->watch, channel);
    if (due && c->stage == WATCHED_LATE && channel == SIGNIN)
        watch_ask(&app->watch, channel);
}

static void check_state(struct app *app, int channel, pusher_subscription state)
{
    const struct watched_channel *c = &app->watch.channels[channel];
    const char *name = channel_name(channel);
    if (state != expected_state(c) && !c->unsure)
        violated(app->world, CHECK_I8, "%s is %s, and not %s", name,
                 pusher_subscription_name(state),
                 pusher_subscription_name(expected_state(c)));
}

static void on_channel(struct app *app, const struct fact *fact)
{
    const struct watched_channel *c = &app->watch.channels[fact->n[0]];
    if (!c->wanted)
        violated(app->world, CHECK_I8, "%s is known, and not wanted",
                 channel_name((int)fact->n[0]));
    else
        check_state(app, (int)fact->n[0], (pusher_subscription)fact->n[2]);
}

/* Whatever can be sent has been. */
static void on_levels(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    for (int i = 0; i < WATCHED_CHANNELS; i++)
        watch_try_again(app, i);
    for (int i = 0; i < WATCHED_CHANNELS && w->connected && fact->n[2]; i++) {
        const struct watched_channel *c = &w->channels[i];
        bool cancelled = c->stage == WATCHED_ASKED && !c->wanted && is_late(app, c);
        bool renewed = c->stage == WATCHED_LATE && app->world->now >= c->due;
        bool granted = c->stage == WATCHED_AUTHORIZING && c->verdict == VERDICT_GRANTED;
        if (c->unsure)
            continue;
        if (c->leaving || cancelled)
            violated(app->world, CHECK_I6, "the server was not told to leave %s",
                     channel_name(i));
        if (c->wanted && (c->stage == WATCHED_NONE || renewed || granted))
            violated(app->world, CHECK_L2, "the server was not asked for %s",
                     channel_name(i));
    }
}

void watch_channels(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_CALL: /* it cannot fail, and free functions run inside */
        if (fact->n[0] == CALL_UNSUBSCRIBE)
            on_unsubscribe(&app->watch, (int)fact->n[1]);
        return;
    case FACT_RETURN:
        on_return(app, fact);
        return;
    case FACT_SENT:
        on_sent(app, fact);
        return;
    case FACT_RECEIVED:
        on_received(app, fact);
        return;
    case FACT_TAKEN:
        on_taken(&app->watch);
        return;
    case FACT_CHANNEL:
        on_channel(app, fact);
        return;
    case FACT_USER:
        check_state(app, SIGNIN, (pusher_subscription)fact->n[0]);
        return;
    case FACT_LEVELS:
        on_levels(app, fact);
        return;
    default:
        return;
    }
}
