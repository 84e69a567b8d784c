/*
 * The data of an event on an encrypted channel: a box and its nonce (ENC-03, ENC-04).
 * What is in the box is for crypto/secretbox.h to say.
 */
#ifndef CODEC_ENCRYPTED_H
#define CODEC_ENCRYPTED_H

#include <stdbool.h>

#include <pusher/types.h>

enum { ENCRYPTED_NONCE_BYTES = 24, ENCRYPTED_OVERHEAD = 16 };

/* All ways to be wrong: name, sentence. No sentence holds any of the message. */
#define ENCRYPTED_FAULTS(X)                                                              \
    X(MEMORY, "out of memory while an encrypted message was read")                       \
    X(NOT_OBJECT, "the data of an encrypted message is not a JSON object")               \
    X(NO_CIPHERTEXT, "an encrypted message has no \"ciphertext\" that is text")          \
    X(NO_NONCE, "an encrypted message has no \"nonce\" that is text")                    \
    X(BAD_CIPHERTEXT, "the \"ciphertext\" of an encrypted message is not base64")        \
    X(SHORT_CIPHERTEXT, "the \"ciphertext\" of an encrypted message is too short")       \
    X(BAD_NONCE, "the \"nonce\" of an encrypted message is not the base64 of 24 bytes")

#define ENCRYPTED_FAULT_ENUM(name, text) ENCRYPTED_FAULT_##name,
enum encrypted_fault { ENCRYPTED_FAULT_NONE = 0, ENCRYPTED_FAULTS(ENCRYPTED_FAULT_ENUM) };
#undef ENCRYPTED_FAULT_ENUM

/* The sentence about it; "" for ENCRYPTED_FAULT_NONE. Static. */
const char *encrypted_fault_text(enum encrypted_fault fault);

struct encrypted {
    unsigned char nonce[ENCRYPTED_NONCE_BYTES];
    char *box; /* owned; may be opened in place, and a NUL put behind what was in it */
    size_t box_bytes; /* ENCRYPTED_OVERHEAD at least */
    size_t capacity;  /* of `box` */
};

/* Whether the event's data is a box: not for pusher: and pusher_internal: (ENC-02). */
bool encrypted_is_event(pusher_str event);

/*
 * Reads `data`, the decoded text of message_data_copy(). Other members are ignored. On
 * ENCRYPTED_FAULT_NONE the caller gives `*ret` back with encrypted_release(); else `*ret`
 * is untouched.
 */
enum encrypted_fault encrypted_parse(const pusher_allocator *mem, pusher_str data,
                                     struct encrypted *ret);

/* Wipes, as it may have been opened in place, and frees. Harmless on a zeroed struct. */
void encrypted_release(const pusher_allocator *mem, struct encrypted *encrypted);

#endif
