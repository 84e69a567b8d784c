/*
 * Counted frames.
 */
#include "sandbox/packet.h"

#include <string.h>

#include "base/mem.h"

struct packet *packet_new(const pusher_allocator *mem, pusher_str text)
{
    struct packet *packet = mem_alloc(mem, sizeof *packet + PACKET_PRE + text.len);
    if (!packet)
        return NULL;
    packet->mem = mem;
    packet->refs = 1;
    packet->len = text.len;
    memset(packet->bytes, 0, PACKET_PRE);
    memcpy(packet->bytes + PACKET_PRE, text.ptr, text.len);
    return packet;
}

struct packet *packet_ref(struct packet *packet)
{
    packet->refs++;
    return packet;
}

void packet_unref(struct packet *packet)
{
    if (packet && --packet->refs == 0)
        mem_free(packet->mem, packet);
}

pusher_str packet_text(const struct packet *packet)
{
    return (pusher_str){(const char *)packet->bytes + PACKET_PRE, packet->len};
}
