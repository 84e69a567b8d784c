/*
 * Facts to checks.
 */
#include "watch.h"

#include "app.h"
#include "machine.h"
#include "transport.h"

void watch_fact(struct app *app, const struct fact *fact)
{
    watch_calls(app, fact);
    watch_members(app, fact);
    watch_sealed(app, fact);
    watch_delivery(app, fact);
    watch_auth(app, fact);
    watch_channels(app, fact);
    watch_troubles(app, fact);
    watch_trigger(app, fact);
    watch_attempts(app, fact);
}

/* An attempt that was drawn well ends well within this; and letters that were under way
 * when faults stopped arrive within it. */
enum { HANDSHAKE_BUDGET_MS = 10000 };

uint64_t watch_well_by(const struct app *app)
{
    const struct weather *weather = &app->world->weather;
    const pusher_options *o = &app->options;
    if (!weather->calm || app->settled_at < weather->calm_since)
        return UINT64_MAX;
    uint64_t budget = o->connect_timeout_ms + o->backoff_max_ms + HANDSHAKE_BUDGET_MS;
    if (o->backoff_min_ms > o->backoff_max_ms)
        budget += o->backoff_min_ms;
    return app->settled_at + budget;
}

static uint64_t notice_ms(const struct app *app)
{
    const struct watch *w = &app->watch;
    return w->activity_ms + app->options.pong_timeout_ms;
}

uint64_t watch_notice_by(const struct app *app)
{
    const struct watch *w = &app->watch;
    uint64_t by = w->heard_at + notice_ms(app);
    return (by < w->notice_by ? by : w->notice_by) + w->frozen_ms;
}

/* One that was under way when faults stopped may have to time out, and be tried again;
 * and before it the sign-in that it waits for. */
static uint64_t subscribed_by(const struct app *app)
{
    const pusher_options *o = &app->options;
    uint64_t from = app->watch.connected_at;
    if (from < app->settled_at)
        from = app->settled_at;
    return from + HANDSHAKE_BUDGET_MS +
           2 * ((uint64_t)o->subscribe_timeout_ms + o->auth_timeout_ms +
                o->backoff_max_ms);
}

static void check_subscribed(struct app *app)
{
    const struct watch *w = &app->watch;
    for (int i = 0; i < WATCHED_CHANNELS; i++) {
        const struct watched_channel *c = &w->channels[i];
        bool well = c->stage == WATCHED_CONFIRMED ||
                    (c->stage == WATCHED_REFUSED && c->due == UINT64_MAX);
        if (c->wanted && !well && !c->unsure)
            violated(app->world, CHECK_L2,
                     "%s is not subscribed %u ms after faults stopped", channel_name(i),
                     (unsigned)(app->world->now - app->settled_at));
    }
}

static void check_liveness(struct app *app)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    uint64_t by = watch_well_by(app);
    if (by == UINT64_MAX || !w->wants)
        return;
    if (app->settled_deaf) /* that has to be noticed first */
        by += notice_ms(app);
    if (world->now <= by)
        return;
    if (!w->connected)
        violated(world, CHECK_L1, "not connected %u ms after faults stopped",
                 (unsigned)(world->now - app->settled_at));
    else if (world->now > subscribed_by(app))
        check_subscribed(app);
}

void watch_clock(struct app *app)
{
    struct watch *w = &app->watch;
    struct world *world = app->world;
    enum { TICK_MS = 1000 };
    if (!w->alive || world->violation.check ||
        world->now < app->loop->busy_until + TICK_MS)
        return;
    if (w->connected && world->now > watch_notice_by(app) + TICK_MS)
        violated(world, CHECK_L3, "silent for %u ms, and still taken for connected",
                 (unsigned)(world->now - w->heard_at));
    bool trying = w->attempt_open && w->dialled && !w->waits && !w->connected && w->wants;
    if (trying && world->now > w->started_at + app->options.connect_timeout_ms + TICK_MS +
                                   w->frozen_ms)
        violated(world, CHECK_L5, "an attempt lasts %u ms",
                 (unsigned)(world->now - w->started_at));
    check_liveness(app);
}
