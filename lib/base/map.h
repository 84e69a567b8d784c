/*
 * A hash table from text to elements. The links live in the elements (uthash inside), the
 * key is borrowed from the element, and growing is allowed to fail without losing
 * anything.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <uthash.h>

#include <pusher/types.h>

/* Its key is borrowed: it must live and stay the same while the node is in a map, and has
 * less than 4 GiB. Kept where uthash wants it, once: there may be many. */
struct map_node {
    UT_hash_handle hh;
};

static inline void map_set_key(struct map_node *node, pusher_str key)
{
    node->hh.key = key.ptr;
    node->hh.keylen = (unsigned)key.len;
}

static inline pusher_str map_key(const struct map_node *node)
{
    return (pusher_str){node->hh.key, node->hh.keylen};
}

struct map {
    struct map_node *first;
    const pusher_allocator *mem;
};

void map_init(struct map *map, const pusher_allocator *mem);

/* Adds `node` under map_key(node), which must not be there yet. 0 or PUSHER_ERR_NOMEM. */
int map_insert(struct map *map, struct map_node *node);

/* The node under `key`, or NULL. */
struct map_node *map_find(const struct map *map, pusher_str key);

/* Removes a node that is in the map. The last one takes the table's memory with it. */
void map_remove(struct map *map, struct map_node *node);

size_t map_size(const struct map *map);

#endif
