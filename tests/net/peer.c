/*
 * A raw socket peer.
 */
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/socket.h>

enum { DEADLINE_MS = 10000, STEP_MS = 2 };

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_with(int backlog, uint16_t *ret_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int peer_listen(uint16_t *ret_port)
{
    return listen_with(16, ret_port);
}

int peer_listen_full(uint16_t *ret_port, int fillers[3])
{
    int fd = listen_with(0, ret_port);
    struct sockaddr_in address = loopback(*ret_port);
    for (int i = 0; i < 3; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    return fd;
}

static long long deadline;

void peer_begin(void)
{
    deadline = now_ms() + DEADLINE_MS;
}

void peer_step(pusher_loop *loop)
{
    assert_true(now_ms() < deadline);
    pusher_loop_run_for(loop, STEP_MS);
}

bool peer_run_until(pusher_loop *loop, const bool *done)
{
    peer_begin();
    while (!*done && now_ms() < deadline)
        pusher_loop_run_for(loop, STEP_MS);
    return *done;
}

int peer_accept(pusher_loop *loop, int listener)
{
    int fd;
    peer_begin();
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
        peer_step(loop);
    return fd;
}

size_t peer_read(pusher_loop *loop, int fd, char *out, size_t size, const char *end)
{
    size_t len = 0;
    peer_begin();
    while (!memmem(out, len, end, strlen(end))) {
        ssize_t got = read(fd, out + len, size - 1 - len);
        assert_true(got != 0 && len < size - 1);
        if (got > 0)
            len += (size_t)got;
        else
            peer_step(loop);
    }
    out[len] = '\0';
    return len;
}

void peer_read_bytes(pusher_loop *loop, int fd, void *out, size_t bytes)
{
    size_t len = 0;
    peer_begin();
    while (len < bytes) {
        ssize_t got = read(fd, (char *)out + len, bytes - len);
        assert_true(got != 0);
        if (got > 0)
            len += (size_t)got;
        else
            peer_step(loop);
    }
}

void peer_expect_end(pusher_loop *loop, int fd)
{
    char skipped[1024];
    peer_begin();
    for (;;) {
        ssize_t got = read(fd, skipped, sizeof skipped);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return;
        if (got < 0)
            peer_step(loop);
    }
}

void peer_send(int fd, const void *bytes, size_t len)
{
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    while (len) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        bytes = (const char *)bytes + sent;
        len -= (size_t)sent;
    }
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

bool peer_upgrade_answer(const char *head, char *out, size_t size)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    char text[128];
    unsigned char sha[SHA_DIGEST_LENGTH], accept_value[64];
    const char *key = strstr(head, name);
    if (!key)
        return false;
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
             key + sizeof name - 1);
    SHA1((const unsigned char *)text, strlen(text), sha);
    EVP_EncodeBlock(accept_value, sha, sizeof sha);
    snprintf(out, size,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
             (const char *)accept_value);
    return true;
}

int peer_accept_websocket(pusher_loop *loop, int listener)
{
    char head[2048], answer[256];
    int fd = peer_accept(loop, listener);
    peer_read(loop, fd, head, sizeof head, "\r\n\r\n");
    assert_true(peer_upgrade_answer(head, answer, sizeof answer));
    peer_send(fd, answer, strlen(answer));
    return fd;
}

void peer_send_frame(int fd, int opcode, bool last, const void *payload, size_t len)
{
    static const int opcodes[] = {[PEER_TEXT] = 1, [PEER_BINARY] = 2, [PEER_CLOSE] = 8};
    unsigned char head[4] = {0};
    size_t size = 2;
    assert_true(len < 65536);
    head[0] = (unsigned char)((last ? 0x80 : 0) | (opcode < 0 ? 0 : opcodes[opcode]));
    head[1] = (unsigned char)(len < 126 ? len : 126);
    if (len >= 126) {
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        size = 4;
    }
    peer_send(fd, head, size);
    peer_send(fd, payload, len);
}

int peer_read_frame(pusher_loop *loop, int fd, char *out, size_t size, size_t *ret_len)
{
    unsigned char head[2], more[2], mask[4];
    peer_read_bytes(loop, fd, head, 2);
    assert_true(head[0] & 0x80);
    assert_true(head[1] & 0x80);
    size_t len = head[1] & 0x7f;
    if (len == 126) {
        peer_read_bytes(loop, fd, more, 2);
        len = (size_t)more[0] << 8 | more[1];
    }
    assert_true(len < size);
    peer_read_bytes(loop, fd, mask, 4);
    peer_read_bytes(loop, fd, out, len);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(out[i] ^ mask[i % 4]);
    out[len] = '\0';
    *ret_len = len;
    return head[0] & 0x0f;
}

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

int peer_descriptors(void)
{
    return entries("/proc/self/fd");
}

int peer_threads(void)
{
    return entries("/proc/self/task");
}

static void *count_threads(void *ret)
{
    *(int *)ret = peer_threads();
    return NULL;
}

int peer_own_threads(void)
{
    pthread_t thread;
    int count = 0;
    assert_int_equal(pthread_create(&thread, NULL, count_threads, &count), 0);
    pthread_join(thread, NULL);
    peer_await_threads(count - 1);
    return count - 1;
}

void peer_await_threads(int threads)
{
    static const struct timespec moment = {.tv_nsec = STEP_MS * 1000000L};
    peer_begin();
    while (peer_threads() != threads) {
        assert_true(now_ms() < deadline);
        nanosleep(&moment, NULL);
    }
}

const char *peer_words(const pusher_loop *loop, const char *words, const char *otherwise)
{
    return pusher_loop_fd(loop) >= 0 ? words : otherwise;
}
