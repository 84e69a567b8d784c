/*
 * The last event of each cache channel.
 */
#include "sandbox/cache.h"

#include <pusher/error.h>

#include "base/mem.h"
#include "base/str.h"

struct entry {
    struct map_node node; /* key: name */
    struct list link;     /* in order of storing */
    struct packet *packet;
    uint64_t expires_ms;
    char *name;
};

void cache_init(struct cache *cache, const pusher_allocator *mem)
{
    map_init(&cache->entries, mem);
    list_init(&cache->order);
}

static void remove_entry(struct cache *cache, struct entry *entry)
{
    map_remove(&cache->entries, &entry->node);
    list_remove(&entry->link);
    packet_unref(entry->packet);
    mem_free(cache->entries.mem, entry->name);
    mem_free(cache->entries.mem, entry);
}

static struct entry *oldest(struct cache *cache)
{
    return list_empty(&cache->order)
               ? NULL
               : container_of(cache->order.next, struct entry, link);
}

void cache_free(struct cache *cache)
{
    while (!list_empty(&cache->order))
        remove_entry(cache, oldest(cache));
}

static struct entry *find_entry(struct cache *cache, pusher_str channel)
{
    struct map_node *node = map_find(&cache->entries, channel);
    return node ? container_of(node, struct entry, node) : NULL;
}

struct packet *cache_find(struct cache *cache, pusher_str channel, uint64_t now_ms,
                          uint64_t *expires_ms)
{
    struct entry *entry = find_entry(cache, channel);
    if (!entry)
        return NULL;
    if (now_ms >= entry->expires_ms) {
        remove_entry(cache, entry);
        return NULL;
    }
    *expires_ms = entry->expires_ms;
    return entry->packet;
}

/* A new entry without a packet; NULL when memory runs out. */
static struct entry *add_entry(struct cache *cache, pusher_str channel)
{
    const pusher_allocator *mem = cache->entries.mem;
    struct entry *entry = mem_zalloc(mem, sizeof *entry);
    if (!entry)
        return NULL;
    list_init(&entry->link);
    entry->name = mem_dup(mem, channel);
    map_set_key(&entry->node, (pusher_str){entry->name, channel.len});
    if (!entry->name || map_insert(&cache->entries, &entry->node)) {
        mem_free(mem, entry->name);
        mem_free(mem, entry);
        return NULL;
    }
    return entry;
}

int cache_store(struct cache *cache, pusher_str channel, struct packet *packet,
                uint64_t now_ms)
{
    struct entry *entry = find_entry(cache, channel);
    if (!entry) {
        entry = add_entry(cache, channel);
        if (!entry)
            return PUSHER_ERR_NOMEM;
    }
    packet_unref(entry->packet);
    entry->packet = packet_ref(packet);
    entry->expires_ms = now_ms + CACHE_LIFE_MS;
    list_remove(&entry->link);
    list_append(&cache->order, &entry->link);
    if (map_size(&cache->entries) > CACHE_ENTRIES_MAX)
        remove_entry(cache, oldest(cache));
    return 0;
}
