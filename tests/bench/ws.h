/*
 * The server's side of WebSocket framing (RFC 6455), as far as a load source needs it:
 * the answer to the upgrade, headers of unmasked frames, and taking masked frames apart.
 */
#ifndef BENCH_WS_H
#define BENCH_WS_H

#include <stddef.h>

enum ws_opcode { WS_TEXT = 1, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_HEADER_MAX 4 /* payloads here are shorter than 64 KiB */

/* Writes the header of a final, unmasked frame of `len` < 65536 bytes; returns its size.
 */
size_t ws_put_header(char *ret, enum ws_opcode opcode, size_t len);

struct ws_frame {
    unsigned opcode;
    char *payload; /* inside the buffer, unmasked in place */
    size_t len;
    size_t total; /* bytes that the frame took in the buffer */
};

enum ws_result { WS_FRAME, WS_MORE, WS_BAD };

/*
 * Takes the first frame of `buf` apart. WS_MORE: it is not complete. WS_BAD: not masked,
 * fragmented or longer than 65535 bytes, which no client of this protocol sends.
 */
enum ws_result ws_take_frame(char *buf, size_t len, struct ws_frame *ret);

/*
 * Writes the answer to the upgrade request in `request` (NUL-terminated, headers
 * complete) to `ret`. Returns its length, or 0 if the request is not a WebSocket upgrade.
 */
size_t ws_answer_upgrade(const char *request, char *ret, size_t cap);

#endif
