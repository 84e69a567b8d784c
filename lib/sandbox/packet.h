/*
 * One frame on its way out: counted, so that an event goes to any number of connections
 * without a copy, with the room in front that libwebsockets writes its header into.
 */
#ifndef SANDBOX_PACKET_H
#define SANDBOX_PACKET_H

#include <pusher/types.h>

enum { PACKET_PRE = 16 }; /* listener.c checks it against LWS_PRE */

struct packet {
    const pusher_allocator *mem;
    size_t refs;
    size_t len;
    unsigned char bytes[]; /* PACKET_PRE bytes, then len bytes of text */
};

/* A packet with one reference, owned by the caller. NULL when memory runs out. */
struct packet *packet_new(const pusher_allocator *mem, pusher_str text);

struct packet *packet_ref(struct packet *packet);
void packet_unref(struct packet *packet); /* NULL is fine */

pusher_str packet_text(const struct packet *packet);

#endif
