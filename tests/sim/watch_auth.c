/*
 * Authorizations: who is asked, how often, for what; and that a subscribe shows the one
 * that was made for it (AUTH, SUB-08, SUB-11).
 */
#include "watch.h"

#include "app.h"
#include "base/str.h"
#include "frame_of.h"

static struct watched_request *find(struct watch *w, int64_t id)
{
    for (int i = 0; i < WATCHED_REQUESTS; i++) {
        if (w->requests[i].id == id)
            return &w->requests[i];
    }
    return NULL;
}

void watch_forget_request(struct watch *watch, int channel)
{
    for (int i = 0; i < WATCHED_REQUESTS; i++) {
        struct watched_request *r = &watch->requests[i];
        if (r->id && r->channel == channel)
            r->obsolete = true;
    }
}

static size_t under_way(const struct watch *w)
{
    size_t count = 0;
    for (int i = 0; i < WATCHED_REQUESTS; i++)
        count += w->requests[i].id && !w->requests[i].obsolete;
    return count;
}

static bool is_under_way(const struct watch *w, int channel)
{
    for (int i = 0; i < WATCHED_REQUESTS; i++) {
        const struct watched_request *r = &w->requests[i];
        if (r->id && !r->obsolete && r->channel == channel)
            return true;
    }
    return false;
}

/* --- asked --- */

/* An encrypted channel asks again for its key, if something waits for it (ENC-05). */
static void check_refresh(struct app *app)
{
    enum { PAUSE_MS = 10000 };
    struct watch *w = &app->watch;
    if (!w->box_count || is_under_way(w, SEALED_CHANNEL))
        violated(app->world, CHECK_I19, "a key is asked for, and nothing waits for it");
    if (w->box_useless && app->world->now < w->box_useless_at + PAUSE_MS)
        violated(app->world, CHECK_I19, "a key is asked for %u ms after one was useless",
                 (unsigned)(app->world->now - w->box_useless_at));
    w->box_arrives = false; /* the message that has come waits */
    w->refreshing = true;
}

static void on_begin(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int channel = (int)fact->n[0];
    struct watched_channel *c = &w->channels[channel];
    struct watched_request *slot = find(w, 0);
    watch_try_again(app, channel);
    if (!w->connected || !str_equal(fact->text, str_of(w->socket_id)))
        violated(app->world, CHECK_I4, "an authorization for socket id \"%.*s\"",
                 STR_ARG(fact->text));
    if (!fact->n[3])
        violated(app->world, CHECK_I4, "an authorization of %s names another channel",
                 channel_name(channel));
    if (c->stage == WATCHED_CONFIRMED && channel == SEALED_CHANNEL && !c->unsure)
        check_refresh(app);
    else if ((!c->wanted || c->stage != WATCHED_QUEUED) && !c->unsure)
        violated(app->world, CHECK_I5, "an authorization of %s that is not owed",
                 channel_name(channel));
    if (!slot) {
        violated(app->world, CHECK_I15, "more than %d authorizations", WATCHED_REQUESTS);
        return;
    }
    *slot = (struct watched_request){.id = fact->n[1], .channel = channel};
    if (!app->options.authorizer.batch && under_way(w) > app->options.max_parallel_auth)
        violated(app->world, CHECK_I15, "%u authorizations at a time",
                 (unsigned)under_way(w));
    if (c->stage == WATCHED_QUEUED)
        c->stage = WATCHED_AUTHORIZING;
    c->authorizing_since = app->world->now;
    c->request = fact->n[1];
    c->verdict = VERDICT_NONE;
    c->bare = false;
}

/* --- answered --- */

static void on_answer(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct watched_request *request = find(w, fact->n[3]);
    bool of_interest = request && !request->obsolete;
    if (of_interest != (fact->n[4] == 0) && fact->n[4] != PUSHER_ERR_NOMEM)
        violated(app->world, CHECK_I11, "an answer that is%s of interest gave %d",
                 of_interest ? "" : " not", (int)fact->n[4]);
    if (fact->n[4] || !request)
        return;
    struct watched_channel *c = &w->channels[request->channel];
    request->id = 0;
    c->verdict = (enum verdict)fact->n[2];
    bool key = request->channel == SEALED_CHANNEL && c->verdict == VERDICT_GRANTED;
    if (key) {
        w->key_before = w->key;
        w->key = app->world->key;
    }
    if (key && c->stage == WATCHED_CONFIRMED) {
        w->refreshing = false;
        w->box_useless = true; /* until something is opened with it */
        w->box_useless_at = app->world->now;
    }
    if (c->stage == WATCHED_AUTHORIZING && c->verdict == VERDICT_BARE) {
        c->stage = WATCHED_QUEUED;
        c->bare = true;
    }
}

static void on_cancel(struct app *app, const struct fact *fact)
{
    struct watched_request *request = find(&app->watch, fact->n[0]);
    bool unsure = request && app->watch.channels[request->channel].unsure;
    if (!request || (!request->obsolete && !unsure))
        violated(app->world, CHECK_I6, "an authorization is cancelled that is %s",
                 request ? "of interest" : "not under way");
    else
        request->id = 0;
}

/* --- shown --- */

static void on_sent(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    struct frame frame;
    frame_read(fact->text, &frame);
    if (frame.kind != FRAME_SUBSCRIBE && frame.kind != FRAME_SIGNIN)
        return;
    if (frame.channel < 0 || !needs_authorization(frame.channel)) {
        if (frame.auth.ptr)
            violated(app->world, CHECK_I4, "an authorization is shown for %s",
                     frame.channel < 0 ? "nothing" : channel_name(frame.channel));
        return;
    }
    const struct watched_channel *c = &w->channels[frame.channel];
    char auth[GRANT_AUTH_MAX];
    enum verdict verdict = c->bare ? VERDICT_BARE : VERDICT_GRANTED;
    grant_auth(auth, frame.channel, str_of(w->socket_id), c->request);
    bool granted = c->bare || c->unsure || c->verdict == verdict;
    if (!str_equal(frame.auth, str_of(auth)) || !granted)
        violated(app->world, CHECK_I4, "a subscribe of %s without its authorization",
                 channel_name(frame.channel));
    if (c->unsure)
        return;
    const char *signed_data = grant_signed_data(verdict, frame.channel);
    if (!str_equal(frame.signed_data, str_of(signed_data)))
        violated(app->world, CHECK_I4, "what was signed is sent as %.*s",
                 STR_ARG(frame.signed_data));
    if (c->bare && w->channels[SIGNIN].stage != WATCHED_CONFIRMED)
        violated(app->world, CHECK_I4, "a member, and nobody is signed in");
}

/* --- levels --- */

bool watch_signin_pending(const struct watch *watch)
{
    const struct watched_channel *c = &watch->channels[SIGNIN];
    bool failed = c->stage == WATCHED_REFUSED && c->due == UINT64_MAX;
    return c->wanted && !failed && c->stage != WATCHED_CONFIRMED;
}

static void on_levels(struct app *app, bool can_send)
{
    struct watch *w = &app->watch;
    bool full =
        !app->options.authorizer.batch && under_way(w) >= app->options.max_parallel_auth;
    for (int i = 0; i < WATCHED_REQUESTS; i++) {
        if (w->requests[i].id && w->requests[i].obsolete)
            violated(app->world, CHECK_I6, "the authorizer was not told to forget %s",
                     channel_name(w->requests[i].channel));
    }
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        const struct watched_channel *c = &w->channels[i];
        bool waits = full || (c->bare && (watch_signin_pending(w) || !can_send));
        if (c->stage == WATCHED_QUEUED && !waits && !c->unsure)
            violated(app->world, CHECK_L2, "no authorization is asked for %s",
                     channel_name(i));
    }
}

void watch_auth(struct app *app, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_AUTH_BEGIN:
        on_begin(app, fact);
        return;
    case FACT_AUTH_CANCEL:
        on_cancel(app, fact);
        return;
    case FACT_RETURN:
        if (fact->n[0] == CALL_ANSWER)
            on_answer(app, fact);
        return;
    case FACT_SENT:
        on_sent(app, fact);
        return;
    case FACT_LEVELS:
        on_levels(app, fact->n[2]);
        return;
    default:
        return;
    }
}
