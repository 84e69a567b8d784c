/*
 * The data of an event on an encrypted channel (ENC-02 … ENC-04).
 */
#include "codec/encrypted.h"

#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/json.h"
#include "codec/json_walk.h"

enum { NONCE_BASE64 = ENCRYPTED_NONCE_BYTES / 3 * 4 };

const char *encrypted_fault_text(enum encrypted_fault fault)
{
#define ENCRYPTED_FAULT_TEXT(name, text) [ENCRYPTED_FAULT_##name] = text,
    static const char *const texts[] = {[ENCRYPTED_FAULT_NONE] = "",
                                        ENCRYPTED_FAULTS(ENCRYPTED_FAULT_TEXT)};
#undef ENCRYPTED_FAULT_TEXT
    return (size_t)fault < sizeof texts / sizeof *texts ? texts[fault] : "";
}

bool encrypted_is_event(pusher_str event)
{
    return !str_starts_with(event, STR("pusher:")) &&
           !str_starts_with(event, STR("pusher_internal:"));
}

static enum encrypted_fault read_nonce(pusher_str escaped, unsigned char *ret)
{
    char text[NONCE_BASE64 + 1];
    unsigned char nonce[ENCRYPTED_NONCE_BYTES];
    size_t len = 0, bytes = 0;
    bool good =
        json_unescape_short(escaped, text, sizeof text, &len) &&
        base64_decode((pusher_str){text, len}, nonce, sizeof nonce, &bytes) == 0 &&
        bytes == ENCRYPTED_NONCE_BYTES;
    if (!good)
        return ENCRYPTED_FAULT_BAD_NONCE;
    memcpy(ret, nonce, sizeof nonce);
    return ENCRYPTED_FAULT_NONE;
}

/* Decodes to where the base64 stands. */
static enum encrypted_fault read_box(pusher_str escaped, struct encrypted *ret)
{
    pusher_str text = {ret->box, json_unescape(escaped, ret->box)};
    if (base64_decode(text, ret->box, ret->capacity, &ret->box_bytes))
        return ENCRYPTED_FAULT_BAD_CIPHERTEXT;
    return ret->box_bytes < ENCRYPTED_OVERHEAD ? ENCRYPTED_FAULT_SHORT_CIPHERTEXT
                                               : ENCRYPTED_FAULT_NONE;
}

enum encrypted_fault encrypted_parse(const pusher_allocator *mem, pusher_str data,
                                     struct encrypted *ret)
{
    if (!json_valid(data) || json_kind_of(data) != JSON_OBJECT)
        return ENCRYPTED_FAULT_NOT_OBJECT;
    pusher_str ciphertext = json_between_quotes(json_find(data, "ciphertext"));
    pusher_str nonce = json_between_quotes(json_find(data, "nonce"));
    if (!ciphertext.ptr)
        return ENCRYPTED_FAULT_NO_CIPHERTEXT;
    if (!nonce.ptr)
        return ENCRYPTED_FAULT_NO_NONCE;
    struct encrypted encrypted = {.capacity = json_unescape_bound(ciphertext.len)};
    enum encrypted_fault fault = read_nonce(nonce, encrypted.nonce);
    if (fault)
        return fault;
    encrypted.box = mem_alloc(mem, encrypted.capacity);
    if (!encrypted.box)
        return ENCRYPTED_FAULT_MEMORY;
    fault = read_box(ciphertext, &encrypted);
    if (fault)
        encrypted_release(mem, &encrypted);
    else
        *ret = encrypted;
    return fault;
}

void encrypted_release(const pusher_allocator *mem, struct encrypted *encrypted)
{
    wipe(encrypted->box, encrypted->capacity);
    mem_free(mem, encrypted->box);
    *encrypted = (struct encrypted){0};
}
