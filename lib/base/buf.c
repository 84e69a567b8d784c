/*
 * A growing byte buffer that never passes a stated maximum.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { SMALLEST_CAP = 64 };

void buf_init(struct buf *buf, const pusher_allocator *mem, size_t max)
{
    *buf = (struct buf){.mem = mem, .max = max};
}

void buf_free(struct buf *buf)
{
    mem_free(buf->mem, buf->ptr);
    buf_init(buf, buf->mem, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

int buf_reserve(struct buf *buf, size_t extra)
{
    if (extra > buf->max - buf->len)
        return PUSHER_ERR_LIMIT;
    size_t need = buf->len + extra;
    if (need <= buf->cap)
        return 0;
    size_t cap = buf->cap ? buf->cap : SMALLEST_CAP;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->max)
        cap = buf->max;
    char *ptr = mem_realloc(buf->mem, buf->ptr, cap);
    if (!ptr)
        return PUSHER_ERR_NOMEM;
    buf->ptr = ptr;
    buf->cap = cap;
    return 0;
}

int buf_append(struct buf *buf, pusher_str text)
{
    int rc = buf_reserve(buf, text.len);
    if (rc)
        return rc;
    if (text.len)
        memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    return 0;
}

int buf_append_byte(struct buf *buf, char byte)
{
    return buf_append(buf, (pusher_str){&byte, 1});
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    /* vsnprintf writes a NUL too, which does not count as content. */
    int rc = size < 0 ? PUSHER_ERR_INVALID : buf_reserve(buf, (size_t)size + 1);
    if (!rc) {
        vsnprintf(buf->ptr + buf->len, (size_t)size + 1, format, again);
        buf->len += (size_t)size;
    }
    va_end(again);
    va_end(args);
    return rc;
}

pusher_str buf_str(const struct buf *buf)
{
    return (pusher_str){buf->ptr ? buf->ptr : "", buf->len};
}
