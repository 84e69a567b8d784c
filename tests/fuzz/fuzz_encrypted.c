/*
 * Boxes of encrypted channels: what is read, written and read again is the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/error.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/encrypted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void append_base64(struct buf *out, const void *bytes, size_t count)
{
    size_t cap = base64_encoded_size(count);
    size_t written = 0;
    char *text = malloc(cap);
    assert(text);
    assert(base64_encode(bytes, count, text, cap, &written) == 0);
    assert(buf_append(out, (pusher_str){text, written}) == 0);
    free(text);
}

static void again(const struct encrypted *first)
{
    struct buf out;
    struct encrypted second;
    buf_init(&out, &mem_default, SIZE_MAX);
    assert(buf_append(&out, STR("{\"nonce\":\"")) == 0);
    append_base64(&out, first->nonce, sizeof first->nonce);
    assert(buf_append(&out, STR("\",\"ciphertext\":\"")) == 0);
    append_base64(&out, first->box, first->box_bytes);
    assert(buf_append(&out, STR("\"}")) == 0);
    assert(encrypted_parse(&mem_default, buf_str(&out), &second) == ENCRYPTED_FAULT_NONE);
    assert(memcmp(first->nonce, second.nonce, sizeof first->nonce) == 0);
    assert(first->box_bytes == second.box_bytes);
    assert(memcmp(first->box, second.box, first->box_bytes) == 0);
    encrypted_release(&mem_default, &second);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct encrypted encrypted;
    pusher_str text = {(const char *)data, size};
    enum encrypted_fault fault = encrypted_parse(&mem_default, text, &encrypted);
    assert(fault == ENCRYPTED_FAULT_NONE || *encrypted_fault_text(fault));
    if (fault)
        return 0;
    assert(encrypted.box_bytes >= ENCRYPTED_OVERHEAD);
    assert(encrypted.box_bytes < encrypted.capacity);
    again(&encrypted);
    encrypted_release(&mem_default, &encrypted);
    return 0;
}
