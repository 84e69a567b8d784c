/*
 * The last event of each cache channel (CACHE-01, CACHE-02): kept for half an hour, also
 * while nobody is subscribed; a bounded number of them, of which the oldest goes.
 */
#ifndef SANDBOX_CACHE_H
#define SANDBOX_CACHE_H

#include "base/list.h"
#include "base/map.h"
#include "sandbox/packet.h"

enum {
    CACHE_ENTRIES_MAX = 1000,
    CACHE_LIFE_MS = 30 * 60 * 1000,
};

struct cache {
    struct map entries; /* by channel */
    struct list order;  /* oldest first */
};

void cache_init(struct cache *cache, const pusher_allocator *mem);
void cache_free(struct cache *cache);

/* The event of `channel`, borrowed, and when it will be too old; NULL: none, or too old.
 */
struct packet *cache_find(struct cache *cache, pusher_str channel, uint64_t now_ms,
                          uint64_t *expires_ms);

/* Remembers `packet` instead of what was there; takes a reference. 0, or PUSHER_ERR_NOMEM
 * and nothing changed. */
int cache_store(struct cache *cache, pusher_str channel, struct packet *packet,
                uint64_t now_ms);

#endif
