/*
 * Attempts, links and their ends.
 */
#include "transport.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "base/str.h"
#include "machine.h"
#include "server.h"

static void fact(struct ws *ws, enum fact_kind kind, int64_t a, int64_t b,
                 pusher_str text)
{
    observe(ws->app, &(struct fact){.kind = kind, .n = {ws->number, a, b}, .text = text});
}

/* --- ends --- */

static void drop_letters(struct list *letters)
{
    while (!list_empty(letters)) {
        struct letter *letter = container_of(letters->next, struct letter, link);
        list_remove(&letter->link);
        free(letter);
    }
}

static void forget(struct ws *ws)
{
    struct world *world = ws->world;
    happening_cancel(world, &ws->progress);
    happening_cancel(world, &ws->sent);
    happening_cancel(world, &ws->client_hears);
    happening_cancel(world, &ws->server_hears);
    happening_cancel(world, &ws->session.publish);
    drop_letters(&ws->to_client);
    drop_letters(&ws->to_server);
    ws->app->live--;
    if (ws->app->ws == ws)
        ws->app->ws = NULL;
    mem_free(&ws->loop->base.mem, ws->token);
    free(ws);
}

/* Tells the client that it is over. */
static void end(struct ws *ws, const struct ws_closed *closed)
{
    pusher_loop *loop = ws->loop;
    struct ws_handler handler = ws->handler;
    machine_enter(loop);
    fact(ws, FACT_ENDED, closed->stage, closed->close_code, closed->reason);
    forget(ws);
    handler.calls->on_closed(handler.userdata, closed);
    machine_leave(loop);
}

void transport_reset(struct ws *ws, int system_error)
{
    end(ws, &(struct ws_closed){
                .stage = WS_STAGE_OPEN, .close_code = -1, .system_error = system_error});
}

void transport_break(struct ws *ws, enum ws_stage stage)
{
    end(ws, &(struct ws_closed){.stage = stage, .close_code = -1});
}

/* --- the attempt --- */

static void fail_attempt(struct ws *ws)
{
    static const int statuses[] = {200, 301, 400, 401, 403, 404, 429, 500, 502, 503};
    static const int errors[] = {ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, ENETUNREACH,
                                 EMFILE};
    struct ws_closed closed = {.stage = ws->stage, .close_code = -1};
    switch (ws->stage) {
    case WS_STAGE_RESOLVE:
        closed.reason = STR("the name is not known");
        break;
    case WS_STAGE_CONNECT:
        closed.system_error = PICK_OF(ws->world, errors);
        break;
    case WS_STAGE_TLS:
        closed.reason = STR("the certificate has expired");
        break;
    default:
        closed.http_status = PICK_OF(ws->world, statuses);
        break;
    }
    end(ws, &closed);
}

static enum ws_stage stage_after(const struct ws *ws)
{
    switch (ws->stage) {
    case WS_STAGE_RESOLVE:
        return WS_STAGE_CONNECT;
    case WS_STAGE_CONNECT:
        return ws->tls ? WS_STAGE_TLS : WS_STAGE_UPGRADE;
    case WS_STAGE_TLS:
        return WS_STAGE_UPGRADE;
    default:
        return WS_STAGE_OPEN;
    }
}

/* The attempts before it are over: it begins. */
static void take_turn(struct ws *ws)
{
    pusher_loop *loop = ws->loop;
    ws->waits = false;
    happening_plan(ws->world, &ws->progress, ws->world->now + ws->stage_ms);
    machine_enter(loop);
    fact(ws, FACT_TURN, 0, 0, (pusher_str){NULL, 0});
    ws->handler.calls->on_turn(ws->handler.userdata);
    machine_leave(loop);
}

static void progress(void *userdata)
{
    struct ws *ws = userdata;
    struct world *world = ws->world;
    if (machine_puts_off(ws->loop, &ws->progress))
        return;
    if (ws->waits) {
        take_turn(ws);
        return;
    }
    if (ws->stage == WS_STAGE_CONNECT && world->now < world->down_until) {
        ws->fails_at = WS_STAGE_CONNECT;
        ws->hangs = false;
    }
    if (ws->stage == ws->fails_at) {
        if (!ws->hangs)
            fail_attempt(ws);
        return;
    }
    ws->stage = stage_after(ws);
    if (ws->stage != WS_STAGE_OPEN) {
        happening_plan(world, &ws->progress, world->now + pick(world, 0, ws->stage_ms));
        return;
    }
    pusher_loop *loop = ws->loop;
    machine_enter(loop);
    fact(ws, FACT_OPENED, 0, 0, (pusher_str){NULL, 0});
    server_accept(ws); /* it may greet at once */
    ws->handler.calls->on_open(ws->handler.userdata);
    machine_leave(loop);
}

static void draw_fate(struct ws *ws)
{
    static const struct {
        enum fault fault;
        enum ws_stage stage;
        bool hangs, tls;
    } fates[] = {
        {FAULT_RESOLVE_FAIL, WS_STAGE_RESOLVE, false, false},
        {FAULT_RESOLVE_HANG, WS_STAGE_RESOLVE, true, false},
        {FAULT_REFUSE, WS_STAGE_CONNECT, false, false},
        {FAULT_CONNECT_HANG, WS_STAGE_CONNECT, true, false},
        {FAULT_TLS_FAIL, WS_STAGE_TLS, false, true},
        {FAULT_TLS_HANG, WS_STAGE_TLS, true, true},
        {FAULT_UPGRADE_STATUS, WS_STAGE_UPGRADE, false, false},
        {FAULT_UPGRADE_HANG, WS_STAGE_UPGRADE, true, false},
    };
    struct world *world = ws->world;
    ws->stage_ms = fault_strikes(world, FAULT_SLOW) ? 8000 : 60;
    ws->latency_ms = pick(world, 0, 80);
    ws->fails_at = WS_STAGE_OPEN;
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        bool possible = ws->tls || !fates[i].tls;
        if (ws->fails_at != WS_STAGE_OPEN || !possible)
            continue;
        if (fault_strikes(world, fates[i].fault)) {
            ws->fails_at = fates[i].stage;
            ws->hangs = fates[i].hangs;
        }
    }
}

/* --- letters --- */

/* When something said now arrives: after all that was said before. */
static uint64_t arrival(struct ws *ws, const struct list *letters)
{
    struct world *world = ws->world;
    uint64_t when = world->now + ws->latency_ms;
    if (fault_strikes(world, FAULT_DELAY))
        when += pick(world, 1, 5000);
    if (when < ws->stalled_until)
        when = ws->stalled_until;
    if (!list_empty(letters)) {
        const struct letter *last = container_of(letters->prev, struct letter, link);
        if (when < last->arrives)
            when = last->arrives;
    }
    return when;
}

static void post(struct ws *ws, struct list *letters, struct happening *hears,
                 struct letter *letter)
{
    letter->arrives = arrival(ws, letters);
    bool first = list_empty(letters);
    list_append(letters, &letter->link);
    if (first)
        happening_plan(ws->world, hears, letter->arrives);
}

static struct letter *letter_new(const struct letter *head, pusher_str text)
{
    struct letter *letter = malloc(sizeof *letter + text.len + 1);
    assert(letter);
    *letter = *head;
    list_init(&letter->link);
    if (text.len)
        memcpy(letter->text, text.ptr, text.len);
    letter->text[text.len] = '\0';
    letter->len = text.len;
    return letter;
}

void transport_deliver(struct ws *ws, const struct letter *head, pusher_str text)
{
    if (!ws->dead)
        post(ws, &ws->to_client, &ws->client_hears, letter_new(head, text));
}

static void hand_over(struct ws *ws, struct letter *letter)
{
    struct app *app = ws->app;
    pusher_loop *loop = ws->loop;
    struct ws_handler handler = ws->handler;
    unsigned number = ws->number;
    machine_enter(loop);
    observe(app, &(struct fact){.kind = FACT_RECEIVED,
                                .n = {number, letter->kind, letter->channel,
                                      letter->event, letter->number},
                                .text = {letter->text, letter->len}});
    size_t failed = app->memory.failed;
    if (letter->kind == LETTER_BINARY) {
        handler.calls->on_binary(handler.userdata, letter->len);
    } else if (planted(ws->world, PLANT_LOST_MESSAGE) && letter->kind == LETTER_EVENT) {
        handler.calls->on_text(handler.userdata,
                               STR("{\"event\":\"pusher_internal:lost\"}"));
    } else {
        /* Exact: reading past the end is found out. */
        char *copy = malloc(letter->len ? letter->len : 1);
        assert(copy);
        memcpy(copy, letter->text, letter->len);
        handler.calls->on_text(handler.userdata, (pusher_str){copy, letter->len});
        free(copy);
    }
    observe(app, &(struct fact){.kind = FACT_TAKEN,
                                .n = {number, (int64_t)(app->memory.failed - failed)}});
    machine_leave(loop);
}

static void client_hears(void *userdata)
{
    struct ws *ws = userdata;
    struct world *world = ws->world;
    if (machine_puts_off(ws->loop, &ws->client_hears))
        return;
    if (ws->stage != WS_STAGE_OPEN || ws->dead)
        return;
    struct letter *letter = container_of(ws->to_client.next, struct letter, link);
    if (letter->arrives > world->now || world->now < ws->stalled_until) {
        uint64_t when =
            letter->arrives > ws->stalled_until ? letter->arrives : ws->stalled_until;
        happening_plan(world, &ws->client_hears, when);
        return;
    }
    list_remove(&letter->link);
    if (!list_empty(&ws->to_client)) {
        struct letter *next = container_of(ws->to_client.next, struct letter, link);
        happening_plan(world, &ws->client_hears, next->arrives);
    }
    if (letter->kind == LETTER_CLOSE)
        end(ws, &(struct ws_closed){.stage = WS_STAGE_OPEN,
                                    .close_code = (int)letter->number,
                                    .reason = {letter->text, letter->len}});
    else
        hand_over(ws, letter); /* `ws` may be gone */
    free(letter);
}

static void server_hears(void *userdata)
{
    struct ws *ws = userdata;
    struct world *world = ws->world;
    if (ws->dead)
        return;
    struct letter *letter = container_of(ws->to_server.next, struct letter, link);
    if (letter->arrives > world->now || world->now < ws->stalled_until) {
        uint64_t when =
            letter->arrives > ws->stalled_until ? letter->arrives : ws->stalled_until;
        happening_plan(world, &ws->server_hears, when);
        return;
    }
    list_remove(&letter->link);
    if (!list_empty(&ws->to_server)) {
        struct letter *next = container_of(ws->to_server.next, struct letter, link);
        happening_plan(world, &ws->server_hears, next->arrives);
    }
    server_read(ws, (pusher_str){letter->text, letter->len});
    free(letter);
}

static void hurry(struct world *world, struct list *letters, struct happening *hears,
                  uint64_t latest)
{
    if (list_empty(letters))
        return;
    for (struct list *at = letters->next; at != letters; at = at->next) {
        struct letter *letter = container_of(at, struct letter, link);
        if (letter->arrives > latest)
            letter->arrives = latest;
    }
    happening_plan(world, hears, latest);
}

void transport_unstall(struct ws *ws)
{
    struct world *world = ws->world;
    if (ws->waits)
        happening_plan(world, &ws->progress, world->now);
    ws->stalled_until = world->now;
    hurry(world, &ws->to_client, &ws->client_hears, world->now + ws->latency_ms);
    hurry(world, &ws->to_server, &ws->server_hears, world->now + ws->latency_ms);
}

static void frame_gone(void *userdata)
{
    struct ws *ws = userdata;
    pusher_loop *loop = ws->loop;
    if (machine_puts_off(loop, &ws->sent))
        return;
    ws->sending = false;
    machine_enter(loop);
    ws->handler.calls->on_sent(ws->handler.userdata);
    machine_leave(loop);
}

/* --- net/ws.h --- */

/* Where it goes, and how it asks (URL-01). */
static void check_target(struct app *app, const struct ws_target *target)
{
    const pusher_options *o = &app->options;
    bool right = str_equal(target->host, str_of(o->host)) &&
                 str_equal(target->host_header, str_of(o->host)) &&
                 target->port == (target->tls ? 443 : 80) &&
                 str_starts_with(target->request,
                                 STR("/app/" SIM_KEY "?protocol=7&client=libpusher&")) &&
                 target->max_message_bytes == o->max_message_bytes &&
                 target->timeout_ms == o->connect_timeout_ms;
    if (!right)
        violated(app->world, CHECK_I22, "dials %.*s:%u %.*s", STR_ARG(target->host),
                 target->port, STR_ARG(target->request));
}

enum { LONGEST_WAIT_MS = 60000 };

int ws_dial(pusher_loop *loop, const struct ws_target *target,
            const struct ws_handler *handler, struct ws **ret)
{
    struct world *world = loop->world;
    struct app *app = loop->app;
    check_target(app, target);
    void *token =
        fault_strikes(world, FAULT_DIAL_MEMORY) ? NULL : mem_alloc(&loop->base.mem, 200);
    bool waits = fault_strikes(world, FAULT_TURNS);
    observe(app, &(struct fact){
                     .kind = FACT_DIAL,
                     .n = {app->transports + 1, target->tls, token != NULL, waits}});
    if (!token)
        return PUSHER_ERR_NOMEM;
    struct ws *ws = calloc(1, sizeof *ws);
    assert(ws);
    ws->loop = loop;
    ws->world = world;
    ws->app = app;
    ws->handler = *handler;
    ws->number = ++app->transports;
    ws->tls = target->tls;
    ws->token = token;
    list_init(&ws->to_client);
    list_init(&ws->to_server);
    ws->progress = (struct happening){.happen = progress, .userdata = ws};
    ws->sent = (struct happening){.happen = frame_gone, .userdata = ws};
    ws->client_hears = (struct happening){.happen = client_hears, .userdata = ws};
    ws->server_hears = (struct happening){.happen = server_hears, .userdata = ws};
    draw_fate(ws);
    ws->waits = waits;
    uint32_t first_ms = waits ? LONGEST_WAIT_MS : ws->stage_ms;
    happening_plan(world, &ws->progress, world->now + pick(world, 0, first_ms));
    world->dials++;
    app->live++;
    app->ws = ws;
    *ret = ws;
    return 0;
}

enum ws_stage ws_stage(const struct ws *ws)
{
    return ws->stage;
}

/* What has arrived is read at once. */
uint64_t ws_arrived_at(const struct ws *ws)
{
    (void)ws;
    return UINT64_MAX;
}

bool ws_is_waiting(const struct ws *ws)
{
    return ws->waits;
}

bool ws_can_send(const struct ws *ws)
{
    return ws->stage == WS_STAGE_OPEN && !ws->sending;
}

int ws_send(struct ws *ws, pusher_str text)
{
    struct world *world = ws->world;
    if (!ws_can_send(ws))
        violated(world, CHECK_I15, "a frame was sent while another was on its way");
    if (fault_strikes(world, FAULT_SEND_MEMORY))
        return PUSHER_ERR_NOMEM;
    fact(ws, FACT_SENT, 0, 0, text);
    ws->sending = true;
    uint32_t lag = fault_strikes(world, FAULT_SEND_SLOW) ? pick(world, 1, 3000) : 0;
    if (!ws->dead) {
        struct letter head = {.channel = -1};
        post(ws, &ws->to_server, &ws->server_hears, letter_new(&head, text));
    } else if (++ws->stuck > 8) {
        return 0; /* its buffers are full: it never goes out */
    }
    happening_plan(world, &ws->sent, world->now + lag);
    return 0;
}

void ws_close(struct ws *ws, int code)
{
    if (code != 1000)
        violated(ws->world, CHECK_I22, "closed with %d and not 1000 (CLOSE-10)", code);
    fact(ws, FACT_CLOSED, 0, 0, (pusher_str){NULL, 0});
    struct app *app = ws->app;
    bool wants = app->watch.wants;
    bool kept = (planted(ws->world, PLANT_TRANSPORT_KEPT) && wants) ||
                (planted(ws->world, PLANT_HANGS_ON) && !wants && app->watch.alive);
    forget(ws);
    app->live += kept; /* as if it were there */
}
