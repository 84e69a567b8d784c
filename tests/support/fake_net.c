/*
 * A network that a test plays by hand, in virtual time.
 */
#undef NDEBUG /* what a test asserts is asserted in a release build too */
#include "support/fake_net.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "support/virtual_loop.h"

struct sent {
    struct list link;
    char text[];
};

struct ws {
    struct list link; /* in pusher_loop.transports */
    pusher_loop *loop;
    struct ws_handler handler;
    bool waiting, open, on_its_way, tls;
    char request[512], host_header[300];
    struct loop_task sent;
};

struct pusher_loop {
    struct virtual_loop base;
    uint64_t now;
    struct list frames, transports;
    struct ws *ws;
    unsigned dials, live;
    int fail;
    bool make_wait;
    char *last_sent;
};

/* --- loop --- */

int pusher_loop_new(pusher_loop **ret, const pusher_loop_options *options)
{
    pusher_loop *loop = calloc(1, sizeof *loop);
    assert(loop);
    loop->now = 1000000;
    virtual_loop_init(&loop->base,
                      options && options->allocator ? options->allocator : &mem_default);
    list_init(&loop->frames);
    list_init(&loop->transports);
    *ret = loop;
    return 0;
}

void pusher_loop_free(pusher_loop *loop)
{
    if (!loop)
        return;
    virtual_loop_free_children(&loop->base);
    assert(loop->live == 0);
    assert(!heap_first(&loop->base.timers));
    while (fake_sent(loop))
        ;
    buf_free(&loop->base.scratch);
    free(loop);
}

int loop_run_until(pusher_loop *loop, const int *done)
{
    loop->base.stopped = 0;
    while (!*done && !loop->base.stopped) {
        fake_settle(loop);
        if (*done || loop->base.stopped)
            break;
        struct heap_node *next = heap_first(&loop->base.timers);
        assert(next); /* nothing would ever happen */
        loop->now = next->deadline;
    }
    return 0;
}

uint64_t loop_now(pusher_loop *loop)
{
    return loop->now;
}

int loop_random(uint64_t *ret)
{
    *ret = 42;
    return 0;
}

void loop_timer_set(pusher_loop *loop, struct loop_timer *timer, uint64_t deadline)
{
    loop_timer_clear(loop, timer);
    heap_insert(&loop->base.timers, &timer->node, deadline);
    timer->armed = 1;
}

void loop_task_schedule(pusher_loop *loop, struct loop_task *task)
{
    if (list_empty(&task->link))
        list_append(&loop->base.tasks, &task->link);
}

/* --- playing --- */

static void enter(pusher_loop *loop)
{
    assert(loop->base.depth == 0); /* a handler must never run inside another */
    loop->base.depth++;
}

static void leave(pusher_loop *loop)
{
    if (--loop->base.depth == 0 && loop->base.free_pending)
        pusher_loop_free(loop);
}

void fake_settle(pusher_loop *loop)
{
    unsigned turns = 0;
    enter(loop);
    while (!loop->base.free_pending && virtual_loop_do_one(&loop->base, loop->now, NULL))
        assert(++turns < 100000); /* no busy loop */
    leave(loop);
}

void fake_advance(pusher_loop *loop, uint64_t ms)
{
    uint64_t until = loop->now + ms;
    fake_settle(loop);
    struct heap_node *next;
    while ((next = heap_first(&loop->base.timers)) && next->deadline <= until) {
        loop->now = next->deadline;
        fake_settle(loop);
    }
    loop->now = until;
}

void fake_stall(pusher_loop *loop, uint64_t ms)
{
    loop->now += ms;
}

/* --- transport --- */

static void on_sent(void *userdata)
{
    struct ws *ws = userdata;
    ws->on_its_way = false;
    ws->handler.calls->on_sent(ws->handler.userdata);
}

static bool has_transport(const pusher_loop *loop, const void *client)
{
    for (const struct list *at = loop->transports.next; at != &loop->transports;
         at = at->next) {
        if (container_of(at, const struct ws, link)->handler.userdata == client)
            return true;
    }
    return false;
}

int ws_dial(pusher_loop *loop, const struct ws_target *target,
            const struct ws_handler *handler, struct ws **ret)
{
    if (loop->fail)
        return loop->fail;
    assert(!has_transport(loop, handler->userdata)); /* one a client (I1) */
    struct ws *ws = calloc(1, sizeof *ws);
    assert(ws);
    ws->loop = loop;
    ws->handler = *handler;
    ws->tls = target->tls;
    ws->waiting = loop->make_wait;
    snprintf(ws->request, sizeof ws->request, "%.*s", STR_ARG(target->request));
    snprintf(ws->host_header, sizeof ws->host_header, "%.*s",
             STR_ARG(target->host_header));
    loop_task_init(&ws->sent, on_sent, ws);
    loop->dials++;
    loop->live++;
    list_append(&loop->transports, &ws->link);
    loop->ws = ws;
    *ret = ws;
    return 0;
}

static void forget(struct ws *ws)
{
    loop_task_cancel(&ws->sent);
    list_remove(&ws->link);
    ws->loop->live--;
    if (ws->loop->ws == ws)
        ws->loop->ws = NULL;
    free(ws);
}

enum ws_stage ws_stage(const struct ws *ws)
{
    return ws->open ? WS_STAGE_OPEN : WS_STAGE_CONNECT;
}

uint64_t ws_arrived_at(const struct ws *ws)
{
    (void)ws;
    return UINT64_MAX;
}

bool ws_is_waiting(const struct ws *ws)
{
    return ws->waiting;
}

bool ws_can_send(const struct ws *ws)
{
    return ws->open && !ws->on_its_way;
}

int ws_send(struct ws *ws, pusher_str text)
{
    if (ws->loop->fail)
        return ws->loop->fail;
    assert(ws_can_send(ws));
    struct sent *sent = malloc(sizeof *sent + text.len + 1);
    assert(sent);
    memcpy(sent->text, text.ptr, text.len);
    sent->text[text.len] = '\0';
    list_append(&ws->loop->frames, &sent->link);
    ws->on_its_way = true;
    loop_task_schedule(ws->loop, &ws->sent);
    return 0;
}

void ws_close(struct ws *ws, int code)
{
    assert(code == 1000);
    forget(ws);
}

unsigned fake_dials(const pusher_loop *loop)
{
    return loop->dials;
}

unsigned fake_live(const pusher_loop *loop)
{
    return loop->live;
}

struct ws *fake_ws(const pusher_loop *loop)
{
    return loop->ws;
}

bool fake_ws_tls(const struct ws *ws)
{
    return ws->tls;
}

const char *fake_ws_request(const struct ws *ws)
{
    return ws->request;
}

const char *fake_ws_host_header(const struct ws *ws)
{
    return ws->host_header;
}

/* A handler may free client and loop: then there is nothing left to settle. */
static void leave_and_settle(pusher_loop *loop)
{
    int gone = loop->base.free_pending;
    leave(loop);
    if (!gone)
        fake_settle(loop);
}

bool fake_is_open(const pusher_loop *loop)
{
    return loop->ws && loop->ws->open;
}

void fake_make_wait(pusher_loop *loop, bool wait)
{
    loop->make_wait = wait;
}

void fake_turn(pusher_loop *loop)
{
    assert(loop->ws && loop->ws->waiting);
    loop->ws->waiting = false;
    enter(loop);
    loop->ws->handler.calls->on_turn(loop->ws->handler.userdata);
    leave_and_settle(loop);
}

void fake_open(pusher_loop *loop)
{
    assert(loop->ws && !loop->ws->open);
    loop->ws->open = true;
    enter(loop);
    loop->ws->handler.calls->on_open(loop->ws->handler.userdata);
    leave_and_settle(loop);
}

void fake_text(pusher_loop *loop, const char *text)
{
    assert(loop->ws && loop->ws->open);
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1); /* exact: reading past the end is found out */
    assert(copy);
    memcpy(copy, text, len);
    enter(loop);
    loop->ws->handler.calls->on_text(loop->ws->handler.userdata, (pusher_str){copy, len});
    free(copy);
    leave_and_settle(loop);
}

void fake_binary(pusher_loop *loop)
{
    enter(loop);
    loop->ws->handler.calls->on_binary(loop->ws->handler.userdata, 3);
    leave_and_settle(loop);
}

void fake_end(pusher_loop *loop, enum ws_stage stage, int close_code, const char *reason)
{
    assert(loop->ws);
    struct ws_handler handler = loop->ws->handler;
    forget(loop->ws);
    enter(loop);
    handler.calls->on_closed(handler.userdata,
                             &(struct ws_closed){.stage = stage,
                                                 .close_code = close_code,
                                                 .reason = str_of(reason)});
    leave_and_settle(loop);
}

const char *fake_sent(pusher_loop *loop)
{
    free(loop->last_sent);
    loop->last_sent = NULL;
    if (list_empty(&loop->frames))
        return NULL;
    struct sent *sent = container_of(loop->frames.next, struct sent, link);
    list_remove(&sent->link);
    loop->last_sent = strdup(sent->text);
    assert(loop->last_sent);
    free(sent);
    return loop->last_sent;
}

void fake_fail(pusher_loop *loop, int error)
{
    loop->fail = error;
}
