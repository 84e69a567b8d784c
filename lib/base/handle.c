/*
 * Identifiers that cannot dangle: slot + 1 in the low half, generation in the high half.
 */
#include "base/handle.h"

#include <pusher/error.h>

#include "base/mem.h"

enum { FIRST_COUNT = 2 };
static const uint32_t MAX_COUNT = 1u << 24;

void handle_table_init(struct handle_table *table, const pusher_allocator *mem)
{
    *table = (struct handle_table){.mem = mem};
}

void handle_table_free(struct handle_table *table)
{
    mem_free(table->mem, table->slots);
    handle_table_init(table, table->mem);
}

static int grow(struct handle_table *table)
{
    if (table->count >= MAX_COUNT)
        return PUSHER_ERR_LIMIT;
    uint32_t count = table->count ? table->count * 2 : FIRST_COUNT;
    struct handle_slot *slots =
        mem_realloc(table->mem, table->slots, count * sizeof *slots);
    if (!slots)
        return PUSHER_ERR_NOMEM;
    for (uint32_t i = count; i-- > table->count;) {
        slots[i] = (struct handle_slot){.next_free = table->free_head};
        table->free_head = i + 1;
    }
    table->slots = slots;
    table->count = count;
    return 0;
}

int handle_add(struct handle_table *table, void *object, pusher_id *ret)
{
    if (!table->free_head) {
        int rc = grow(table);
        if (rc)
            return rc;
    }
    uint32_t index = table->free_head - 1;
    struct handle_slot *slot = &table->slots[index];
    table->free_head = slot->next_free;
    slot->object = object;
    *ret = (pusher_id)slot->generation << 32 | (index + 1);
    return 0;
}

static struct handle_slot *slot_of(const struct handle_table *table, pusher_id id)
{
    uint32_t index = (uint32_t)id - 1;
    if (index >= table->count)
        return NULL;
    struct handle_slot *slot = &table->slots[index];
    return slot->object && slot->generation == id >> 32 ? slot : NULL;
}

void *handle_find(const struct handle_table *table, pusher_id id)
{
    const struct handle_slot *slot = slot_of(table, id);
    return slot ? slot->object : NULL;
}

void handle_remove(struct handle_table *table, pusher_id id)
{
    struct handle_slot *slot = slot_of(table, id);
    if (!slot)
        return;
    slot->object = NULL;
    /* A slot whose generations are used up is never handed out again. */
    if (++slot->generation == 0)
        return;
    slot->next_free = table->free_head;
    table->free_head = (uint32_t)(slot - table->slots) + 1;
}
