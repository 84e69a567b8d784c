/*
 * One poll(2) over a listener, a pipe that says stop, and the connections.
 */
#include "echo.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "peer.h"

enum { CONNECTIONS = 64, FIRST = 2, LARGEST_TEXT = 125, TEXT = 1 };

struct connection {
    bool upgraded;
    size_t len;
    char in[2048];
};

struct echo {
    pthread_t thread;
    int stop[2];
    struct pollfd watched[FIRST + CONNECTIONS];
    struct connection connections[CONNECTIONS];
};

static bool send_all(int fd, const void *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void consume(struct connection *c, size_t bytes)
{
    c->len -= bytes;
    memmove(c->in, c->in + bytes, c->len);
}

/* 1: done, 0: incomplete, -1: to be ended. */
static int upgrade(struct connection *c, int fd)
{
    char answer[256];
    c->in[c->len] = '\0';
    const char *end = strstr(c->in, "\r\n\r\n");
    if (!end)
        return 0;
    if (!peer_upgrade_answer(c->in, answer, sizeof answer) ||
        !send_all(fd, answer, strlen(answer)))
        return -1;
    consume(c, (size_t)(end + 4 - c->in));
    c->upgraded = true;
    return 1;
}

/* As upgrade(). */
static int frame(struct connection *c, int fd)
{
    unsigned char *in = (unsigned char *)c->in;
    size_t len = c->len < 2 ? 0 : in[1] & 0x7f;
    if (c->len < 2 || c->len < 6 + len)
        return 0;
    unsigned char out[2 + LARGEST_TEXT] = {in[0], (unsigned char)len};
    if (in[0] != (0x80 | TEXT) || len > LARGEST_TEXT)
        return -1; /* a close frame, most likely */
    for (size_t i = 0; i < len; i++)
        out[2 + i] = in[6 + i] ^ in[2 + i % 4];
    consume(c, 6 + len);
    return send_all(fd, out, 2 + len) ? 1 : -1;
}

static bool serve(struct connection *c, int fd)
{
    int rc;
    ssize_t got = read(fd, c->in + c->len, sizeof c->in - 1 - c->len);
    if (got <= 0)
        return false;
    c->len += (size_t)got;
    do
        rc = c->upgraded ? frame(c, fd) : upgrade(c, fd);
    while (rc > 0);
    return rc == 0;
}

static void take(struct echo *echo)
{
    int fd = accept(echo->watched[1].fd, NULL, NULL);
    for (int i = 0; i < CONNECTIONS && fd >= 0; i++) {
        if (echo->watched[FIRST + i].fd >= 0)
            continue;
        echo->watched[FIRST + i] = (struct pollfd){.fd = fd, .events = POLLIN};
        echo->connections[i] = (struct connection){0};
        return;
    }
    if (fd >= 0)
        close(fd);
}

static void *thread_main(void *arg)
{
    struct echo *echo = arg;
    while (poll(echo->watched, FIRST + CONNECTIONS, -1) > 0 &&
           !echo->watched[0].revents) {
        for (int i = 0; i < CONNECTIONS; i++) {
            struct pollfd *at = &echo->watched[FIRST + i];
            if (at->fd < 0 || !at->revents || serve(&echo->connections[i], at->fd))
                continue;
            close(at->fd);
            at->fd = -1;
        }
        if (echo->watched[1].revents)
            take(echo);
    }
    return NULL;
}

struct echo *echo_start(uint16_t *ret_port)
{
    struct echo *echo = calloc(1, sizeof *echo);
    assert_non_null(echo);
    assert_int_equal(pipe(echo->stop), 0);
    echo->watched[0] = (struct pollfd){.fd = echo->stop[0], .events = POLLIN};
    echo->watched[1] = (struct pollfd){.fd = peer_listen(ret_port), .events = POLLIN};
    for (int i = 0; i < CONNECTIONS; i++)
        echo->watched[FIRST + i].fd = -1;
    assert_int_equal(pthread_create(&echo->thread, NULL, thread_main, echo), 0);
    return echo;
}

void echo_stop(struct echo *echo)
{
    assert_int_equal(write(echo->stop[1], "", 1), 1);
    pthread_join(echo->thread, NULL);
    for (int i = 1; i < FIRST + CONNECTIONS; i++)
        if (echo->watched[i].fd >= 0)
            close(echo->watched[i].fd);
    close(echo->stop[0]);
    close(echo->stop[1]);
    free(echo);
}
