/*
 * The events that the load source sends: 16 messages whose payloads average one size
 * exactly.
 *
 * Each is rendered once, as a complete WebSocket frame. To send one, it is copied and two
 * fields of fixed width are overwritten: `seq`, 10 digits, and `t`, 20 digits.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#define PAYLOAD_VARIANTS 16

struct payload_frame {
    char *bytes; /* header and payload */
    size_t len;
    size_t seq_at; /* where the digits of seq start */
    size_t t_at;
};

struct payload {
    struct payload_frame frames[PAYLOAD_VARIANTS];
    size_t longest; /* of the frames */
};

/*
 * Renders the variants for payloads of `size` bytes on average (±15). Returns 0, or -1 if
 * memory is out or the fixed members alone are longer than the smallest variant.
 */
int payload_init(struct payload *payload, const char *channel, const char *event,
                 size_t size);
void payload_free(struct payload *payload);

/* Writes frame `n` (any number; they take turns) to `ret` and returns its length. */
size_t payload_render(const struct payload *payload, uint64_t n, uint64_t seq,
                      uint64_t t_ns, char *ret);

#endif
