/*
 * A growing byte buffer that never passes a stated maximum.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include <pusher/error.h>
#include <pusher/types.h>

struct buf {
    char *ptr; /* NULL until the first byte */
    size_t len;
    size_t cap;
    size_t max; /* len never passes it */
    const pusher_allocator *mem;
};

void buf_init(struct buf *buf, const pusher_allocator *mem, size_t max);

/* Gives the memory back; the buffer is empty and can be used again. */
void buf_free(struct buf *buf);

/* Forgets the content and keeps the memory. */
void buf_clear(struct buf *buf);

/*
 * All of these return 0, PUSHER_ERR_NOMEM, or PUSHER_ERR_LIMIT when `max` would be
 * passed, and leave the content as it was on failure.
 */
int buf_reserve(struct buf *buf, size_t extra);
int buf_append(struct buf *buf, pusher_str text);
int buf_append_byte(struct buf *buf, char byte);
int buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

pusher_str buf_str(const struct buf *buf);

#endif
