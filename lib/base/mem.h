/*
 * Memory through the application's allocator. Everything the library owns is taken here,
 * so that a test can fail the n-th allocation and count what is given back.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <pusher/types.h>

/* malloc, realloc, free. */
extern const pusher_allocator mem_default;

/* NULL when memory runs out; `size` 0 gives a pointer that can be freed. */
void *mem_alloc(const pusher_allocator *mem, size_t size);
void *mem_zalloc(const pusher_allocator *mem, size_t size);
void *mem_realloc(const pusher_allocator *mem, void *ptr, size_t size);
void mem_free(const pusher_allocator *mem, void *ptr); /* NULL is fine */

/* A NUL-terminated copy of `text`; NULL when memory runs out. */
char *mem_dup(const pusher_allocator *mem, pusher_str text);

/* Overwrites secrets; never optimised away. NULL with size 0 is fine. */
void wipe(void *ptr, size_t size);

#endif
