/*
 * The server at its best, unless the weather says otherwise.
 */
#include "server.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/str.h"
#include "frame_of.h"

/* --- publishing --- */

static void publish(void *userdata)
{
    struct ws *ws = userdata;
    struct world *world = ws->world;
    int channel = (int)pick(world, 0, CHANNEL_NAMES - 1);
    if (ws->session.subscribed[channel]) {
        if (chance(world, 30))
            say_count(ws, channel, false);
        say_event(ws, channel, chance(world, 500) ? EVENT_ORDER : EVENT_TICK);
    }
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

static void on_subscribe(struct ws *ws, int channel)
{
    struct world *world = ws->world;
    struct session *session = &ws->session;
    if (planted(world, PLANT_NEVER_CONFIRMED))
        return;
    if (fault_strikes(world, FAULT_SUBSCRIBE_IGNORED)) {
        ws->app->ignored[channel] = ws->number;
        return;
    }
    if (fault_strikes(world, FAULT_SUBSCRIBE_ERROR)) {
        say_refused(ws, channel);
        return;
    }
    session->subscribed[channel] = true;
    say_succeeded(ws, channel);
    if (fault_strikes(world, FAULT_SUBSCRIBE_TWICE))
        say_succeeded(ws, channel);
}

void server_read(struct ws *ws, pusher_str text)
{
    struct frame frame;
    frame_read(text, &frame);
    if (!ws->session.greeted)
        return;
    switch (frame.kind) {
    case FRAME_PING:
        ws->session.deaf = fault_strikes(ws->world, FAULT_PONG_NEVER);
        if (!ws->session.deaf)
            say_pong(ws);
        return;
    case FRAME_SUBSCRIBE:
        if (frame.channel >= 0 && frame.channel < CHANNEL_NAMES)
            on_subscribe(ws, frame.channel);
        return;
    case FRAME_UNSUBSCRIBE:
        if (frame.channel >= 0 && frame.channel < CHANNEL_NAMES)
            ws->session.subscribed[frame.channel] = false;
        return;
    case FRAME_PONG:
    case FRAME_NONE:
        return;
    }
}
