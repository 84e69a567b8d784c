/*
 * NaCl's secretbox (XSalsa20 and Poly1305) over libsodium, for encrypted channels
 * (ENC-03). In a build without libsodium everything here says PUSHER_ERR_UNSUPPORTED.
 */
#ifndef CRYPTO_SECRETBOX_H
#define CRYPTO_SECRETBOX_H

#include <stdbool.h>

#include <pusher/types.h>

enum {
    SECRETBOX_KEY_BYTES = 32,
    SECRETBOX_NONCE_BYTES = 24,
    SECRETBOX_OVERHEAD = 16 /* a box is so much longer than what is in it */
};

/* False in a build without libsodium. */
bool secretbox_supported(void);

/*
 * Opens `box` and writes what is in it, box.len - SECRETBOX_OVERHEAD bytes, to `ret`,
 * which may be the box's own memory. 0; PUSHER_ERR_INVALID: shorter than the overhead, or
 * not made with this key and nonce: then nothing of it has been written;
 * PUSHER_ERR_UNSUPPORTED; PUSHER_ERR_SYSTEM (libsodium does not start).
 */
int secretbox_open(pusher_str box, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret);

/*
 * Boxes `plain`: writes plain.len + SECRETBOX_OVERHEAD bytes to `ret`, which may be
 * plain's own memory. A nonce is used once with a key. 0, PUSHER_ERR_UNSUPPORTED,
 * PUSHER_ERR_SYSTEM.
 */
int secretbox_seal(pusher_str plain, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret);

#endif
