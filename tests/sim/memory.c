/*
 * An allocator that counts blocks and bytes, and fails on demand.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* Before each block: its size, in a field that keeps the block aligned. */
union header {
    size_t size;
    long double aligned;
};

static bool must_fail(struct memory *memory)
{
    memory->calls++;
    if (memory->fail_after) {
        memory->fail_after--;
        return false;
    }
    if (!memory->fail_next)
        return false;
    memory->fail_next--;
    memory->failed++;
    return true;
}

static void *take(size_t size, void *userdata)
{
    struct memory *memory = userdata;
    union header *header = must_fail(memory) ? NULL : malloc(sizeof *header + size);
    if (!header)
        return NULL;
    header->size = size;
    memory->blocks++;
    memory->bytes += size;
    return header + 1;
}

static void give_back(void *ptr, void *userdata)
{
    struct memory *memory = userdata;
    if (!ptr)
        return;
    union header *header = (union header *)ptr - 1;
    memory->blocks--;
    memory->bytes -= header->size;
    free(header);
}

/* Always to another place, so that an old pointer is found out. */
static void *resize(void *old, size_t size, void *userdata)
{
    void *ptr = take(size, userdata);
    if (ptr && old) {
        size_t old_size = ((union header *)old - 1)->size;
        memcpy(ptr, old, old_size < size ? old_size : size);
        give_back(old, userdata);
    }
    return ptr;
}

void memory_init(struct memory *memory, struct app *app)
{
    *memory = (struct memory){
        .mem = {take, resize, give_back, memory},
        .app = app,
    };
}

void memory_fail(struct memory *memory, size_t after, size_t count)
{
    memory->fail_after = after;
    memory->fail_next = count;
}
