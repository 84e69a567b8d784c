/*
 * A hash table from text to elements, over uthash.
 *
 * uthash's hooks take no context, but they expand where it is used: `mem` below is the
 * local variable of the function around them.
 */
#define uthash_malloc(size)    mem_alloc(mem, (size))
#define uthash_free(ptr, size) mem_free(mem, (ptr))
#define HASH_NONFATAL_OOM      1

#include "base/map.h"

#include "base/mem.h"
#include <pusher/error.h>

/* Most clients have a channel or two, and there may be thousands of clients: uthash's 32
 * buckets to begin with would be a fifth of what such a client takes. One holds ten, then
 * uthash doubles them as needed. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS      1U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 0U

void map_init(struct map *map, const pusher_allocator *mem)
{
    *map = (struct map){.mem = mem};
}

int map_insert(struct map *map, struct map_node *node)
{
    const pusher_allocator *mem = map->mem;
    struct map_node *first = map->first;
    HASH_ADD_KEYPTR(hh, first, node->hh.key, node->hh.keylen, node);
    map->first = first;
    /* With HASH_NONFATAL_OOM a node that found no room is left without a table. */
    return node->hh.tbl ? 0 : PUSHER_ERR_NOMEM;
}

struct map_node *map_find(const struct map *map, pusher_str key)
{
    struct map_node *node = NULL;
    HASH_FIND(hh, map->first, key.ptr, key.len, node);
    return node;
}

void map_remove(struct map *map, struct map_node *node)
{
    const pusher_allocator *mem = map->mem;
    struct map_node *first = map->first;
    HASH_DEL(first, node);
    map->first = first;
}

size_t map_size(const struct map *map)
{
    return HASH_COUNT(map->first);
}
