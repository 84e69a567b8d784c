/*
 * A build without libsodium: there are no encrypted channels (CHAN-03).
 */
#include "crypto/secretbox.h"

#include <pusher/error.h>

bool secretbox_supported(void)
{
    return false;
}

int secretbox_open(pusher_str box, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret)
{
    (void)box;
    (void)nonce;
    (void)key;
    (void)ret;
    return PUSHER_ERR_UNSUPPORTED;
}

int secretbox_seal(pusher_str plain, const unsigned char nonce[SECRETBOX_NONCE_BYTES],
                   const unsigned char key[SECRETBOX_KEY_BYTES], void *ret)
{
    (void)plain;
    (void)nonce;
    (void)key;
    (void)ret;
    return PUSHER_ERR_UNSUPPORTED;
}
