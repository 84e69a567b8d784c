/*
 * A sandbox and raw peers in one thread.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000 };

void rig_options(pusher_sandbox_options *options)
{
    pusher_sandbox_options_init(options);
    options->app_id = RIG_APP;
    options->key = RIG_KEY;
    options->secret = RIG_SECRET;
}

void rig_start(struct rig *rig, const pusher_sandbox_options *options)
{
    pusher_loop_options loop_options;
    pusher_sandbox_options own;
    *rig = (struct rig){0};
    memory_init(&rig->memory);
    pusher_loop_options_init(&loop_options);
    loop_options.allocator = &rig->memory.mem;
    assert_int_equal(pusher_loop_new(&rig->loop, &loop_options), 0);
    if (options)
        own = *options;
    else
        rig_options(&own);
    own.loop = rig->loop;
    assert_int_equal(pusher_sandbox_new(&rig->sandbox, &own), 0);
    rig->port = pusher_sandbox_port(rig->sandbox);
    assert_int_not_equal(rig->port, 0);
}

void rig_stop(struct rig *rig)
{
    pusher_sandbox_free(rig->sandbox);
    pusher_loop_free(rig->loop);
    assert_int_equal(rig->memory.live, 0);
}

/* ---- waiting ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the peer's socket has one of `events`; the loop works meanwhile. */
static void wait_for(struct rig *rig, const struct peer *peer, short events)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = pusher_loop_fd(rig->loop), .events = POLLIN},
            {.fd = peer->fd, .events = events},
        };
        int64_t left = deadline - now_ms();
        if (left <= 0 || poll(fds, 2, (int)left) < 0)
            fail_msg("nothing came within %d ms", DEADLINE_MS);
        if (fds[0].revents)
            assert_int_equal(pusher_loop_dispatch(rig->loop), 0);
        if (fds[1].revents)
            return;
    }
}

void rig_until(struct rig *rig, const int *flag)
{
    int64_t deadline = now_ms() + DEADLINE_MS;
    struct pollfd fd = {.fd = pusher_loop_fd(rig->loop), .events = POLLIN};
    while (!*flag) {
        int64_t left = deadline - now_ms();
        if (left <= 0 || poll(&fd, 1, (int)left) < 0)
            fail_msg("it did not happen within %d ms", DEADLINE_MS);
        assert_int_equal(pusher_loop_dispatch(rig->loop), 0);
    }
}

void rig_settle(struct rig *rig)
{
    struct pollfd fd = {.fd = pusher_loop_fd(rig->loop), .events = POLLIN};
    for (int i = 0; i < 100 && poll(&fd, 1, 0) > 0; i++)
        pusher_loop_dispatch(rig->loop);
}

/* ---- bytes ---- */

void peer_open(struct rig *rig, struct peer *peer)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(rig->port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    *peer = (struct peer){0};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(peer->fd >= 0);
    assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, sizeof address), 0);
    /* Or the second part of a frame waits 40 ms for the first to be acknowledged. */
    int on = 1;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(fcntl(peer->fd, F_SETFL, O_NONBLOCK), 0);
}

void peer_close(struct peer *peer)
{
    if (peer->fd > 0)
        close(peer->fd);
    free(peer->bytes);
    *peer = (struct peer){0};
}

bool peer_send(struct rig *rig, struct peer *peer, const char *bytes, size_t len)
{
    while (len) {
        ssize_t sent = send(peer->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return false;
        if (sent < 0) {
            wait_for(rig, peer, POLLOUT);
            continue;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Waits for more bytes; false: there will be none. */
static bool receive(struct rig *rig, struct peer *peer)
{
    if (peer->ended)
        return false;
    if (peer->cap - peer->len < 65536) {
        peer->cap = peer->cap * 2 + 65537;
        peer->bytes = realloc(peer->bytes, peer->cap);
        assert_non_null(peer->bytes);
    }
    wait_for(rig, peer, POLLIN);
    ssize_t got = recv(peer->fd, peer->bytes + peer->len, peer->cap - peer->len - 1, 0);
    if (got < 0 && errno == EAGAIN)
        return true;
    peer->ended = got <= 0;
    if (got > 0)
        peer->len += (size_t)got;
    peer->bytes[peer->len] = '\0';
    return !peer->ended;
}

static void consume(struct peer *peer, size_t bytes)
{
    memmove(peer->bytes, peer->bytes + bytes, peer->len - bytes + 1);
    peer->len -= bytes;
}

/* ---- HTTP ---- */

static const char *find_body(const struct peer *peer)
{
    const char *end = peer->bytes ? strstr(peer->bytes, "\r\n\r\n") : NULL;
    return end ? end + 4 : NULL;
}

static int read_head(struct rig *rig, struct peer *peer)
{
    int status = 0;
    while (!find_body(peer))
        if (!receive(rig, peer))
            return 0;
    assert_int_equal(sscanf(peer->bytes, "HTTP/1.1 %d ", &status), 1);
    return status;
}

int rig_http(struct rig *rig, const char *request, size_t len, char **body)
{
    struct peer peer;
    peer_open(rig, &peer);
    peer_send(rig, &peer, request, len);
    int status = read_head(rig, &peer);
    while (receive(rig, &peer))
        continue;
    if (body)
        *body = strdup(status ? find_body(&peer) : "");
    peer_close(&peer);
    return status;
}

int peer_upgrade(struct rig *rig, struct peer *peer, const char *path)
{
    char request[1024];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                       path);
    if (!peer_send(rig, peer, request, (size_t)len))
        return 0;
    int status = read_head(rig, peer);
    if (status)
        consume(peer, (size_t)(find_body(peer) - peer->bytes));
    return status;
}

/* ---- WebSocket ---- */

void peer_frame(struct rig *rig, struct peer *peer, int opcode, bool final,
                const char *bytes, size_t len)
{
    unsigned char head[14] = {(unsigned char)((final ? 0x80 : 0) | opcode)};
    size_t at = 1;
    if (len < 126) {
        head[at++] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        head[at++] = 0x80 | 126;
        head[at++] = (unsigned char)(len >> 8);
        head[at++] = (unsigned char)len;
    } else {
        head[at++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            head[at++] = (unsigned char)((uint64_t)len >> shift);
    }
    at += 4; /* a mask of zeros changes nothing */
    if (peer_send(rig, peer, (const char *)head, at))
        peer_send(rig, peer, bytes, len);
}

void peer_text(struct rig *rig, struct peer *peer, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    assert_true(len >= 0);
    peer_frame(rig, peer, FRAME_TEXT, true, text, (size_t)len);
    free(text);
}

/* The size of the head of the frame at the start, and of its payload; 0: not all there.
 */
static size_t frame_head(const struct peer *peer, size_t *payload)
{
    const unsigned char *at = (const unsigned char *)peer->bytes;
    if (peer->len < 2)
        return 0;
    size_t size = at[1] & 0x7f;
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (peer->len < 2 + more)
        return 0;
    if (more)
        size = 0;
    for (size_t i = 0; i < more; i++)
        size = size << 8 | at[2 + i];
    *payload = size;
    return 2 + more;
}

bool peer_next(struct rig *rig, struct peer *peer, struct frame *ret)
{
    size_t payload = 0, head;
    while (!(head = frame_head(peer, &payload)) || peer->len < head + payload)
        if (!receive(rig, peer))
            return false;
    *ret = (struct frame){.opcode = peer->bytes[0] & 0x0f};
    const char *text = peer->bytes + head;
    if (ret->opcode == FRAME_CLOSE && payload >= 2) {
        ret->code = (unsigned char)text[0] << 8 | (unsigned char)text[1];
        text += 2;
        payload -= 2;
        head += 2;
    }
    ret->text = strndup(text, payload);
    assert_non_null(ret->text);
    consume(peer, head + payload);
    return true;
}

void peer_expect(struct rig *rig, struct peer *peer, const char *text)
{
    struct frame frame;
    if (!peer_next(rig, peer, &frame))
        fail_msg("the connection ended; expected %s", text);
    assert_int_equal(frame.opcode, FRAME_TEXT);
    assert_string_equal(frame.text, text);
    free(frame.text);
}

void peer_expect_close(struct rig *rig, struct peer *peer, int code)
{
    struct frame frame;
    if (!peer_next(rig, peer, &frame))
        fail_msg("the connection ended without a close frame");
    assert_int_equal(frame.opcode, FRAME_CLOSE);
    assert_int_equal(frame.code, code);
    free(frame.text);
}

void peer_expect_end(struct rig *rig, struct peer *peer)
{
    while (receive(rig, peer))
        continue;
}

void peer_greet(struct rig *rig, struct peer *peer)
{
    struct frame frame;
    unsigned timeout;
    peer_open(rig, peer);
    assert_int_equal(peer_upgrade(rig, peer, "/app/" RIG_KEY "?protocol=7&client=raw"),
                     101);
    assert_true(peer_next(rig, peer, &frame));
    assert_int_equal(
        sscanf(
            frame.text,
            "{\"event\":\"pusher:connection_established\",\"data\":\"{\\\"socket_id\\\":"
            "\\\"%63[0-9.]\\\",\\\"activity_timeout\\\":%u}\"}",
            peer->socket_id, &timeout),
        2);
    free(frame.text);
}
