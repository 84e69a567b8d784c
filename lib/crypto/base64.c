/*
 * Base64 over mbedTLS, which is lenient about line ends: this is not.
 */
#include "crypto/base64.h"

#include <stdbool.h>
#include <string.h>

#include <mbedtls/base64.h>

#include <pusher/error.h>

size_t base64_encoded_size(size_t bytes)
{
    return (bytes + 2) / 3 * 4 + 1;
}

int base64_encode(const void *in, size_t bytes, char *out, size_t cap, size_t *written)
{
    if (cap < base64_encoded_size(bytes))
        return PUSHER_ERR_LIMIT;
    out[0] = '\0'; /* mbedTLS writes nothing for nothing */
    return mbedtls_base64_encode((unsigned char *)out, cap, written, in, bytes)
               ? PUSHER_ERR_SYSTEM
               : 0;
}

static bool is_strict(pusher_str text)
{
    if (!text.ptr || text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '+' || c == '/';
        bool padding = c == '=' && (i + 1 == text.len ||
                                    (i + 2 == text.len && text.ptr[i + 1] == '='));
        if (!digit && !padding)
            return false;
    }
    return true;
}

int base64_decode(pusher_str text, void *out, size_t cap, size_t *written)
{
    if (!is_strict(text))
        return PUSHER_ERR_INVALID;
    int rc = mbedtls_base64_decode(out, cap, written, (const unsigned char *)text.ptr,
                                   text.len);
    if (rc == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL)
        return PUSHER_ERR_LIMIT;
    return rc ? PUSHER_ERR_INVALID : 0;
}
