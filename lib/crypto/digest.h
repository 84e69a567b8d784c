/*
 * Digests over mbedTLS: pure, tested with published vectors.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>

#include <pusher/types.h>

enum { SHA256_HEX = 64, MD5_HEX = 32 };

/* Lower-case hex, NUL-terminated. 0, or PUSHER_ERR_NOMEM / PUSHER_ERR_SYSTEM from
 * mbedTLS. */
int hmac_sha256_hex(pusher_str key, pusher_str text, char ret[SHA256_HEX + 1]);
int md5_hex(pusher_str text, char ret[MD5_HEX + 1]);

/* Compares in constant time for equal lengths; false for different lengths. */
bool constant_time_equal(pusher_str a, pusher_str b);

#endif
