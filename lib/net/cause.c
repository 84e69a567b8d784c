/*
 * Causes of failed connections in words.
 */
#include "net/cause.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/tls.h"

enum { SWITCHING_PROTOCOLS = 101 };

static const char no_http[] = "the answer is not HTTP, or its header is over 8 KiB";

/* How the texts of libwebsockets begin, and what they mean to somebody who looks for the
 * mistake. */
static const struct {
    const char *said;
    const char *words;
} answers[] = {
    {"problems parsing header", no_http},
    {"HS: URI missing", "the answer is not HTTP"},
    {"HS: ws upgrade response not 101", "the answer was not 101 Switching Protocols"},
    {"HS: ws upgrade unauthorized", "the server wants a user name and a password"},
    {"HS: Upgrade to something", "the answer is an upgrade to something else"},
    {"HS: UPGRADE malformed", "the answer has no \"Connection: Upgrade\""},
    {"HS: UPGRADE", "the answer has no \"Upgrade: websocket\""},
    {"HS: ACCEPT missing", "the answer has no Sec-WebSocket-Accept"},
    {"HS: Accept hash wrong", "Sec-WebSocket-Accept does not fit to the request"},
    {"HS: PROTOCOL", "the answer names a subprotocol that was not asked for"},
    {"HS: Cannot match", "the answer names a subprotocol that was not asked for"},
    {"HS: EXT", "the answer names an extension that was not asked for"},
    {"HS: OOM", "out of memory"},
    {"HS: Rejected by filter", "out of memory"}, /* before_open() of ws_events.c */
    {"read failed", "the server ended the connection without an answer"},
    {"Closed before conn", "the server ended the connection without an answer"},
    {"closed before established", "the server ended the connection without an answer"},
};

static const char *words_for_answer(const char *said)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strncmp(said, answers[i].said, strlen(answers[i].said)) == 0)
            return answers[i].words;
    return said;
}

enum cause_stage cause_stage(struct lws *wsi, bool requested)
{
    if (requested)
        return CAUSE_ANSWER;
    return wsi && tls_begun(wsi) ? CAUSE_TLS : CAUSE_CONNECT;
}

int cause_system_error(struct lws *wsi)
{
    int error = 0;
    socklen_t size = sizeof error;
    int fd = wsi ? lws_get_socket_fd(wsi) : -1;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return 0;
    return error;
}

static const char *words_for(const struct cause *cause, struct lws *wsi, const char *said)
{
    const char *tls;
    switch (cause->stage) {
    case CAUSE_CONNECT:
        break;
    case CAUSE_TLS:
        tls = tls_cause(wsi);
        return tls ? tls : "the server ended the connection during the handshake";
    case CAUSE_ANSWER:
        if (said && strncmp(said, "HS: ", 4) != 0 && wsi && cause_is_peer_present(wsi))
            return no_http;
        if (said)
            return words_for_answer(said);
        break;
    }
    if (cause->system_error)
        return strerror(cause->system_error);
    return said ? said : "the reason is unknown";
}

/* Of an answer that did not upgrade; 0: none. */
static int refusal_status(struct lws *wsi, bool requested)
{
    int status = wsi && requested ? (int)lws_http_client_http_response(wsi) : 0;
    return status == SWITCHING_PROTOCOLS ? 0 : status;
}

void cause_of_failure(struct lws *wsi, bool requested, const char *said,
                      struct cause *ret)
{
    *ret = (struct cause){
        .stage = cause_stage(wsi, requested),
        .http_status = refusal_status(wsi, requested),
        .system_error = cause_system_error(wsi),
    };
    snprintf(ret->words, sizeof ret->words, "%s", words_for(ret, wsi, said));
}

static bool is_connected(struct lws *wsi)
{
    struct pollfd ask = {.fd = lws_get_socket_fd(wsi), .events = POLLRDHUP};
    return ask.fd >= 0 && poll(&ask, 1, 0) == 0;
}

bool cause_is_peer_present(struct lws *wsi)
{
    return is_connected(wsi) && !tls_ended_by_peer(wsi) && !tls_broken(wsi);
}

bool cause_is_tls_broken(struct lws *wsi)
{
    return is_connected(wsi) && tls_broken(wsi);
}
