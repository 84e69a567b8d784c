/*
 * An allocator that fails on demand.
 */
#include "support/fail_alloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool must_fail(struct fail_alloc *alloc)
{
    alloc->calls++;
    bool fail = alloc->fail_at && (alloc->fail_on ? alloc->calls >= alloc->fail_at
                                                  : alloc->calls == alloc->fail_at);
    alloc->failed += fail;
    return fail;
}

/* In front of each block. */
struct block {
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct block *block_of(void *ptr)
{
    return (struct block *)(void *)((unsigned char *)ptr - offsetof(struct block, bytes));
}

/* What is given back may be read by whoever gets it next. */
static void give(struct fail_alloc *alloc, struct block *block)
{
    for (size_t i = 0; i < alloc->secret_count; i++) {
        pusher_str secret = alloc->secrets[i];
        alloc->spilled +=
            memmem(block->bytes, block->size, secret.ptr, secret.len) != NULL;
    }
    alloc->live_bytes -= block->size;
    free(block);
}

static void *take(size_t size, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    struct block *block = must_fail(alloc) ? NULL : malloc(sizeof *block + size);
    if (!block)
        return NULL;
    alloc->live++;
    block->size = size;
    alloc->live_bytes += size;
    return block->bytes;
}

/* Always moves it. */
static void *resize(void *old, size_t size, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    void *ptr = take(size, userdata);
    if (!ptr || !old)
        return ptr;
    struct block *from = block_of(old);
    memcpy(ptr, old, from->size < size ? from->size : size);
    give(alloc, from);
    alloc->live--;
    return ptr;
}

static void give_back(void *ptr, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    if (!ptr)
        return;
    alloc->live--;
    give(alloc, block_of(ptr));
}

void fail_alloc_init(struct fail_alloc *alloc)
{
    *alloc = (struct fail_alloc){.mem = {take, resize, give_back, alloc}};
}
