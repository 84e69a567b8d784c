/*
 * NaCl's secretbox over libsodium (ENC-03).
 */
#include "crypto/secretbox.h"

#include <sodium.h>

#include <pusher/error.h>

_Static_assert(SECRETBOX_KEY_BYTES == crypto_secretbox_KEYBYTES, "key");
_Static_assert(SECRETBOX_NONCE_BYTES == crypto_secretbox_NONCEBYTES, "nonce");
_Static_assert(SECRETBOX_OVERHEAD == crypto_secretbox_MACBYTES, "overhead");

bool secretbox_supported(void)
{
    return true;
}

int secretbox_open(pusher_str box, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret)
{
    if (box.len < SECRETBOX_OVERHEAD)
        return PUSHER_ERR_INVALID;
    /* Any thread may call it, any number of times. */
    if (sodium_init() < 0)
        return PUSHER_ERR_SYSTEM;
    return crypto_secretbox_open_easy(ret, (const unsigned char *)box.ptr, box.len, nonce,
                                      key)
               ? PUSHER_ERR_INVALID
               : 0;
}

int secretbox_seal(pusher_str plain, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret)
{
    if (sodium_init() < 0)
        return PUSHER_ERR_SYSTEM;
    const unsigned char *text = (const unsigned char *)(plain.len ? plain.ptr : "");
    return crypto_secretbox_easy(ret, text, plain.len, nonce, key) ? PUSHER_ERR_SYSTEM
                                                                   : 0;
}
