/*
 * A WebSocket client connection over libwebsockets: one attempt.
 *
 * A name's addresses are dialled one after another, each for its share of the time.
 * Whatever happens, LWS_CALLBACK_WSI_DESTROY is libwebsockets' last word about a socket;
 * only there is it decided what comes next: another address, or the end. An attempt that
 * the owner has closed is "detached": it calls no handler and frees itself at that point.
 */
#include "net/ws.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/loop_impl.h"
#include "net/resolver.h"

enum { CLOSE_WAIT_MS = 2000, LEAST_ADDRESS_MS = 1000, REASON_MAX = 160 };

const char ws_protocol_name[] = "libpusher-ws";

enum ws_phase {
    WS_RESOLVING,
    WS_DIALLING,
    WS_OPEN,
    WS_CLOSING /* a close frame is on its way, or the end is */
};

/* What is needed until the connection is open; one allocation. */
struct dial {
    uint16_t port;
    bool tls;
    bool has_ca, has_origin;
    uint64_t deadline;
    struct resolution *resolution;
    int next, count;
    char (*addresses)[ADDRESS_TEXT_MAX];
    char *host, *ca_file, *request, *host_header, *origin;
    char texts[];
};

struct ws {
    struct socket_owner owner;
    pusher_loop *loop;
    struct ws_handler handler;
    struct loop_child child;
    bool detached; /* no handler runs any more */
    enum ws_phase phase;
    struct lws *wsi; /* NULL: libwebsockets holds nothing of us */
    bool connecting; /* inside lws_client_connect_via_info */
    bool tcp_up;
    struct dial *dial; /* NULL once open */
    struct loop_task task;
    struct loop_timer timer;
    char *tx; /* LWS_PRE bytes, then the frame; NULL: none on its way */
    size_t tx_len;
    struct buf rx; /* of an incomplete message */
    size_t max_message_bytes;
    uint16_t close_code; /* ours, to be sent */
    /* how it ended */
    enum ws_stage stage;
    int peer_code, http_status, system_error;
    char reason[REASON_MAX];
};

static void ws_free(struct ws *ws)
{
    pusher_loop *loop = ws->loop;
    loop_task_cancel(&ws->task);
    loop_timer_clear(loop, &ws->timer);
    loop_child_detach(&ws->child);
    if (ws->dial) {
        if (ws->dial->resolution)
            resolver_cancel(ws->dial->resolution);
        mem_free(&loop->mem, ws->dial->addresses);
        mem_free(&loop->mem, ws->dial);
    }
    mem_free(&loop->mem, ws->tx);
    buf_free(&ws->rx);
    mem_free(&loop->mem, ws);
}

static void dial_free(struct ws *ws)
{
    mem_free(&ws->loop->mem, ws->dial->addresses);
    mem_free(&ws->loop->mem, ws->dial);
    ws->dial = NULL;
}

static void destroyed(void *owner);

/* The end: nothing of it is left in libwebsockets. */
static void finish(struct ws *ws)
{
    if (ws->detached) {
        ws_free(ws);
        return;
    }
    struct ws_handler handler = ws->handler;
    struct ws_closed closed = {
        .stage = ws->stage,
        .close_code = ws->peer_code,
        .http_status = ws->http_status,
        .system_error = ws->system_error,
    };
    char reason[REASON_MAX];
    memcpy(reason, ws->reason, sizeof reason);
    closed.reason = str_of(reason);
    ws_free(ws);
    handler.on_closed(handler.userdata, &closed);
}

static void set_reason(struct ws *ws, pusher_str text)
{
    size_t len = text.len < REASON_MAX - 1 ? text.len : REASON_MAX - 1;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    memcpy(ws->reason, text.ptr ? text.ptr : "", len);
    ws->reason[len] = '\0';
}

static void fail(struct ws *ws, enum ws_stage stage, const char *reason)
{
    ws->stage = stage;
    set_reason(ws, str_of(reason));
}

/* Has libwebsockets drop the socket, in any phase; WSI_DESTROY follows. */
static void kill_socket(struct ws *ws)
{
    ws->loop->poke = true;
    lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void connect_next(struct ws *ws)
{
    struct dial *dial = ws->dial;
    uint64_t now = loop_now(ws->loop);
    uint64_t left = dial->deadline > now ? dial->deadline - now : 0;
    uint64_t share = left / (uint64_t)(dial->count - dial->next);
    if (share < LEAST_ADDRESS_MS)
        share = LEAST_ADDRESS_MS;
    const char *address = dial->addresses[dial->next++];
    const char *why = "";
    ws->phase = WS_DIALLING;
    ws->tcp_up = false;
    fail(ws, WS_STAGE_CONNECT, "no connection");
    struct lws_vhost *vhost =
        vhost_get(ws->loop, dial->tls, dial->has_ca ? dial->ca_file : NULL, &why);
    if (!vhost) {
        dial->next = dial->count; /* it would be the same for every address */
        fail(ws, WS_STAGE_TLS, why);
        finish(ws);
        return;
    }
    static const lws_retry_bo_t no_idle_policy = {0};
    struct lws_client_connect_info info = {
        .context = loop_lws_context(ws->loop),
        .vhost = vhost,
        .address = address,
        .port = dial->port,
        .path = dial->request,
        .host = dial->host_header,
        .origin = dial->has_origin ? dial->origin : NULL,
        .ssl_connection = dial->tls ? LCCSCF_USE_SSL : 0,
        .local_protocol_name = ws_protocol_name,
        .alpn = "http/1.1",
        .userdata = ws,
        .pwsi = &ws->wsi,
        .retry_and_idle_policy = &no_idle_policy,
    };
    loop_timer_set(ws->loop, &ws->timer, now + share);
    ws->connecting = true;
    struct lws *wsi = lws_client_connect_via_info(&info);
    ws->connecting = false;
    if (wsi)
        return;
    ws->wsi = NULL;
    if (dial->next < dial->count)
        loop_task_schedule(ws->loop, &ws->task);
    else
        finish(ws);
}

static void run_task(void *userdata)
{
    struct ws *ws = userdata;
    if (ws->detached)
        ws_free(ws);
    else
        connect_next(ws);
}

static void resolved(void *userdata, const struct resolver_answer *answer)
{
    struct ws *ws = userdata;
    struct dial *dial = ws->dial;
    dial->resolution = NULL;
    if (answer->count == 0) {
        fail(ws, WS_STAGE_RESOLVE, answer->error);
        finish(ws);
        return;
    }
    size_t size = (size_t)answer->count * sizeof *dial->addresses;
    dial->addresses = mem_alloc(&ws->loop->mem, size);
    if (!dial->addresses) {
        fail(ws, WS_STAGE_RESOLVE, "out of memory");
        finish(ws);
        return;
    }
    memcpy(dial->addresses, answer->addresses, size);
    dial->count = answer->count;
    connect_next(ws);
}

/* The time of an address is over, or that of a close handshake. */
static void timed_out(void *userdata)
{
    struct ws *ws = userdata;
    if (!ws->wsi)
        return;
    if (ws->phase == WS_DIALLING)
        fail(ws, ws->tcp_up ? WS_STAGE_UPGRADE : WS_STAGE_CONNECT, "timed out");
    kill_socket(ws);
}

/* The loop goes away with us on it; libwebsockets has been told or never knew. */
static void free_child(void *userdata)
{
    struct ws *ws = userdata;
    ws->detached = true;
    if (!ws->wsi)
        ws_free(ws);
}

static char *put(char **at, pusher_str text)
{
    char *copy = *at;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

static struct dial *dial_new(pusher_loop *loop, const struct ws_target *target)
{
    size_t size = target->host.len + target->ca_file.len + target->request.len +
                  target->host_header.len + target->origin.len + 5;
    struct dial *dial = mem_zalloc(&loop->mem, sizeof *dial + size);
    if (!dial)
        return NULL;
    char *at = dial->texts;
    dial->host = put(&at, target->host);
    dial->ca_file = put(&at, target->ca_file);
    dial->request = put(&at, target->request);
    dial->host_header = put(&at, target->host_header);
    dial->origin = put(&at, target->origin);
    dial->has_ca = target->ca_file.ptr != NULL;
    dial->has_origin = target->origin.ptr != NULL;
    dial->port = target->port;
    dial->tls = target->tls;
    dial->deadline = loop_now(loop) + target->timeout_ms;
    return dial;
}

int ws_dial(pusher_loop *loop, const struct ws_target *target,
            const struct ws_handler *handler, struct ws **ret)
{
    struct ws *ws = mem_zalloc(&loop->mem, sizeof *ws);
    struct dial *dial = ws ? dial_new(loop, target) : NULL;
    int rc = dial ? 0 : PUSHER_ERR_NOMEM;
    if (!rc)
        rc = resolver_start(loop, dial->host, resolved, ws, &dial->resolution);
    if (rc) {
        mem_free(&loop->mem, dial);
        mem_free(&loop->mem, ws);
        return rc;
    }
    ws->owner.destroyed = destroyed;
    ws->loop = loop;
    ws->dial = dial;
    ws->handler = *handler;
    ws->peer_code = -1;
    ws->max_message_bytes = target->max_message_bytes;
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

bool ws_can_send(const struct ws *ws)
{
    return ws->phase == WS_OPEN && !ws->tx;
}

int ws_send(struct ws *ws, pusher_str text)
{
    char *tx = mem_alloc(&ws->loop->mem, LWS_PRE + text.len);
    if (!tx)
        return PUSHER_ERR_NOMEM;
    memcpy(tx + LWS_PRE, text.ptr, text.len);
    ws->tx = tx;
    ws->tx_len = text.len;
    ws->loop->poke = true;
    lws_callback_on_writable(ws->wsi);
    return 0;
}

static void close_with(struct ws *ws, int code)
{
    ws->phase = WS_CLOSING;
    ws->close_code = (uint16_t)code;
    ws->loop->poke = true;
    /* Not from WRITEABLE: there the close frame is lost on a libuv loop. */
    lws_set_timer_usecs(ws->wsi, 1);
    loop_timer_set(ws->loop, &ws->timer, loop_now(ws->loop) + CLOSE_WAIT_MS);
}

void ws_close(struct ws *ws, int code)
{
    ws->detached = true;
    if (!ws->wsi) {
        /* Resolving, or between two addresses. */
        if (!ws->connecting)
            ws_free(ws);
    } else if (ws->phase == WS_OPEN) {
        close_with(ws, code);
    } else {
        kill_socket(ws);
    }
}

/* --- what libwebsockets tells --- */

static int opened(struct ws *ws)
{
    loop_timer_clear(ws->loop, &ws->timer);
    dial_free(ws);
    ws->phase = WS_OPEN;
    fail(ws, WS_STAGE_OPEN, "");
    if (ws->detached)
        return -1;
    ws->handler.on_open(ws->handler.userdata);
    return 0;
}

static void deliver(struct ws *ws, bool binary, pusher_str message)
{
    if (ws->detached || ws->phase != WS_OPEN)
        return;
    if (binary)
        ws->handler.on_binary(ws->handler.userdata, message.len);
    else
        ws->handler.on_text(ws->handler.userdata, message);
}

static int too_big(struct ws *ws, int rc)
{
    buf_free(&ws->rx);
    fail(ws, WS_STAGE_LIMIT,
         rc == PUSHER_ERR_NOMEM ? "out of memory for a message"
                                : "a message is larger than max_message_bytes");
    if (ws->phase == WS_OPEN)
        close_with(ws, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    return 0;
}

static int received(struct ws *ws, pusher_str piece)
{
    bool last = lws_is_final_fragment(ws->wsi);
    bool binary = lws_frame_is_binary(ws->wsi);
    if (ws->phase != WS_OPEN)
        return 0;
    /* The usual message is one piece: it is handed on where it lies. */
    if (last && ws->rx.len == 0 && piece.len <= ws->max_message_bytes) {
        deliver(ws, binary, piece);
        return 0;
    }
    int rc = buf_append(&ws->rx, piece);
    if (rc)
        return too_big(ws, rc);
    if (!last)
        return 0;
    /* The handler may close us, but we live until WSI_DESTROY. */
    deliver(ws, binary, buf_str(&ws->rx));
    buf_free(&ws->rx);
    return 0;
}

static int writable(struct ws *ws)
{
    if (ws->phase != WS_OPEN || !ws->tx)
        return 0;
    int sent =
        lws_write(ws->wsi, (unsigned char *)ws->tx + LWS_PRE, ws->tx_len, LWS_WRITE_TEXT);
    bool whole = sent >= (int)ws->tx_len;
    mem_free(&ws->loop->mem, ws->tx);
    ws->tx = NULL;
    if (!whole)
        return -1;
    if (!ws->detached)
        ws->handler.on_sent(ws->handler.userdata);
    return 0;
}

static void peer_closed(struct ws *ws, const unsigned char *in, size_t len)
{
    if (len < 2)
        return;
    ws->peer_code = in[0] << 8 | in[1];
    set_reason(ws, (pusher_str){(const char *)in + 2, len - 2});
}

static void connection_error(struct ws *ws, const char *in, size_t len)
{
    int error = 0;
    socklen_t size = sizeof error;
    pusher_str text = in ? (pusher_str){in, len ? len : strlen(in)} : STR("");
    if (strcmp(ws->reason, "timed out") == 0)
        return; /* by our own deadline */
    int fd = ws->wsi ? lws_get_socket_fd(ws->wsi) : -1;
    if (fd >= 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    ws->http_status = ws->wsi ? (int)lws_http_client_http_response(ws->wsi) : 0;
    bool tls = memmem(text.ptr, text.len, "SSL", 3) ||
               memmem(text.ptr, text.len, "tls", 3) ||
               memmem(text.ptr, text.len, "cert", 4);
    if (str_starts_with(text, STR("HS:")) || ws->http_status > 0)
        ws->stage = WS_STAGE_UPGRADE;
    else if (tls)
        ws->stage = WS_STAGE_TLS;
    else if (ws->tcp_up)
        ws->stage = WS_STAGE_UPGRADE;
    ws->system_error = error;
    set_reason(ws, error ? str_of(strerror(error)) : text);
}

static void destroyed(void *owner)
{
    struct ws *ws = owner;
    ws->wsi = NULL;
    if (ws->connecting)
        return; /* connect_next() goes on when the call is back */
    if (!ws->detached && ws->dial && ws->dial->next < ws->dial->count &&
        ws->stage == WS_STAGE_CONNECT) {
        loop_task_schedule(ws->loop, &ws->task);
        return;
    }
    finish(ws);
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len)
{
    struct ws *ws = user;
    if (!ws)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        ws->tcp_up = true;
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        ws->wsi = wsi;
        return opened(ws);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return received(ws, (pusher_str){in, len});
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return writable(ws);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        peer_closed(ws, in, len);
        return 0;
    case LWS_CALLBACK_TIMER:
        if (ws->phase != WS_CLOSING)
            return 0;
        lws_close_reason(wsi, (enum lws_close_status)ws->close_code, NULL, 0);
        return -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        connection_error(ws, in, len);
        return 0;
    default:
        return 0;
    }
}
