/*
 * What the application does, and when.
 */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

#include "authorizer.h"
#include "base/str.h"
#include "machine.h"
#include "transport.h"

pusher_loop *app_loop(const struct app *app)
{
    return app->client ? app->loop : NULL;
}

static void reconnect(void *userdata)
{
    struct app *app = userdata;
    if (!app->client || machine_puts_off(app->loop, &app->reconnect))
        return;
    app->settled_at = app->world->now; /* liveness is counted from here */
    call_connect(app);
}

/* --- moves --- */

static int pick_channel(struct app *app, bool subscribed)
{
    int from = (int)pick(app->world, 0, CHANNEL_NAMES - 1);
    if (chance(app->world, 300)) /* one that needs an authorization */
        from = (int)pick(app->world, PUBLIC_CHANNELS, CHANNEL_NAMES - 1);
    for (int i = 0; i < CHANNEL_NAMES; i++) {
        int channel = (from + i) % CHANNEL_NAMES;
        if (!subscribed || app->channels[channel])
            return channel;
    }
    return -1;
}

/* An event to bind to; often every one. */
static int pick_event(struct app *app)
{
    return chance(app->world, 300) ? -1 : (int)pick(app->world, 0, EVENT_NAMES - 1);
}

/* Bindings that are gone may still have their userdata, while a callback is on the
 * stack: their id is tried, too. */
static int pick_binding(struct app *app)
{
    int from = (int)pick(app->world, 0, MOST_BINDINGS - 1);
    for (int i = 0; i < MOST_BINDINGS; i++) {
        int binding = (from + i) % MOST_BINDINGS;
        if (app->bindings[binding])
            return binding;
    }
    return -1;
}

/* Calls that must fail, and change nothing. */
static void misuse(struct app *app)
{
    pusher_channel *channel = NULL;
    static const struct {
        const char *name;
        int rc;
    } wrong[] = {
        {"", PUSHER_ERR_BAD_CHANNEL},           {"a b", PUSHER_ERR_BAD_CHANNEL},
        {"#server", PUSHER_ERR_BAD_CHANNEL},    {NULL, PUSHER_ERR_INVALID},
        {"private-a ", PUSHER_ERR_BAD_CHANNEL},
    };
    size_t i = pick(app->world, 0, sizeof wrong / sizeof *wrong - 1);
    size_t blocks = app->memory.blocks;
    int rc = pusher_client_subscribe(app->client, wrong[i].name, &channel);
    if (rc != wrong[i].rc || channel || app->memory.blocks != blocks)
        violated(app->world, CHECK_I11, "subscribe(%s) gave %d",
                 wrong[i].name ? wrong[i].name : "NULL", rc);
    uint32_t last_ms = UINT32_MAX;
    if (pusher_client_round_trip(app->client, &last_ms, NULL) == 0 && last_ms > 86400000)
        violated(app->world, CHECK_I11, "a round trip of %u ms", (unsigned)last_ms);
    rc = pusher_client_unbind(app->client, (pusher_id)1 << 60);
    if (rc != PUSHER_ERR_NOT_FOUND)
        violated(app->world, CHECK_I11, "unbinding what never was gave %d", rc);
}

void app_move(struct app *app)
{
    struct world *world = app->world;
    if (!app->client) {
        call_new(app);
        return;
    }
    uint32_t dice = pick(world, 0, 114);
    int channel;
    if (dice >= 113) {
        call_signin(app);
    } else if (dice >= 100) {
        if ((channel = pick_channel(app, true)) >= 0)
            call_trigger(app, channel);
    } else if (dice < 20) {
        call_connect(app);
    } else if (dice < 26) {
        call_disconnect(app);
    } else if (dice < 52) {
        call_subscribe(app, pick_channel(app, false));
    } else if (dice < 64) {
        if ((channel = pick_channel(app, true)) >= 0)
            call_unsubscribe(app, channel);
    } else if (dice < 82) {
        channel = chance(world, 700)   ? pick_channel(app, true)
                  : chance(world, 300) ? SIGNIN
                                       : -1;
        call_bind(app, channel, pick_event(app));
    } else if (dice < 92) {
        int binding = pick_binding(app);
        if (binding >= 0)
            call_unbind(app, binding);
    } else if (dice < 95) {
        misuse(app);
    } else if (dice < 97) {
        call_ping(app);
    } else if (dice < 98) {
        call_hint(app);
    } else {
        call_free(app);
    }
}

/* --- from beginning to end --- */

/* Faults have stopped: makes up its mind and leaves it at that. */
static void settle(void *userdata)
{
    struct app *app = userdata;
    struct world *world = app->world;
    if (!world->weather.calm || (app->loop && machine_puts_off(app->loop, &app->settle)))
        return;
    memory_fail(&app->memory, 0, 0);
    happening_cancel(world, &app->reconnect);
    app->settled_at = world->now;
    if (app->ws)
        transport_unstall(app->ws);
    app->settled_deaf = app->ws && (app->ws->dead || app->ws->session.deaf);
    if (!app->client)
        call_new(app);
    if (!app->channels[0])
        call_subscribe(app, 0);
    if (pick_binding(app) < 0)
        call_bind(app, -1, -1);
    if (app->options.authorizer.begin && !app->channels[PRESENCE_CHANNEL] &&
        chance(world, 300))
        call_subscribe(app, PRESENCE_CHANNEL);
    if (app->channels[PRESENCE_CHANNEL] && chance(world, 300))
        call_bind(app, PRESENCE_CHANNEL, -1);
    if (world->weather.last || chance(world, 900))
        call_connect(app);
    else
        call_disconnect(app);
}

static void look(void *userdata)
{
    struct app *app = userdata;
    if (!app->loop || !machine_puts_off(app->loop, &app->look))
        app_look(app);
}

void app_init(struct app *app, struct world *world, unsigned number)
{
    *app = (struct app){.world = world, .number = number};
    memory_init(&app->memory, app);
    app->reconnect.happen = reconnect;
    app->reconnect.userdata = app;
    app->look = (struct happening){.happen = look, .userdata = app};
    authorizer_init(app);
    app->settle.happen = settle;
    app->settle.userdata = app;
}

void app_settle(struct app *app)
{
    happening_plan(app->world, &app->settle, app->world->now);
}

void app_end(struct app *app)
{
    if (app->client)
        call_free(app);
    app_look(app);
    happening_cancel(app->world, &app->reconnect);
    happening_cancel(app->world, &app->look);
    happening_cancel(app->world, &app->settle);
    authorizer_forget(app);
}

/* --- looking --- */

static void look_at_channels(struct app *app)
{
    for (int i = 0; i < CHANNEL_NAMES; i++) {
        pusher_channel *found = pusher_client_channel(app->client, channel_name(i));
        if (found != app->channels[i])
            violated(app->world, CHECK_I8, "channel %s is%s known", channel_name(i),
                     found ? "" : " not");
        if (found)
            observe(app, &(struct fact){.kind = FACT_CHANNEL,
                                        .n = {i, 1, pusher_channel_state(found)}});
    }
}

/* "0=3 5=17 ": who is there, with the versions of their info; "0= " if it is none. */
static void look_at_roster(struct app *app)
{
    pusher_channel *channel = app->channels[PRESENCE_CHANNEL];
    char text[USERS * 40] = "", id[8];
    pusher_member member;
    size_t len = 0;
    for (int user = 0; user < USERS; user++) {
        snprintf(id, sizeof id, "%d", user);
        if (!pusher_channel_member(channel, id, &member))
            continue;
        if (!str_equal(member.id, str_of(id)))
            violated(app->world, CHECK_I10, "member %s is called %.*s", id,
                     STR_ARG(member.id));
        pusher_str info = member.info;
        if (str_starts_with(info, STR("{\"v\":")))
            info = (pusher_str){info.ptr + 5, info.len - 6};
        len += (size_t)snprintf(text + len, sizeof text - len, "%d=%.*s ", user,
                                STR_ARG(info));
    }
    size_t listed = 0;
    pusher_member at = {0};
    while (pusher_channel_next_member(channel, &at))
        listed++;
    bool me = pusher_channel_me(channel, &member);
    observe(app, &(struct fact){.kind = FACT_ROSTER,
                                .n = {(int64_t)pusher_channel_member_count(channel),
                                      (int64_t)listed, me ? atoi(member.id.ptr) : -1},
                                .text = str_of(text)});
}

static void look_at_user(struct app *app)
{
    observe(app, &(struct fact){.kind = FACT_USER,
                                .n = {pusher_client_signin_state(app->client)},
                                .text = pusher_client_user_id(app->client)});
    observe(app,
            &(struct fact){.kind = FACT_DROPPED,
                           .n = {(int64_t)pusher_client_dropped_events(app->client)}});
}

static void look_at_client(struct app *app)
{
    observe(app,
            &(struct fact){.kind = FACT_LEVELS,
                           .n = {pusher_client_state(app->client), app->live,
                                 app->ws && ws_can_send(app->ws),
                                 (int64_t)app->memory.blocks, (int64_t)app->memory.bytes},
                           .text = pusher_client_socket_id(app->client)});
    look_at_channels(app);
    look_at_user(app);
    if (app->client && app->channels[PRESENCE_CHANNEL])
        look_at_roster(app);
}

/* Nothing is due any more, in this millisecond either. */
static bool at_rest(const pusher_loop *loop)
{
    return !loop->base.depth && list_empty(&loop->base.tasks) &&
           !(loop->turn.armed && loop->turn.node.deadline <= loop->world->now);
}

void app_look(struct app *app)
{
    if (app->client) {
        if (at_rest(app->loop))
            look_at_client(app);
        return;
    }
    if (app->own_loop && app->own_loop->base.depth)
        return;
    pusher_loop_free(app->own_loop);
    app->own_loop = NULL;
    if (app->uncounted) {
        app->uncounted = false;
        observe(app, &(struct fact){.kind = FACT_GONE,
                                    .n = {(int64_t)app->memory.blocks,
                                          (int64_t)app->memory.bytes, app->live}});
    }
}
