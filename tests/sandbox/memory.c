/*
 * An allocator that counts what is out and fails the n-th request.
 */
#include "memory.h"

#include <stdlib.h>

static int fails_now(struct memory *memory)
{
    if (memory->countdown <= 0 || --memory->countdown > 0)
        return 0;
    memory->failed++;
    return 1;
}

static void *counted_alloc(size_t size, void *userdata)
{
    struct memory *memory = userdata;
    if (fails_now(memory))
        return NULL;
    void *ptr = malloc(size);
    memory->live += ptr != NULL;
    return ptr;
}

static void *counted_realloc(void *ptr, size_t size, void *userdata)
{
    struct memory *memory = userdata;
    if (fails_now(memory))
        return NULL;
    void *grown = realloc(ptr, size);
    memory->live += !ptr && grown;
    return grown;
}

static void counted_free(void *ptr, void *userdata)
{
    struct memory *memory = userdata;
    memory->live -= ptr != NULL;
    free(ptr);
}

void memory_init(struct memory *memory)
{
    *memory = (struct memory){
        .mem = {counted_alloc, counted_realloc, counted_free, memory},
    };
}

void memory_fail(struct memory *memory, long nth)
{
    memory->countdown = nth;
    memory->failed = 0;
}
