/*
 * Reports about subscriptions, their authorizations and the sign-in: each has a reason,
 * says what comes next, and is not left out (AUTH-05, SUB-06, SUB-10, SUB-13).
 */
#include "watch.h"

#include "app.h"
#include "base/str.h"
#include "letter.h"

enum { UNAUTHORIZED = 4009 };

/* --- what was refused --- */

/* Without a channel it is about the one that waits longest. */
static int first_awaited(struct watch *w)
{
    int first = -1;
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        const struct watched_channel *c = &w->channels[i];
        bool awaited = c->stage == WATCHED_ASKED && needs_authorization(i);
        if (awaited && (first < 0 || c->asked_order < w->channels[first].asked_order))
            first = i;
    }
    return first;
}

static bool somebody_unsure(const struct watch *w)
{
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        if (w->channels[i].unsure)
            return true;
    }
    return false;
}

/* The channel of the user comes and goes with the sign-in. */
static void make_unsure(struct watch *w, struct watched_channel *c)
{
    c->unsure = true;
    w->channels[PERSONAL_CHANNEL].unsure |= w->channels[SIGNIN].unsure;
}

static void all_unsure(struct watch *w)
{
    for (int i = PUBLIC_CHANNELS; i < WATCHED_CHANNELS; i++) {
        if (w->channels[i].stage == WATCHED_ASKED)
            make_unsure(w, &w->channels[i]);
    }
}

/* What is not wanted any more is over with that; without memory nobody can tell what was
 * understood. */
static void refuse_unwanted(struct app *app)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[w->letter.refuses];
    uint64_t age = app->world->now - c->asked_at;
    if (app->memory.fail_next || age >= app->options.subscribe_timeout_ms)
        make_unsure(w, c);
    else
        c->stage = WATCHED_NONE;
    w->letter.refuses = -1;
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_letter *l = &w->letter;
    if (!w->connected || w->greeting)
        return;
    l->refused_code = (int)fact->n[4];
    if (fact->n[1] == LETTER_REFUSED && fact->n[2] < WATCHED_CHANNELS) {
        const struct watched_channel *c = &w->channels[fact->n[2]];
        if (c->stage == WATCHED_ASKED || c->stage == WATCHED_LATE)
            l->refuses = (int)fact->n[2];
    } else if (fact->n[1] == LETTER_ERROR && fact->n[4] == UNAUTHORIZED) {
        l->refuses = first_awaited(w);
        if (somebody_unsure(w))
            all_unsure(w);
    }
    if (l->refuses >= 0 && !w->channels[l->refuses].wanted)
        refuse_unwanted(app);
}

/* It was handled, and reported. */
static void on_taken(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_letter *l = &w->letter;
    if (l->refuses < 0 || !w->connected)
        return;
    struct watched_channel *c = &w->channels[l->refuses];
    bool there = c->stage == WATCHED_ASKED || c->stage == WATCHED_LATE;
    if (!there || c->unsure || !c->wanted)
        return;
    if (fact->n[1])
        make_unsure(w, c);
    else if (!l->disturbed)
        violated(app->world, CHECK_I21, "the refusal of %s was not reported",
                 channel_name(l->refuses));
}

/* --- reports --- */

static bool memory_failed(const struct app *app)
{
    return app->memory.failed > app->watch.failed_at_rest;
}

static void no_reason(struct app *app, int channel, const struct fact *fact)
{
    violated(app->world, CHECK_I21, "a report about %s (%s) without a reason: %.*s",
             channel_name(channel), fact->n[2] ? "it goes on" : "final",
             STR_ARG(fact->text));
}

static void set_next(struct app *app, struct watched_channel *c, const struct fact *fact,
                     enum watched_stage stage)
{
    const pusher_options *o = &app->options;
    uint64_t delay = (uint64_t)fact->n[4], most = o->backoff_min_ms;
    c->stage = stage;
    c->due = UINT64_MAX;
    if (!fact->n[2])
        return;
    c->failures++;
    for (uint32_t n = c->failures; n && most < o->backoff_max_ms; n--)
        most *= 2;
    if (most > o->backoff_max_ms)
        most = o->backoff_max_ms;
    if (delay < o->backoff_min_ms || delay > most)
        violated(app->world, CHECK_I13, "the next try in %u ms, not in %u … %u",
                 (unsigned)delay, (unsigned)o->backoff_min_ms, (unsigned)most);
    c->due = app->world->now + delay;
}

static void auth_failed(struct app *app, int channel, const struct fact *fact)
{
    struct watched_channel *channels = app->watch.channels, *c = &channels[channel];
    uint64_t age = app->world->now - c->authorizing_since;
    bool answered = c->bare || c->stage == WATCHED_AUTHORIZING;
    bool late = answered && age >= app->options.auth_timeout_ms;
    bool retry = fact->n[2] != 0;
    bool may_be_nobody = !watch_signin_pending(&app->watch) || channels[SIGNIN].unsure;
    bool nobody = c->bare && !retry && may_be_nobody;
    bool good = (retry && (late || memory_failed(app))) || nobody ||
                (c->verdict == VERDICT_TRANSIENT && retry) ||
                (c->verdict == VERDICT_FINAL && !retry);
    if (!good)
        no_reason(app, channel, fact);
    watch_forget_request(&app->watch, channel);
    set_next(app, c, fact, WATCHED_REFUSED);
    if (channel == SEALED_CHANNEL && c->verdict == VERDICT_GRANTED)
        app->watch.key = app->watch.key_before;
    c->bare = false;
    if (!retry)
        watch_expect(app, LETTER_REFUSED, channel,
                     channel == SIGNIN ? EVENT_SIGNIN_ERROR : EVENT_REFUSED, 0);
}

/* The subscription stands, and has no new key. */
static void refresh_failed(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    const struct watched_channel *c = &w->channels[SEALED_CHANNEL];
    uint64_t age = app->world->now - c->authorizing_since;
    bool good = c->verdict == VERDICT_TRANSIENT || c->verdict == VERDICT_FINAL ||
                age >= app->options.auth_timeout_ms || memory_failed(app);
    if (!good || !fact->n[2])
        no_reason(app, SEALED_CHANNEL, fact);
    watch_forget_request(w, SEALED_CHANNEL);
    if (c->verdict == VERDICT_GRANTED)
        w->key = w->key_before; /* it came too late */
    w->refreshing = false;
    w->box_useless = true;
    w->box_useless_at = app->world->now;
}

/* What was confirmed is of no use, and asked for anew. */
static void renewed(struct app *app, int channel, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    struct watched_letter *l = &w->letter;
    bool bad = l->open && l->channel == channel &&
               (l->kind == LETTER_ROSTER_BAD || l->kind == LETTER_SIGNED_IN_BAD);
    if ((!bad && !memory_failed(app)) || !fact->n[2])
        no_reason(app, channel, fact);
    if (!l->gap && !c->lost)
        c->missing_since = app->world->now;
    c->lost = true;
    if (l->open && l->confirms && l->channel == channel && c->failures_before)
        c->failures = c->failures_before; /* it did not help */
    l->gap = l->to_channel = l->to_client = l->to_user = false;
    set_next(app, c, fact, WATCHED_LATE);
    if (channel == PRESENCE_CHANNEL)
        watch_members_lost(app, true);
    if (channel == SIGNIN)
        w->channels[PERSONAL_CHANNEL] = (struct watched_channel){0};
}

static void not_subscribed(struct app *app, int channel, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_channel *c = &w->channels[channel];
    bool retry = fact->n[2] != 0;
    int code = w->letter.refused_code;
    bool may_pass = code == 408 || code == 429 || (code >= 500 && code != UNAUTHORIZED);
    uint64_t age = app->world->now - c->asked_at;
    bool overdue =
        c->stage == WATCHED_ASKED && age >= app->options.subscribe_timeout_ms && retry;
    if (w->letter.open && w->letter.refuses == channel) {
        if (retry != may_pass && !memory_failed(app))
            no_reason(app, channel, fact);
        if (retry != may_pass && overdue)
            make_unsure(w, c); /* without memory it was not understood, and then late */
        set_next(app, c, fact, WATCHED_REFUSED);
        c->sent = false;
        w->letter.refuses = -1;
        return;
    }
    if (!overdue)
        no_reason(app, channel, fact);
    set_next(app, c, fact, WATCHED_LATE);
}

/* Bindings of some channel may be told of a failure, too. */
static void expect_anything(struct app *app)
{
    struct watched_letter *l = &app->watch.letter;
    if (!l->open || l->apart)
        watch_expect(app, LETTER_REFUSED, PRIVATE_CHANNEL, EVENT_REFUSED, 0);
    l->skipped = true;
}

static void on_trouble(struct app *app, int channel, const struct fact *fact)
{
    struct watched_channel *c = &app->watch.channels[channel];
    if (c->unsure && !fact->n[2])
        expect_anything(app);
    if (c->unsure)
        return;
    watch_try_again(app, channel);
    if (!c->wanted || !app->watch.connected) {
        no_reason(app, channel, fact);
        return;
    }
    switch (c->stage) {
    case WATCHED_QUEUED:
    case WATCHED_AUTHORIZING:
        auth_failed(app, channel, fact);
        return;
    case WATCHED_ASKED:
    case WATCHED_LATE:
        not_subscribed(app, channel, fact);
        return;
    case WATCHED_CONFIRMED:
        if (channel == SEALED_CHANNEL)
            refresh_failed(app, fact);
        else
            renewed(app, channel, fact);
        return;
    case WATCHED_NONE:
    case WATCHED_REFUSED:
        no_reason(app, channel, fact);
        return;
    }
}

/* Once signed in, what is left to go wrong is the channel of the user, unless the sign-in
 * is just found to be of no use. */
static bool is_about_personal(const struct watch *w)
{
    const struct watched_letter *l = &w->letter;
    bool just_confirmed = l->open && l->channel == SIGNIN && l->confirms;
    const struct watched_channel *signin = &w->channels[SIGNIN];
    return signin->stage == WATCHED_CONFIRMED && !signin->unsure && !just_confirmed;
}

/* Without memory a report does not say which channel it is about. */
static void on_nameless(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (!memory_failed(app))
        violated(app->world, CHECK_I21, "a report about no channel: %.*s",
                 STR_ARG(fact->text));
    for (int i = 0; i < WATCHED_CHANNELS; i++)
        w->channels[i].unsure |= i != SIGNIN && w->channels[i].stage != WATCHED_NONE;
    watch_forget_boxes(w);
    if (!fact->n[2])
        expect_anything(app);
}

static void on_problem(struct app *app, const struct fact *fact)
{
    bool of_channel =
        fact->n[0] == PUSHER_PROBLEM_AUTH || fact->n[0] == PUSHER_PROBLEM_SUBSCRIBE;
    if (of_channel && !fact->more.len) {
        on_nameless(app, fact);
        return;
    }
    switch (fact->n[0]) {
    case PUSHER_PROBLEM_SIGNIN:
        on_trouble(app, is_about_personal(&app->watch) ? PERSONAL_CHANNEL : SIGNIN, fact);
        return;
    case PUSHER_PROBLEM_AUTH:
    case PUSHER_PROBLEM_SUBSCRIBE:
        on_trouble(app, channel_number(fact->more), fact);
        return;
    case PUSHER_PROBLEM_DECRYPT:
        watch_box_reported(app);
        watch_expect(app, LETTER_SEALED_BAD, SEALED_CHANNEL, EVENT_SEALED_ERROR, 0);
        return;
    default:
        return;
    }
}

/* Confirmed without what makes it one. */
static void check_renewed(struct app *app)
{
    const struct watched_letter *l = &app->watch.letter;
    bool bad = l->kind == LETTER_ROSTER_BAD || l->kind == LETTER_SIGNED_IN_BAD;
    if (!bad || l->disturbed || l->channel < 0 || !app->watch.connected)
        return;
    const struct watched_channel *c = &app->watch.channels[l->channel];
    if (l->confirms && c->stage == WATCHED_CONFIRMED)
        violated(app->world, CHECK_I21, "a useless confirmation was not reported");
}

void watch_troubles(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_RECEIVED:
        on_received(app, fact);
        return;
    case FACT_TAKEN:
        on_taken(app, fact);
        check_renewed(app);
        return;
    case FACT_PROBLEM:
        if (!fact->n[3])
            on_problem(app, fact);
        return;
    case FACT_LEVELS:
        app->watch.failed_at_rest = app->memory.failed;
        return;
    default:
        return;
    }
}
