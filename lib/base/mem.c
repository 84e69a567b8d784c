/*
 * Memory through the application's allocator.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *default_alloc(size_t size, void *userdata)
{
    (void)userdata;
    return malloc(size);
}

static void *default_realloc(void *ptr, size_t size, void *userdata)
{
    (void)userdata;
    return realloc(ptr, size);
}

static void default_free(void *ptr, void *userdata)
{
    (void)userdata;
    free(ptr);
}

const pusher_allocator mem_default = {default_alloc, default_realloc, default_free, NULL};

void *mem_alloc(const pusher_allocator *mem, size_t size)
{
    return mem->alloc(size ? size : 1, mem->userdata);
}

void *mem_zalloc(const pusher_allocator *mem, size_t size)
{
    void *ptr = mem_alloc(mem, size);
    return ptr ? memset(ptr, 0, size) : NULL;
}

void *mem_realloc(const pusher_allocator *mem, void *ptr, size_t size)
{
    return mem->realloc(ptr, size ? size : 1, mem->userdata);
}

void mem_free(const pusher_allocator *mem, void *ptr)
{
    if (ptr)
        mem->free(ptr, mem->userdata);
}

char *mem_dup(const pusher_allocator *mem, pusher_str text)
{
    char *copy = mem_alloc(mem, text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* What the compiler cannot know to be memset, it cannot leave out. */
static void *(*const volatile overwrite)(void *, int, size_t) = memset;

void wipe(void *ptr, size_t size)
{
    if (size)
        overwrite(ptr, 0, size);
}
