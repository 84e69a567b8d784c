/*
 * Base64 (RFC 4648, with padding) over mbedTLS.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include <pusher/types.h>

/* Bytes that encoding `bytes` bytes needs, NUL included. */
size_t base64_encoded_size(size_t bytes);

/* 0 and the length without NUL in `*written`; PUSHER_ERR_LIMIT when `cap` is too small.
 */
int base64_encode(const void *in, size_t bytes, char *out, size_t cap, size_t *written);

/* 0 and the length in `*written`; PUSHER_ERR_INVALID for anything that is not strict
 * base64; PUSHER_ERR_LIMIT when `cap` is too small. */
int base64_decode(pusher_str text, void *out, size_t cap, size_t *written);

#endif
