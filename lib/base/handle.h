/*
 * Identifiers that cannot dangle: a table from pusher_id to a pointer. An id is a slot
 * and the slot's generation, so it is never handed out twice, and a late look-up finds
 * nothing.
 */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <pusher/types.h>

struct handle_slot {
    void *object;        /* NULL: free */
    uint32_t generation; /* of the present or the next object */
    uint32_t next_free;  /* index + 1 of the next free slot */
};

struct handle_table {
    struct handle_slot *slots;
    uint32_t count;
    uint32_t free_head; /* index + 1 of the first free slot; 0: none */
    const pusher_allocator *mem;
};

void handle_table_init(struct handle_table *table, const pusher_allocator *mem);
void handle_table_free(struct handle_table *table);

/* Stores `object` (not NULL) and its new id in `*ret`. 0, PUSHER_ERR_NOMEM,
 * PUSHER_ERR_LIMIT. */
int handle_add(struct handle_table *table, void *object, pusher_id *ret);

/* The object, or NULL. */
void *handle_find(const struct handle_table *table, pusher_id id);

/* Forgets the id; an unknown one does no harm. */
void handle_remove(struct handle_table *table, pusher_id id);

#endif
