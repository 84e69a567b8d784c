/*
 * Keys and boxes.
 */
#include "sealed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "crypto/secretbox.h"
#include "world.h"

static void key_of(unsigned number, unsigned char ret[SECRETBOX_KEY_BYTES])
{
    for (int i = 0; i < SECRETBOX_KEY_BYTES; i++)
        ret[i] = (unsigned char)(number >> (i % 4) * 8);
}

static void encode(const unsigned char *in, size_t bytes, char *out, size_t cap)
{
    size_t written;
    int rc = base64_encode(in, bytes, out, cap, &written);
    assert(!rc);
    (void)rc;
}

void sealed_secret(unsigned key, char ret[SEALED_SECRET_MAX])
{
    unsigned char bytes[SECRETBOX_KEY_BYTES];
    key_of(key, bytes);
    encode(bytes, sizeof bytes, ret, SEALED_SECRET_MAX);
}

void sealed_data(struct world *world, unsigned key, unsigned number,
                 char ret[SEALED_TEXT_MAX])
{
    unsigned char bytes[SECRETBOX_KEY_BYTES], nonce[SECRETBOX_NONCE_BYTES];
    unsigned char box[64];
    char plain[32], box_text[100], nonce_text[40];
    key_of(key, bytes);
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (unsigned char)pick(world, 0, 255);
    snprintf(plain, sizeof plain, "{\"n\":%u}", number);
    int rc = secretbox_seal(str_of(plain), nonce, bytes, box);
    assert(!rc);
    (void)rc;
    encode(box, strlen(plain) + SECRETBOX_OVERHEAD, box_text, sizeof box_text);
    encode(nonce, sizeof nonce, nonce_text, sizeof nonce_text);
    snprintf(ret, SEALED_TEXT_MAX, "{\"nonce\":\"%s\",\"ciphertext\":\"%s\"}", nonce_text,
             box_text);
}
