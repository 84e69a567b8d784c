/*
 * Messages of a WebSocket: reassembled up to a limit and checked on the way in, one frame
 * at a time on the way out.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/ws_impl.h"

/* --- in --- */

/* The peer sent what it must not: it is told why, by the code, and left. */
static void violated(struct ws *ws, enum ws_stage stage, int code, pusher_str words)
{
    buf_free(&ws->rx);
    ws_close_with(ws, code);
    ws_over(ws, &(struct ws_closed){.stage = stage, .close_code = -1, .reason = words});
}

static void deliver(struct ws *ws, bool binary, pusher_str message)
{
    if (binary)
        ws->handler.calls->on_binary(ws->handler.userdata, message.len);
    else if (utf8_valid(message))
        ws->handler.calls->on_text(ws->handler.userdata, message);
    else
        violated(ws, WS_STAGE_INVALID, LWS_CLOSE_STATUS_INVALID_PAYLOAD,
                 STR("a text message is not UTF-8"));
}

static void overflowed(struct ws *ws, int rc)
{
    violated(ws, WS_STAGE_LIMIT, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
             rc == PUSHER_ERR_NOMEM ? STR("out of memory for a message")
                                    : STR("it is larger than max_message_bytes"));
}

int ws_received(struct ws *ws, pusher_str piece)
{
    bool last = lws_is_final_fragment(ws->wsi);
    bool binary = lws_frame_is_binary(ws->wsi);
    if (ws->phase != WS_OPEN)
        return 0;
    /* The usual message is one piece: it is handed on where it lies. */
    if (last && ws->rx.len == 0 && piece.len <= ws->rx.max) {
        deliver(ws, binary, piece);
        return 0;
    }
    int rc = buf_append(&ws->rx, piece);
    if (rc) {
        overflowed(ws, rc);
        return 0;
    }
    if (!last)
        return 0;
    /* The handler may close us, but we live until LWS_CALLBACK_WSI_DESTROY. */
    deliver(ws, binary, buf_str(&ws->rx));
    buf_free(&ws->rx);
    return 0;
}

uint64_t ws_arrived_at(const struct ws *ws)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    int fd = ws->wsi ? lws_get_socket_fd(ws->wsi) : -1;
    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return UINT64_MAX;
    return loop_awake_ago(ws->loop, info.tcpi_last_data_recv);
}

/* --- out --- */

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

int ws_writable(struct ws *ws)
{
    if (ws->phase != WS_OPEN || !ws->tx)
        return 0;
    /* To write to a peer that is gone would throw away what it said before it went, and
     * nobody has read yet. */
    if (!cause_is_peer_present(ws->wsi))
        return 0;
    int sent =
        lws_write(ws->wsi, (unsigned char *)ws->tx + LWS_PRE, ws->tx_len, LWS_WRITE_TEXT);
    bool whole = sent >= (int)ws->tx_len;
    mem_free(&ws->loop->mem, ws->tx);
    ws->tx = NULL;
    if (!whole)
        return -1;
    ws->handler.calls->on_sent(ws->handler.userdata);
    return 0;
}
