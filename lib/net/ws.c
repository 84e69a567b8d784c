/*
 * The life of a WebSocket client connection: dialled, open, closed.
 *
 * The owner is told of the end at the moment it is known. What remains then, a close
 * frame on its way or a socket that libwebsockets still holds, is "detached": it calls no
 * handler and frees itself at LWS_CALLBACK_WSI_DESTROY, libwebsockets' last word.
 */
#include "base/mem.h"
#include "base/str.h"
#include "net/ws_impl.h"

enum { CLOSE_WAIT_MS = 2000, FEW_WEBSOCKETS = 8, MOST_CLOSING = 128 };

const char ws_protocol_of_few[] = "libpusher-ws-few";
const char ws_protocol_of_many[] = "libpusher-ws-many";

/* --- closing handshakes --- */

static void begin_closing(struct ws *ws)
{
    ws->in_closing = true;
    ws->loop->closing_now++;
    ws->loop->poke = true;
    loop_timer_set(ws->loop, &ws->timer, loop_now(ws->loop) + CLOSE_WAIT_MS);
    /* Not from WRITEABLE: there the close frame is lost on a libuv loop. */
    lws_set_timer_usecs(ws->wsi, 1);
}

static void leave_closing(pusher_loop *loop)
{
    loop->closing_now--;
    if (list_empty(&loop->closing))
        return;
    struct list *first = loop->closing.next;
    list_remove(first);
    begin_closing(container_of(first, struct ws, task.link));
}

void ws_forget_closing(pusher_loop *loop)
{
    while (!list_empty(&loop->closing))
        list_remove(loop->closing.next);
}

static void ws_free(struct ws *ws)
{
    pusher_loop *loop = ws->loop;
    loop_task_cancel(&ws->task); /* or the wait in loop->closing */
    loop_timer_clear(loop, &ws->timer);
    loop_child_detach(&ws->child);
    loop->websockets--;
    if (ws->in_closing)
        leave_closing(loop);
    dial_free(ws->dial);
    mem_free(&loop->mem, ws->tx);
    buf_free(&ws->rx);
    mem_free(&loop->mem, ws);
}

void ws_over(struct ws *ws, const struct ws_closed *closed)
{
    if (ws->detached)
        return;
    ws->detached = true;
    ws->handler.calls->on_closed(ws->handler.userdata, closed);
}

/* Has libwebsockets drop the socket, in any phase. */
static void kill_socket(struct ws *ws)
{
    ws->loop->poke = true;
    lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static enum ws_stage stage_of(enum cause_stage stage)
{
    switch (stage) {
    case CAUSE_CONNECT:
        return WS_STAGE_CONNECT;
    case CAUSE_TLS:
        return WS_STAGE_TLS;
    case CAUSE_ANSWER:
        return WS_STAGE_UPGRADE;
    }
    return WS_STAGE_CONNECT;
}

bool ws_is_waiting(const struct ws *ws)
{
    return ws->dial && dial_is_waiting(ws->dial);
}

enum ws_stage ws_stage(const struct ws *ws)
{
    switch (ws->phase) {
    case WS_RESOLVING:
        return WS_STAGE_RESOLVE;
    case WS_DIALLING:
        return stage_of(cause_stage(ws->wsi, ws->requested));
    case WS_OPEN:
    case WS_CLOSING:
        return WS_STAGE_OPEN;
    }
    return WS_STAGE_OPEN;
}

/* --- dialling --- */

void ws_dial_failed(struct ws *ws, const struct cause *cause)
{
    if (cause->stage == CAUSE_CONNECT && dial_has_next(ws->dial))
        return; /* another address: when this socket is gone */
    ws_over(ws, &(struct ws_closed){
                    .stage = stage_of(cause->stage),
                    .close_code = -1,
                    .http_status = cause->http_status,
                    .system_error = cause->system_error,
                    .reason = str_of(cause->words),
                });
}

static void connect_next(struct ws *ws)
{
    struct cause cause;
    ws->phase = WS_DIALLING;
    ws->requested = false;
    loop_timer_set(ws->loop, &ws->timer, dial_next_deadline(ws->dial));
    ws->connecting = true;
    bool dialled = dial_next(ws->dial, &ws->owner, &ws->wsi, &cause);
    if (!dialled)
        ws_dial_failed(ws, &cause);
    ws->connecting = false;
    if (dialled)
        return;
    if (ws->detached)
        ws_free(ws);
    else
        loop_task_schedule(ws->loop, &ws->task);
}

static void run_task(void *userdata)
{
    connect_next(userdata);
}

static void begun(void *userdata)
{
    struct ws *ws = userdata;
    ws->handler.calls->on_turn(ws->handler.userdata);
}

static void resolved(void *userdata, const struct cause *error)
{
    struct ws *ws = userdata;
    if (!error) {
        connect_next(ws);
        return;
    }
    /* Without a descriptor it is not the name's fault. */
    ws_over(ws, &(struct ws_closed){
                    .stage = error->system_error ? WS_STAGE_CONNECT : WS_STAGE_RESOLVE,
                    .close_code = -1,
                    .system_error = error->system_error,
                    .reason = str_of(error->words),
                });
    ws_free(ws);
}

/* The time of an address is over, or that of a closing handshake. */
static void timed_out(void *userdata)
{
    struct ws *ws = userdata;
    if (!ws->wsi)
        return;
    if (ws->phase == WS_DIALLING) {
        struct cause cause = {.stage = cause_stage(ws->wsi, ws->requested),
                              .words = "no answer in time"};
        ws_dial_failed(ws, &cause);
    }
    kill_socket(ws);
}

/* LWS_CALLBACK_WSI_DESTROY */
static void destroyed(struct socket_owner *owner)
{
    struct ws *ws = container_of(owner, struct ws, owner);
    ws->wsi = NULL;
    if (ws->connecting)
        return; /* connect_next() goes on when the call is back */
    if (!ws->detached && ws->phase == WS_DIALLING && dial_has_next(ws->dial)) {
        loop_task_schedule(ws->loop, &ws->task);
        return;
    }
    ws_over(ws, &(struct ws_closed){.stage = ws_stage(ws),
                                    .close_code = -1,
                                    .reason = STR("the connection ended early")});
    ws_free(ws);
}

/* The loop goes away with us on it; libwebsockets has been told or never knew. */
static void free_child(void *userdata)
{
    struct ws *ws = userdata;
    ws->detached = true;
    if (!ws->wsi)
        ws_free(ws);
}

int ws_dial(pusher_loop *loop, const struct ws_target *target,
            const struct ws_handler *handler, struct ws **ret)
{
    struct ws *ws = mem_zalloc(&loop->mem, sizeof *ws);
    if (!ws)
        return PUSHER_ERR_NOMEM;
    struct dial_target where = {
        .host = target->host,
        .port = target->port,
        .tls = target->tls,
        .ca_file = target->ca_file,
        .request = target->request,
        .host_header = target->host_header,
        .origin = target->origin,
        .protocol =
            loop->websockets < FEW_WEBSOCKETS ? ws_protocol_of_few : ws_protocol_of_many,
        .timeout_ms = target->timeout_ms,
        .paced = true,
    };
    static const struct dial_calls calls = {begun, resolved};
    int rc = dial_new(loop, &where, &calls, ws, &ws->dial);
    if (rc) {
        mem_free(&loop->mem, ws);
        return rc;
    }
    loop->websockets++;
    ws->owner.destroyed = destroyed;
    ws->loop = loop;
    ws->handler = *handler;
    buf_init(&ws->rx, &loop->mem, target->max_message_bytes);
    loop_task_init(&ws->task, run_task, ws);
    ws->timer.fire = timed_out;
    ws->timer.userdata = ws;
    ws->child.free = free_child;
    ws->child.userdata = ws;
    loop_child_attach(loop, &ws->child);
    *ret = ws;
    return 0;
}

/* --- open and closed --- */

void ws_opened(struct ws *ws)
{
    loop_timer_clear(ws->loop, &ws->timer);
    dial_free(ws->dial);
    ws->dial = NULL;
    ws->phase = WS_OPEN;
    ws->handler.calls->on_open(ws->handler.userdata);
}

void ws_closing(struct ws *ws)
{
    ws->phase = WS_CLOSING;
    loop_timer_set(ws->loop, &ws->timer, loop_now(ws->loop) + CLOSE_WAIT_MS);
}

/* Each closing handshake takes places in a list of libwebsockets' that is searched from
 * its start: ten thousand at once would stop the loop for seconds. */
void ws_close_with(struct ws *ws, int code)
{
    ws->phase = WS_CLOSING;
    ws->close_code = (uint16_t)code;
    if (ws->loop->closing_now < MOST_CLOSING)
        begin_closing(ws);
    else
        list_append(&ws->loop->closing, &ws->task.link);
}

void ws_close(struct ws *ws, int code)
{
    ws->detached = true;
    if (ws->connecting)
        return; /* connect_next() is on the stack and sees it */
    if (!ws->wsi)
        ws_free(ws); /* resolving, or between two addresses */
    else if (ws->phase == WS_OPEN)
        ws_close_with(ws, code);
    else
        kill_socket(ws);
}
