/*
 * Decodes events and copies their data, and does nothing else: what the scanner costs, to
 * be counted by callgrind (see scan-cost).
 *
 *   scan_cost BYTES EVENTS
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/message.h"
#include "payload.h"

/* A frame of a server: what follows the length is the message. */
static pusher_str message_of(const char *frame, size_t len)
{
    size_t head = ((unsigned char)frame[1] & 0x7f) < 126 ? 2 : 4;
    return (pusher_str){frame + head, len - head};
}

int main(int argc, char **argv)
{
    struct payload payload;
    size_t bytes = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long events = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (!events || payload_init(&payload, "bench", "order-updated", bytes)) {
        fprintf(stderr, "usage: scan_cost BYTES EVENTS\n");
        return 2;
    }
    char *frame = malloc(payload.longest);
    char *out = malloc(payload.longest + 64);
    size_t copied = 0;
    if (!frame || !out)
        return 1;
    /* Rendered once: only decoding is to be repeated. */
    pusher_str text =
        message_of(frame, payload_render(&payload, 0, 1000000000, 0, frame));
    for (unsigned long i = 0; i < events; i++) {
        struct message message;
        if (message_decode(text, &message) ||
            message_data_bound(&message) > payload.longest + 64)
            return 1;
        copied += message_data_copy(&message, out).len;
        message_release(&message);
    }
    printf("%zu\n", copied / events);
    free(out);
    free(frame);
    payload_free(&payload);
    return 0;
}
