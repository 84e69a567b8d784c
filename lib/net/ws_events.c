/*
 * What libwebsockets tells of a WebSocket client connection, and what it means.
 */
#include <string.h>

#include "base/str.h"
#include "net/ws_impl.h"

/* libwebsockets allocates the buffer to read into next; without, it would go on. */
static int before_open(struct lws *wsi)
{
    size_t size = lws_get_protocol(wsi)->rx_buffer_size;
    return context_has_room(size + LWS_PRE + sizeof(uint32_t)) ? 0 : -1;
}

static int opened(struct ws *ws)
{
    if (ws->detached)
        return -1;
    ws_opened(ws);
    return 0;
}

static int connection_error(struct ws *ws, struct lws *wsi, const char *said)
{
    struct cause cause;
    if (ws->detached)
        return 0;
    cause_of_failure(wsi, ws->requested, said, &cause);
    ws_dial_failed(ws, &cause);
    return 0;
}

/* A close frame of the peer; libwebsockets answers it. */
static int peer_closed(struct ws *ws, const unsigned char *in, size_t len)
{
    struct ws_closed closed = {.stage = WS_STAGE_OPEN, .close_code = -1};
    if (len >= 2) {
        closed.close_code = in[0] << 8 | in[1];
        closed.reason = (pusher_str){(const char *)in + 2, len - 2};
    }
    ws_closing(ws);
    ws_over(ws, &closed);
    return 0;
}

/* The end without a close frame. */
static int lost(struct ws *ws, struct lws *wsi)
{
    struct ws_closed closed = {.stage = WS_STAGE_OPEN, .close_code = -1};
    if (ws->detached)
        return 0;
    if (cause_is_peer_present(wsi)) {
        closed.stage = WS_STAGE_INVALID;
        closed.reason = STR("a frame that RFC 6455 does not allow");
    } else {
        closed.system_error = cause_system_error(wsi);
        closed.reason = closed.system_error ? str_of(strerror(closed.system_error))
                        : cause_is_tls_broken(wsi)
                            ? STR("the TLS session broke")
                            : STR("it ended without a close frame");
    }
    ws->phase = WS_CLOSING;
    ws_over(ws, &closed);
    return 0;
}

/* Sends the close frame, outside of WRITEABLE (ws_close_with). */
static int send_close(struct ws *ws, struct lws *wsi)
{
    if (ws->phase != WS_CLOSING)
        return 0;
    lws_close_reason(wsi, (enum lws_close_status)ws->close_code, NULL, 0);
    return -1;
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len)
{
    struct ws *ws = user;
    if (!ws)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        ws->requested = true;
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        return connection_error(ws, wsi, in);
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        return before_open(wsi);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        ws->wsi = wsi;
        return opened(ws);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return ws_received(ws, (pusher_str){in, len});
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return ws_writable(ws);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return peer_closed(ws, in, len);
    case LWS_CALLBACK_TIMER:
        return send_close(ws, wsi);
    case LWS_CALLBACK_CLIENT_CLOSED:
        return lost(ws, wsi);
    default:
        return 0;
    }
}
