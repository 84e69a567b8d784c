/*
 * A sandbox and raw peers in one thread: the peers' sockets and the loop's descriptor are
 * waited for together, so nothing is timed and nothing races.
 */
#ifndef TESTS_SANDBOX_RIG_H
#define TESTS_SANDBOX_RIG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <pusher/sandbox.h>

#include "memory.h"

#define RIG_KEY    "test-key"
#define RIG_SECRET "test-secret"
#define RIG_APP    "7"

struct rig {
    struct memory memory;
    pusher_loop *loop;
    pusher_sandbox *sandbox;
    uint16_t port;
};

/* Options for rig_start(), to be changed before it. */
void rig_options(pusher_sandbox_options *options);

/* A loop, and on it a sandbox with these options (NULL: those of rig_options()). */
void rig_start(struct rig *rig, const pusher_sandbox_options *options);

/* Frees both; nothing may be left of them. */
void rig_stop(struct rig *rig);

/* Opcodes of RFC 6455. */
enum { FRAME_CONTINUATION = 0, FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8 };

/* One peer: a TCP connection, and what came over it. */
struct peer {
    int fd;
    char *bytes; /* received, not looked at yet; NUL-terminated */
    size_t len, cap;
    int ended; /* the sandbox has closed its side */
    char socket_id[64];
};

/* What a peer got. */
struct frame {
    int opcode;
    int code;   /* of a close frame; 0: none */
    char *text; /* of a text frame, or the reason of a close; NUL-terminated */
};

/* A TCP connection; nothing is sent. */
void peer_open(struct rig *rig, struct peer *peer);
void peer_close(struct peer *peer);

/* Sends bytes as they are, while the loop works. False: the sandbox has closed. */
bool peer_send(struct rig *rig, struct peer *peer, const char *bytes, size_t len);

/* Asks for an upgrade of `path`; the HTTP status of the answer, 0: none came. */
int peer_upgrade(struct rig *rig, struct peer *peer, const char *path);

/* Opens, upgrades and takes the greeting; socket_id is set. */
void peer_greet(struct rig *rig, struct peer *peer);

/* Sends one masked frame. */
void peer_frame(struct rig *rig, struct peer *peer, int opcode, bool final,
                const char *bytes, size_t len);
void peer_text(struct rig *rig, struct peer *peer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Waits for the next frame; false: the connection ended. The text is to be freed. */
bool peer_next(struct rig *rig, struct peer *peer, struct frame *ret);

/* The next frame is this text; then it is this close code. */
void peer_expect(struct rig *rig, struct peer *peer, const char *text);
void peer_expect_close(struct rig *rig, struct peer *peer, int code);

/* Waits for the end of the connection. */
void peer_expect_end(struct rig *rig, struct peer *peer);

/* Sends a whole HTTP request and returns the status; the answer's body, to be freed, in
 * `*body` unless that is NULL. */
int rig_http(struct rig *rig, const char *request, size_t len, char **body);

/* Lets the loop work until `*flag` is not 0. */
void rig_until(struct rig *rig, const int *flag);

/* Lets the loop do what is due now. */
void rig_settle(struct rig *rig);

#endif
