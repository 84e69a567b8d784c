/*
 * The pump. Each thing that happened goes into the core as a fact; then, until the core
 * is quiet: problems, deliveries and state changes go to the callbacks, the wanted
 * transport is opened or closed, owed frames are sent, due deadlines are handled; last,
 * one timer is armed.
 *
 * A callback that calls the library only adds input: the pump on the stack sees it in its
 * next round, so the core is never entered half-way.
 */
#include "client/pump.h"

#include "base/str.h"
#include "client/auth.h"
#include "client/dispatch.h"
#include "codec/url.h"

enum { NORMAL_CLOSURE = 1000 };

/* The layers do not see each other; this is where a stage of one becomes that of the
 * other. */
static enum core_stage core_stage_of(enum ws_stage stage)
{
    switch (stage) {
    case WS_STAGE_RESOLVE:
        return CORE_STAGE_RESOLVE;
    case WS_STAGE_CONNECT:
        return CORE_STAGE_CONNECT;
    case WS_STAGE_TLS:
        return CORE_STAGE_TLS;
    case WS_STAGE_PROXY:
        return CORE_STAGE_PROXY;
    case WS_STAGE_UPGRADE:
        return CORE_STAGE_UPGRADE;
    case WS_STAGE_OPEN:
        return CORE_STAGE_OPEN;
    case WS_STAGE_LIMIT:
        return CORE_STAGE_LIMIT;
    case WS_STAGE_INVALID:
        return CORE_STAGE_INVALID;
    }
    return CORE_STAGE_CONNECT;
}

static void pump(pusher_client *client);

static void on_turn(void *userdata)
{
    pusher_client *client = userdata;
    core_on_dialled(client->core, client->ws_generation, loop_now(client->loop));
    pump(client);
}

static void on_open(void *userdata)
{
    pusher_client *client = userdata;
    core_on_open(client->core, client->ws_generation, loop_now(client->loop));
    pump(client);
}

static void on_text(void *userdata, pusher_str text)
{
    pusher_client *client = userdata;
    core_on_text(client->core, client->ws_generation, text, loop_now(client->loop));
    pump(client);
}

static void on_binary(void *userdata, size_t bytes)
{
    pusher_client *client = userdata;
    core_on_binary(client->core, client->ws_generation, bytes, loop_now(client->loop));
    pump(client);
}

void pump_arrival(pusher_client *client)
{
    if (client->ws)
        core_on_arrival(client->core, client->ws_generation, ws_arrived_at(client->ws));
}

static void on_sent(void *userdata)
{
    pump(userdata);
}

static void on_closed(void *userdata, const struct ws_closed *closed)
{
    pusher_client *client = userdata;
    pump_arrival(client);
    client->ws = NULL;
    struct core_closed fact = {
        .stage = core_stage_of(closed->stage),
        .close_code = closed->close_code,
        .http_status = closed->http_status,
        .system_error = closed->system_error,
        .reason = closed->reason,
    };
    core_on_closed(client->core, client->ws_generation, &fact, loop_now(client->loop));
    pump(client);
}

static int dial_with(pusher_client *client, bool tls, struct buf *texts)
{
    const struct endpoint *to = &client->endpoint;
    uint16_t port = to->port ? to->port : url_default_port(tls);
    int rc = url_append_request(texts, str_of(to->path), str_of(to->key));
    size_t request_bytes = texts->len;
    if (!rc)
        rc = url_append_host_header(texts, str_of(to->host), port, tls);
    if (rc)
        return rc;
    struct ws_target target = {
        .host = str_of(to->host),
        .port = port,
        .tls = tls,
        .ca_file = str_of(to->ca_file),
        .request = {texts->ptr, request_bytes},
        .host_header = {texts->ptr + request_bytes, texts->len - request_bytes},
        .origin = str_of(to->origin),
        .max_message_bytes = to->max_message_bytes,
        .timeout_ms = to->connect_timeout_ms,
    };
    static const struct ws_calls calls = {.on_turn = on_turn,
                                          .on_open = on_open,
                                          .on_text = on_text,
                                          .on_binary = on_binary,
                                          .on_sent = on_sent,
                                          .on_closed = on_closed};
    struct ws_handler handler = {&calls, client};
    return ws_dial(client->loop, &target, &handler, &client->ws);
}

/* What failed on our side ends the attempt like anything else. */
static void fail_attempt(pusher_client *client, enum core_stage stage, int error)
{
    struct core_closed fact = {
        .stage = stage,
        .close_code = -1,
        .reason = str_of(pusher_strerror(error)),
    };
    core_on_closed(client->core, client->ws_generation, &fact, loop_now(client->loop));
}

/* Makes the transport what the core wants it to be. False: that failed, and the core
 * knows. */
static bool apply_want(pusher_client *client)
{
    struct core_want want = core_want(client->core);
    if (client->ws && (!want.open || want.generation != client->ws_generation)) {
        struct ws *ws = client->ws;
        client->ws = NULL;
        ws_close(ws, NORMAL_CLOSURE);
    }
    if (client->ws || !want.open)
        return true;
    client->ws_generation = want.generation;
    int rc = dial_with(client, want.tls, loop_scratch(client->loop));
    loop_scratch_done(client->loop);
    if (rc)
        fail_attempt(client, CORE_STAGE_CONNECT, rc);
    else if (!ws_is_waiting(client->ws))
        core_on_dialled(client->core, want.generation, loop_now(client->loop));
    return rc == 0;
}

/* Sends one owed frame; the next one follows when it has gone out. False: there is none.
 * Without memory for it the connection is made anew, rather than let client and server
 * disagree. */
static bool send_frame(pusher_client *client)
{
    if (!client->ws || !ws_can_send(client->ws))
        return false;
    struct buf *frame = loop_scratch(client->loop);
    int rc = core_next_frame(client->core, frame, loop_now(client->loop));
    bool owed = rc != 0;
    if (rc > 0)
        rc = ws_send(client->ws, buf_str(frame));
    loop_scratch_done(client->loop);
    if (rc)
        fail_attempt(client, CORE_STAGE_OURS, rc);
    return owed;
}

/* Gives the callbacks one thing that is due; false when there is none. */
static bool tell(pusher_client *client)
{
    pusher_problem problem;
    struct core_delivery delivery;
    if (core_take_problem(client->core, &problem)) {
        dispatch_problem(client, &problem);
        return true;
    }
    if (core_take_delivery(client->core, &delivery)) {
        dispatch_event(client, &delivery);
        return true;
    }
    if (core_next_told(client->core))
        return true;
    pusher_state state = core_state(client->core);
    if (state == client->announced)
        return false;
    dispatch_state(client, state);
    return true;
}

/* A message moves the deadline away: an armed timer that is early is left alone and looks
 * again when it fires, so that the event path never touches the heap. */
static void arm(pusher_client *client)
{
    uint64_t deadline = core_deadline(client->core);
    if (deadline == CORE_NEVER)
        loop_timer_clear(client->loop, &client->timer);
    else if (!client->timer.armed || deadline < client->timer.node.deadline)
        loop_timer_set(client->loop, &client->timer, deadline);
}

static void work(pusher_client *client)
{
    for (;;) {
        while (client->life == CLIENT_ALIVE && tell(client))
            ;
        if (client->life != CLIENT_ALIVE)
            return;
        uint64_t now = loop_now(client->loop);
        if (core_deadline(client->core) <= now) {
            pump_arrival(client);
            if (client->ws)
                core_on_progress(client->core, client->ws_generation,
                                 core_stage_of(ws_stage(client->ws)));
            core_on_time(client->core, now);
            continue;
        }
        if (apply_want(client) && !auth_work(client) && !send_frame(client))
            break;
    }
    arm(client);
}

static void pump(pusher_client *client)
{
    client_enter(client);
    work(client);
    client_leave(client);
}

static void run_task(void *userdata)
{
    pump(userdata);
}

void pump_init(pusher_client *client)
{
    loop_task_init(&client->task, run_task, client);
    client->timer.fire = run_task;
    client->timer.userdata = client;
}

void pump_later(pusher_client *client)
{
    loop_task_schedule(client->loop, &client->task);
}

void pump_detach(pusher_client *client)
{
    loop_task_cancel(&client->task);
    loop_timer_clear(client->loop, &client->timer);
    if (client->ws) {
        struct ws *ws = client->ws;
        client->ws = NULL;
        ws_close(ws, NORMAL_CLOSURE);
    }
}
