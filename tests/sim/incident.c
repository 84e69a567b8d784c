/*
 * Incidents: what goes wrong at a moment, with the connection that an application has
 * just then, or with its machine.
 */
#include <errno.h>

#include "app.h"
#include "machine.h"
#include "server.h"

static bool is_open(const struct ws *ws)
{
    return ws && ws->stage == WS_STAGE_OPEN;
}

/* To an open connection. */
static void strike_link(struct world *world, enum fault fault, struct ws *ws)
{
    static const int errors[] = {0, ECONNRESET, ETIMEDOUT, EPIPE};
    static const int inband[] = {4001, 4004, 4009, 4100, 4200, 4201, 4301, -1};
    trace_note(world, "incident: %s", fault_what(fault));
    switch (fault) {
    case FAULT_DROP:
        transport_reset(ws, PICK_OF(world, errors));
        return;
    case FAULT_CLOSE_CODE:
        say_close(ws, pick_code(world));
        return;
    case FAULT_ERROR_DROP:
        say_error(ws, PICK_OF(world, inband));
        say_close(ws, -1);
        return;
    case FAULT_ERROR_ONLY:
        say_error(ws, chance(world, 500) ? pick_code(world) : PICK_OF(world, inband));
        return;
    case FAULT_HALF_OPEN:
        ws->dead = true;
        return;
    case FAULT_STALL:
        ws->stalled_until = world->now + pick(world, 100, 200000);
        return;
    case FAULT_GARBAGE:
        say_garbage(ws);
        return;
    case FAULT_UNKNOWN:
        say_unknown(ws);
        return;
    case FAULT_BINARY:
        say_binary(ws);
        return;
    case FAULT_PING_FLOOD:
        for (uint32_t n = pick(world, 2, 100); n; n--)
            say_ping(ws);
        return;
    case FAULT_BURST:
        for (uint32_t n = pick(world, 2, 60); n; n--)
            say_event(ws, (int)pick(world, 0, CHANNEL_NAMES - 1), EVENT_TICK);
        return;
    case FAULT_SECOND_GREETING:
        server_greet(ws);
        return;
    case FAULT_TOO_LONG:
        transport_break(ws, WS_STAGE_LIMIT);
        return;
    case FAULT_BROKEN_FRAME:
        transport_break(ws, WS_STAGE_INVALID);
        return;
    default:
        return;
    }
}

static void server_dies(struct world *world)
{
    world->down_until = world->now + pick(world, 0, 120000);
    trace_note(world, "incident: the server dies for %u ms",
               (unsigned)(world->down_until - world->now));
    for (size_t i = 0; i < world->app_count; i++) {
        struct ws *ws = world->apps[i]->ws;
        if (is_open(ws) && !ws->dead && world->now >= ws->loop->busy_until)
            transport_reset(ws, ECONNRESET);
    }
}

static void machine_stops(struct world *world, enum fault fault, struct app *app)
{
    static const uint32_t longest[] = {500, 5000, 60000, 600000, 7200000};
    uint32_t ms = pick(world, 1, PICK_OF(world, longest));
    pusher_loop *loop = app_loop(app);
    uint64_t left = weather_last_calm(world) - world->now;
    if (ms > left)
        ms = (uint32_t)left;
    if (!loop || !ms)
        return;
    trace_note(world, "incident: the machine %s for %u ms",
               fault == FAULT_SUSPEND ? "sleeps" : "is frozen", (unsigned)ms);
    if (fault == FAULT_SUSPEND)
        machine_sleep(loop, ms);
    else
        machine_freeze(loop, ms);
    observe(app, &(struct fact){.kind = FACT_SLEPT, .n = {ms}});
}

void incident(struct world *world, enum fault fault, struct app *app)
{
    pusher_loop *loop = app_loop(app);
    bool busy = loop && world->now < loop->busy_until;
    switch (fault) {
    case FAULT_OUTAGE:
        server_dies(world);
        return;
    case FAULT_SUSPEND:
    case FAULT_FREEZE:
        if (!busy)
            machine_stops(world, fault, app);
        return;
    case FAULT_WALL_JUMP:
        world->wall_offset_ms = ((int64_t)pick(world, 0, 630720000) - 315360000) * 1000;
        trace_note(world, "incident: the wall clock jumps");
        return;
    case FAULT_MEMORY: {
        uint32_t after = pick(world, 0, 20); /* drawn in this order by every compiler */
        memory_fail(&app->memory, after, pick(world, 1, 30));
        trace_note(world, "incident: %zu allocations will fail after %zu",
                   app->memory.fail_next, app->memory.fail_after);
        return;
    }
    case FAULT_CALL:
        if (!busy)
            app_move(app);
        return;
    case FAULT_CALL_INSIDE:
    case FAULT_COUNT:
        return;
    default:
        if (is_open(app->ws) && !busy)
            strike_link(world, fault, app->ws);
        return;
    }
}
