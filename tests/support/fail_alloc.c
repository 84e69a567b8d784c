/*
 * An allocator that fails on demand.
 */
#include "support/fail_alloc.h"

#include <stdlib.h>

static bool must_fail(struct fail_alloc *alloc)
{
    alloc->calls++;
    bool fail = alloc->fail_at && (alloc->fail_on ? alloc->calls >= alloc->fail_at
                                                  : alloc->calls == alloc->fail_at);
    alloc->failed += fail;
    return fail;
}

static void *take(size_t size, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    void *ptr = must_fail(alloc) ? NULL : malloc(size);
    alloc->live += ptr != NULL;
    return ptr;
}

static void *resize(void *old, size_t size, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    void *ptr = must_fail(alloc) ? NULL : realloc(old, size);
    alloc->live += ptr && !old;
    return ptr;
}

static void give_back(void *ptr, void *userdata)
{
    struct fail_alloc *alloc = userdata;
    alloc->live -= ptr != NULL;
    free(ptr);
}

void fail_alloc_init(struct fail_alloc *alloc)
{
    *alloc = (struct fail_alloc){.mem = {take, resize, give_back, alloc}};
}
