/*
 * The server at its best, unless the weather says otherwise.
 */
#include "server.h"

#include <stdio.h>

#include "app.h"
#include "base/str.h"
#include "frame_of.h"

/* --- publishing --- */

/* Somebody comes or goes, and everybody there is told; not so while nobody looks. */
static void move_member(struct ws *ws, bool watched)
{
    struct world *world = ws->world;
    int user = (int)pick(world, 1, USERS - 1);
    bool again = chance(world, 50); /* for some servers a connection is a member */
    struct app *app = ws->app;
    if (!again)
        app->present ^= 1u << user;
    if (watched)
        say_member(ws, PRESENCE_CHANNEL, user, (app->present & 1u << user) != 0);
}

static void publish_on(struct ws *ws, int channel)
{
    struct world *world = ws->world;
    if (channel == SIGNIN) {
        say_watched(ws, fault_strikes(world, FAULT_WATCHED_BAD));
        return;
    }
    if (channel == SEALED_CHANNEL) {
        say_sealed(ws);
        return;
    }
    if (channel == PRESENCE_CHANNEL && fault_strikes(world, FAULT_MEMBER_BAD))
        say_member_without_id(ws, channel);
    if (channel == PRESENCE_CHANNEL && chance(world, 700)) {
        move_member(ws, true);
        return;
    }
    if (chance(world, 30) && channel != PERSONAL_CHANNEL)
        say_count(ws, channel, false);
    say_event(ws, channel, chance(world, 500) ? EVENT_ORDER : EVENT_TICK);
}

static void publish(void *userdata)
{
    struct ws *ws = userdata;
    struct world *world = ws->world;
    int channel = (int)pick(world, 0, WATCHED_CHANNELS - 1);
    if (chance(world, 20))
        world->key++; /* it was exchanged */
    if (ws->session.subscribed[channel])
        publish_on(ws, channel);
    if (chance(world, 20))
        say_ping(ws);
    happening_plan(world, &ws->session.publish, world->now + pick_gap(world, 60000));
}

/* --- the greeting --- */

void server_greet(struct ws *ws)
{
    struct session *session = &ws->session;
    say_greeting(ws);
    if (session->greeted)
        return;
    session->greeted = true;
    session->publish = (struct happening){.happen = publish, .userdata = ws};
    happening_plan(ws->world, &session->publish,
                   ws->world->now + pick_gap(ws->world, 60000));
}

void server_accept(struct ws *ws)
{
    struct world *world = ws->world;
    struct session *session = &ws->session;
    snprintf(session->socket_id, sizeof session->socket_id, "%u.%u", ++world->socket_ids,
             (unsigned)pick(world, 1, 1000000));
    if (fault_strikes(world, FAULT_GREETING_NEVER))
        return;
    if (fault_strikes(world, FAULT_GREETING_BAD)) {
        if (chance(world, 500))
            say_garbage(ws);
        else
            say_unknown(ws);
        return;
    }
    if (fault_strikes(world, FAULT_GREETING_ERROR)) {
        int code = pick_code(world);
        say_error(ws, code);
        if (chance(world, 700))
            say_close(ws, chance(world, 500) ? code : -1);
        return;
    }
    if (fault_strikes(world, FAULT_GREETING_CLOSE)) {
        say_close(ws, pick_code(world));
        return;
    }
    server_greet(ws);
}

/* --- answers --- */

static void confirm(struct ws *ws, int channel)
{
    if (channel == SIGNIN) {
        say_signed_in(ws, fault_strikes(ws->world, FAULT_SIGNIN_BAD));
    } else if (channel == PRESENCE_CHANNEL) {
        for (uint32_t n = pick(ws->world, 0, 3); n; n--)
            move_member(ws, false);
        say_roster(ws, channel, fault_strikes(ws->world, FAULT_ROSTER_BAD));
    } else {
        say_succeeded(ws, channel);
    }
}

/* With an error that names the channel, or with one that does not (SUB-13). */
static void refuse(struct ws *ws, int channel)
{
    if (channel == SIGNIN || (needs_authorization(channel) && chance(ws->world, 400)))
        say_error(ws, 4009);
    else
        say_refused(ws, channel);
}

static void on_subscribe(struct ws *ws, int channel)
{
    struct world *world = ws->world;
    struct session *session = &ws->session;
    if (planted(world, PLANT_NEVER_CONFIRMED))
        return;
    if (fault_strikes(world, FAULT_SUBSCRIBE_IGNORED))
        return;
    if (fault_strikes(world, FAULT_SUBSCRIBE_ERROR)) {
        refuse(ws, channel);
        return;
    }
    session->subscribed[channel] = true;
    confirm(ws, channel);
    if (fault_strikes(world, FAULT_SUBSCRIBE_TWICE))
        confirm(ws, channel);
}

void server_read(struct ws *ws, pusher_str text)
{
    struct frame frame;
    frame_read(text, &frame);
    if (!ws->session.greeted)
        return;
    bool known = frame.channel >= 0 && frame.channel < WATCHED_CHANNELS;
    switch (frame.kind) {
    case FRAME_PING:
        ws->session.deaf = fault_strikes(ws->world, FAULT_PONG_NEVER);
        if (!ws->session.deaf)
            say_pong(ws);
        return;
    case FRAME_SUBSCRIBE:
    case FRAME_SIGNIN:
        if (known)
            on_subscribe(ws, frame.channel);
        return;
    case FRAME_UNSUBSCRIBE:
        if (known)
            ws->session.subscribed[frame.channel] = false;
        return;
    case FRAME_CLIENT_EVENT: /* for others */
    case FRAME_PONG:
    case FRAME_NONE:
        return;
    }
}
