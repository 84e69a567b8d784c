/*
 * The other end of a connection, as a raw socket of the same thread: each step lets the
 * loop under test run until the step is done, or fails the test after a deadline.
 */
#ifndef NET_TEST_PEER_H
#define NET_TEST_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pusher/loop.h>

enum { PEER_TEXT, PEER_BINARY, PEER_CLOSE = 8 };

/* A listening socket on 127.0.0.1 and its port. */
int peer_listen(uint16_t *ret_port);
/* One whose queue is full: attempts to connect hang. `fillers` are to be closed too. */
int peer_listen_full(uint16_t *ret_port, int fillers[3]);

int peer_accept(pusher_loop *loop, int listener);
/* Reads until `end` has come; returns how many bytes. */
size_t peer_read(pusher_loop *loop, int fd, char *out, size_t size, const char *end);
/* Reads exactly `bytes`. */
void peer_read_bytes(pusher_loop *loop, int fd, void *out, size_t bytes);
/* Until the other side has ended the connection; what it still says is skipped. */
void peer_expect_end(pusher_loop *loop, int fd);
void peer_send(int fd, const void *bytes, size_t len);

/* The answer to the request `head` that makes it a WebSocket; false when it asks for
 * none. Safe on any thread. */
bool peer_upgrade_answer(const char *head, char *out, size_t size);
/* Accepts a WebSocket. */
int peer_accept_websocket(pusher_loop *loop, int listener);
void peer_send_frame(int fd, int opcode, bool last, const void *payload, size_t len);
/* Reads a frame of a client, unmasked; returns its opcode. */
int peer_read_frame(pusher_loop *loop, int fd, char *out, size_t size, size_t *ret_len);

/* For steps of a test's own: begins one that has 10 s, and lets the loop run a little;
 * fails the test when they are over. */
void peer_begin(void);
void peer_step(pusher_loop *loop);

/* Lets the loop run until `*done`; false after 10 s. */
bool peer_run_until(pusher_loop *loop, const bool *done);

/* `words`, or what is said in place of the system's words for an error in builds without
 * libuv. */
const char *peer_words(const pusher_loop *loop, const char *words, const char *otherwise);

/* Open descriptors and threads of this process. */
int peer_descriptors(void);
int peer_threads(void);
/* The threads that there are without the library's: to be called while it has none. A
 * sanitizer's own is among them, which begins with the first that is made. */
int peer_own_threads(void);
/* A thread that was joined may be listed for a moment yet: waits until `threads` are
 * left. */
void peer_await_threads(int threads);

#endif
