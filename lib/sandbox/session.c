/*
 * One accepted socket, between libwebsockets and the rest of the sandbox.
 */
#include "sandbox/session.h"

#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/lws_internal.h"
#include "sandbox/exchange.h"

_Static_assert((int)PACKET_PRE >= (int)LWS_PRE,
               "packets have the room that lws_write needs");

enum {
    WRITES_A_TURN = 32, /* so that one connection does not keep the others waiting */
    KEY_MAX = 256,      /* bytes of an app key in a request */
};

static void drop(void *userdata)
{
    struct session *session = userdata;
    /* Or libwebsockets would notice with its next event, after a timer maybe late. */
    loop_lws_context(session->service->loop);
    lws_set_timeout(session->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void on_request_time(void *userdata)
{
    struct session *session = userdata;
    log_line(&session->service->log, PUSHER_LOG_WARN,
             "HTTP request dropped: it takes too long");
    drop(session);
}

struct session *session_new(struct listener *listener)
{
    struct session *session = mem_zalloc(listener->service->mem, sizeof *session);
    if (!session)
        return NULL;
    list_init(&session->link);
    session->service = listener->service;
    session->owner = (struct socket_owner){listener, session};
    session->timer.fire = on_request_time;
    session->timer.userdata = session;
    return session;
}

void session_free(struct session *session)
{
    connection_free(session->connection);
    exchange_free(session->exchange);
    loop_timer_clear(session->service->loop, &session->timer);
    list_remove(&session->link);
    mem_free(session->service->mem, session);
}

/* ---- what a connection asks for ---- */

static void want_write(void *userdata)
{
    struct session *session = userdata;
    lws_callback_on_writable(session->wsi);
}

/* ---- the upgrade ---- */

/* The request parameter `name`, copied to `out`; ptr NULL: absent. */
static pusher_str read_arg(struct lws *wsi, const char *name, char *out, size_t size)
{
    const char *value = lws_get_urlarg_by_name(wsi, name, out, (int)size);
    return str_of(value);
}

/* Looks at the request before it is answered: a path that is not "/app/{key}" is 404. */
static int on_upgrade(struct session *session, const char *offered)
{
    static const pusher_str prefix = {"/app/", 5};
    char text[KEY_MAX + 8], protocol[16];
    int len = lws_hdr_copy(session->wsi, text, sizeof text, WSI_TOKEN_GET_URI);
    pusher_str path = {text, len > 0 ? (size_t)len : 0};
    if (session->connection)
        return -1;
    /* Libwebsockets would go on in HTTP/2, where no callback knows the session. */
    if (strcasecmp(offered, "websocket") != 0)
        return exchange_refuse(session->wsi, 400,
                               "The only upgrade there is is to websocket");
    if (!str_starts_with(path, prefix) || path.len == prefix.len ||
        memchr(path.ptr + prefix.len, '/', path.len - prefix.len))
        return exchange_refuse(session->wsi, 404, "A WebSocket belongs to /app/{key}");
    const struct connection_socket socket = {want_write, drop, session};
    int rc =
        connection_new(session->service, &socket, str_skip(path, prefix.len),
                       read_arg(session->wsi, "protocol=", protocol, sizeof protocol),
                       &session->connection);
    return rc ? exchange_refuse(session->wsi, 500, pusher_strerror(rc)) : 0;
}

/* ---- an upgraded connection ---- */

static int on_receive(struct session *session, pusher_str piece)
{
    /* Every piece of a message but the last has either more of its frame to come, or more
     * frames. */
    connection_receive(session->connection, piece, lws_frame_is_binary(session->wsi),
                       lws_is_final_fragment(session->wsi));
    return 0;
}

static int on_writeable(struct session *session)
{
    for (int i = 0; i < WRITES_A_TURN && !lws_send_pipe_choked(session->wsi); i++) {
        struct packet *packet = connection_next(session->connection);
        if (!packet)
            break;
        int written = lws_write(session->wsi, packet->bytes + PACKET_PRE, packet->len,
                                LWS_WRITE_TEXT);
        packet_unref(packet);
        if (written < 0)
            return -1;
    }
    struct connection_refusal close;
    if (connection_closing(session->connection, &close))
        /* A close frame asked for from WRITEABLE is lost under libuv on Debian's build of
         * libwebsockets; from TIMER it goes out everywhere. */
        lws_set_timer_usecs(session->wsi, 1);
    else if (session->connection->queue_len)
        lws_callback_on_writable(session->wsi);
    return 0;
}

static int on_timer(struct session *session)
{
    struct connection_refusal close;
    if (!connection_closing(session->connection, &close))
        return 0;
    lws_close_reason(session->wsi, (enum lws_close_status)close.code,
                     (unsigned char *)close.reason, strlen(close.reason));
    return -1;
}

/* ---- an HTTP request ---- */

static int on_http(struct session *session, pusher_str path)
{
    if (session->exchange)
        return -1;
    session->exchange = exchange_new(session->service, session->wsi, path);
    if (!session->exchange)
        return exchange_refuse(session->wsi, 500, "The sandbox is out of memory");
    struct service *service = session->service;
    loop_timer_set(service->loop, &session->timer,
                   loop_now(service->loop) + service_patience_ms(service));
    if (exchange_wants_body(session->exchange))
        return 0;
    return exchange_finish(session->exchange, session->wsi);
}

int session_callback(struct session *session, enum lws_callback_reasons reason, void *in,
                     size_t len)
{
    pusher_str text = {in ? in : "", in ? len : 0};
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_upgrade(session, text.ptr);
    case LWS_CALLBACK_HTTP:
        return on_http(session, text);
    case LWS_CALLBACK_HTTP_BODY:
        if (session->exchange)
            exchange_body(session->exchange, text);
        return session->exchange ? 0 : -1;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return session->exchange && exchange_answering(session->exchange)
                   ? exchange_write(session->exchange, session->wsi)
                   : 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return session->exchange ? exchange_finish(session->exchange, session->wsi) : -1;
    default:
        break;
    }
    if (!session->connection)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        connection_open(session->connection);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return on_receive(session, text);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_writeable(session);
    case LWS_CALLBACK_TIMER:
        return on_timer(session);
    case LWS_CALLBACK_CLOSED:
        connection_free(session->connection);
        session->connection = NULL;
        return 0;
    default:
        return 0;
    }
}
