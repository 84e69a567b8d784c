/*
 * Types that every header of libpusher shares: text with a length, identifiers, the
 * allocator, and the export marker.
 */
#ifndef PUSHER_TYPES_H
#define PUSHER_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define PUSHER_API
#else
#define PUSHER_API __attribute__((visibility("default")))
#endif

/*
 * Text with a length. The length is authoritative: the text may hold NUL bytes. Every
 * pusher_str that the library hands out is UTF-8; where it says so, a NUL byte follows
 * the text, so that it can be printed as a C string when it holds no NUL itself.
 *
 * `ptr` is NULL only where a header says "absent"; an empty text has a pointer and length
 * 0.
 */
typedef struct pusher_str {
    const char *ptr;
    size_t len;
} pusher_str;

/*
 * An identifier that the library hands out, for example of a binding. Identifiers are
 * never reused within a client, so a late use is a clean error and never hits something
 * newer. 0 is never an identifier.
 */
typedef uint64_t pusher_id;

/*
 * Frees what a `userdata` pointer leads to. Called exactly once for each pointer that was
 * passed together with it, after the last callback that could use the pointer, also when
 * the call that took the pointer failed. May be NULL: then nothing is to be freed.
 */
typedef void (*pusher_free_fn)(void *userdata);

/*
 * Where the library takes memory from. All three functions follow the rules of malloc,
 * realloc and free, get `userdata` last, and run on the thread of the loop that the
 * client belongs to. A NULL from `alloc` or `realloc` is survived and reported as
 * PUSHER_ERR_NOMEM.
 *
 * libwebsockets, the TLS library, libuv and json-c allocate for themselves; they do not
 * use this allocator.
 */
typedef struct pusher_allocator {
    void *(*alloc)(size_t size, void *userdata);
    void *(*realloc)(void *ptr, size_t size, void *userdata);
    void (*free)(void *ptr, void *userdata);
    void *userdata;
} pusher_allocator;

#endif
