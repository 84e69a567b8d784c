/*
 * Digests over mbedTLS 2.28 and 3.x.
 */
#include "crypto/digest.h"

#include <mbedtls/md.h>

#include <pusher/error.h>

#include "base/mem.h"

enum { DIGEST_MAX = 32 };

static int from_mbedtls(int rc)
{
    if (rc == 0)
        return 0;
    return rc == MBEDTLS_ERR_MD_ALLOC_FAILED ? PUSHER_ERR_NOMEM : PUSHER_ERR_SYSTEM;
}

static const unsigned char *bytes_of(pusher_str text)
{
    return (const unsigned char *)(text.ptr ? text.ptr : "");
}

static void to_hex(const unsigned char *bytes, size_t count, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * count] = '\0';
}

static int digest(mbedtls_md_type_t type, pusher_str text, unsigned char ret[DIGEST_MAX])
{
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
    if (!info)
        return PUSHER_ERR_SYSTEM;
    return from_mbedtls(mbedtls_md(info, bytes_of(text), text.len, ret));
}

int hmac_sha256_hex(pusher_str key, pusher_str text, char ret[SHA256_HEX + 1])
{
    unsigned char mac[DIGEST_MAX];
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    if (!info)
        return PUSHER_ERR_SYSTEM;
    int rc = from_mbedtls(
        mbedtls_md_hmac(info, bytes_of(key), key.len, bytes_of(text), text.len, mac));
    if (!rc)
        to_hex(mac, SHA256_HEX / 2, ret);
    wipe(mac, sizeof mac);
    return rc;
}

int md5_hex(pusher_str text, char ret[MD5_HEX + 1])
{
    unsigned char sum[DIGEST_MAX];
    int rc = digest(MBEDTLS_MD_MD5, text, sum);
    if (!rc)
        to_hex(sum, MD5_HEX / 2, ret);
    return rc;
}

bool constant_time_equal(pusher_str a, pusher_str b)
{
    if (a.len != b.len)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    return difference == 0;
}
