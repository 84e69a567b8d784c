#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

struct session *session_new(struct conn conn, unsigned number, size_t out_cap)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->out = malloc(out_cap);
    if (session->out == NULL) {
        free(session);
        return NULL;
    }
    session->conn = conn;
    session->number = number;
    session->out_cap = out_cap;
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    conn_close(&session->conn);
    free(session->out);
    free(session);
}

static void set_gone(struct session *session, const char *why)
{
    session->phase = SESSION_GONE;
    session->why = why;
}

char *session_reserve(struct session *session, size_t len)
{
    if (session->out_cap - session->out_len < len && session->out_at > 0) {
        session->out_len -= session->out_at;
        memmove(session->out, session->out + session->out_at, session->out_len);
        session->out_at = 0;
    }
    return session->out_cap - session->out_len < len ? NULL
                                                     : session->out + session->out_len;
}

void session_commit(struct session *session, size_t len)
{
    session->out_len += len;
}

void session_flush(struct session *session)
{
    while (session_pending(session)) {
        ssize_t moved = conn_write(&session->conn, session->out + session->out_at,
                                   session->out_len - session->out_at);
        if (moved < 0)
            set_gone(session, NULL);
        if (moved <= 0)
            return;
        session->out_at += (size_t)moved;
    }
    session->out_at = session->out_len = 0;
    session->events_out = false;
}

static void send_frame(struct session *session, enum ws_opcode opcode,
                       const char *payload, size_t len)
{
    char *out = session_reserve(session, WS_HEADER_MAX + len);

    if (out == NULL) {
        set_gone(session, "does not read its answers");
        return;
    }
    size_t header = ws_put_header(out, opcode, len);
    memcpy(out + header, payload, len);
    session_commit(session, header + len);
    session_flush(session);
}

static void send_text(struct session *session, const char *text)
{
    send_frame(session, WS_TEXT, text, strlen(text));
}

/* Answers the request once it is complete; what follows it stays in the buffer. */
static void on_upgrade(struct session *session)
{
    char answer[256];

    session->in[session->in_len] = '\0';
    const char *end = strstr(session->in, "\r\n\r\n");
    if (end == NULL) {
        if (session->in_len == SESSION_IN_MAX)
            set_gone(session, "sent an endless upgrade request");
        return;
    }
    size_t len = ws_answer_upgrade(session->in, answer, sizeof answer);
    char *out = len > 0 ? session_reserve(session, len) : NULL;
    if (out == NULL) {
        set_gone(session, "did not ask for a WebSocket upgrade");
        return;
    }
    memcpy(out, answer, len);
    session_commit(session, len);
    session->in_len -= (size_t)(end + 4 - session->in);
    memmove(session->in, end + 4, session->in_len);
    session->phase = SESSION_OPEN;
    snprintf(answer, sizeof answer,
             "{\"event\":\"pusher:connection_established\",\"data\":"
             "\"{\\\"socket_id\\\":\\\"%u.%u\\\",\\\"activity_timeout\\\":120}\"}",
             session->number, session->number);
    send_text(session, answer);
}

static int has_string(const char *text, size_t len, const char *string)
{
    char quoted[256];
    int size = snprintf(quoted, sizeof quoted, "\"%s\"", string);

    return size > 0 && memmem(text, len, quoted, (size_t)size) != NULL;
}

/* Told apart by the strings they hold: the clients here are known to be well behaved. */
static void on_text(struct session *session, const char *text, size_t len,
                    const char *channel)
{
    char answer[384];

    if (has_string(text, len, "pusher:ping")) {
        send_text(session, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    } else if (has_string(text, len, "pusher:subscribe")) {
        if (!has_string(text, len, channel)) {
            set_gone(session, "subscribed to another channel");
            return;
        }
        snprintf(answer, sizeof answer,
                 "{\"event\":\"pusher_internal:subscription_succeeded\","
                 "\"channel\":\"%s\",\"data\":\"{}\"}",
                 channel);
        send_text(session, answer);
        session->subscribed = true;
    }
}

static void on_frame(struct session *session, const struct ws_frame *frame,
                     const char *channel)
{
    switch (frame->opcode) {
    case WS_TEXT:
        on_text(session, frame->payload, frame->len, channel);
        break;
    case WS_PING:
        send_frame(session, WS_PONG, frame->payload, frame->len);
        break;
    case WS_CLOSE:
        send_frame(session, WS_CLOSE, frame->payload, frame->len);
        if (session->phase != SESSION_GONE)
            set_gone(session, NULL);
        break;
    case WS_PONG:
        break;
    default:
        set_gone(session, "sent a frame of an unexpected kind");
    }
}

static void on_bytes(struct session *session, const char *channel)
{
    struct ws_frame frame;
    size_t used = 0;

    if (session->phase == SESSION_UPGRADE)
        on_upgrade(session);
    while (session->phase != SESSION_GONE && session->phase != SESSION_UPGRADE) {
        switch (ws_take_frame(session->in + used, session->in_len - used, &frame)) {
        case WS_FRAME:
            used += frame.total;
            on_frame(session, &frame, channel);
            continue;
        case WS_BAD:
            set_gone(session, "sent a frame that is unmasked, split or too long");
            return;
        case WS_MORE:
            break;
        }
        break;
    }
    session->in_len -= used;
    memmove(session->in, session->in + used, session->in_len);
    if (session->in_len == SESSION_IN_MAX)
        set_gone(session, "sent a frame that is too long");
}

void session_read(struct session *session, const char *channel)
{
    while (session->phase != SESSION_GONE) {
        ssize_t got = conn_read(&session->conn, session->in + session->in_len,
                                SESSION_IN_MAX - session->in_len);
        if (got < 0)
            set_gone(session, NULL);
        if (got <= 0)
            return;
        session->in_len += (size_t)got;
        on_bytes(session, channel);
    }
}
