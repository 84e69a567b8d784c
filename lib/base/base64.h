/*
 * Base64 (RFC 4648, with padding). Keys pass through here: the time it takes tells the
 * length of a text, not what it is.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <pusher/types.h>

/* Bytes that encoding `bytes` bytes needs, NUL included. */
size_t base64_encoded_size(size_t bytes);

/* 0 and the length without NUL in `*written`; PUSHER_ERR_LIMIT when `cap` is too small.
 */
int base64_encode(const void *in, size_t bytes, char *out, size_t cap, size_t *written);

/*
 * 0 and the length in `*written`; PUSHER_ERR_INVALID for anything that base64_encode()
 * does not write (line ends, missing padding, stray bits in the last digit);
 * PUSHER_ERR_LIMIT when `cap` is too small. `out` may be the text itself, and may be
 * touched on failure.
 */
int base64_decode(pusher_str text, void *out, size_t cap, size_t *written);

#endif
