/*
 * The answer of an auth endpoint: read, and judged field by field (AUTH-05, AUTH-06,
 * PRES-01, ENC-01; T7 of the threat list).
 */
#ifndef CODEC_AUTH_REPLY_H
#define CODEC_AUTH_REPLY_H

#include <stdbool.h>

#include <pusher/types.h>

#include "codec/user_id.h"

enum {
    AUTH_BODY_MAX = 64 * 1024,
    AUTH_TEXT_MAX = 1024,      /* auth */
    AUTH_DATA_MAX = 16 * 1024, /* channel_data, user_data; servers allow 1 or 2 KB */
    SHARED_SECRET_BYTES = 32
};

/* What the answer is for. */
enum auth_purpose {
    AUTH_FOR_PRIVATE,
    AUTH_FOR_PRESENCE,
    AUTH_FOR_ENCRYPTED,
    AUTH_FOR_USER
};

/* All ways to be wrong: name, sentence. No sentence holds any of the answer. */
#define AUTH_FAULTS(X)                                                                   \
    X(MEMORY, "out of memory while the authorization was read")                          \
    X(TOO_LARGE, "the authorization is larger than 64 KiB")                              \
    X(NOT_UTF8, "the authorization is not UTF-8")                                        \
    X(NOT_JSON, "the authorization is not JSON")                                         \
    X(NOT_OBJECT, "the authorization is not a JSON object")                              \
    X(NO_AUTH, "the authorization has no \"auth\"")                                      \
    X(AUTH_NOT_TEXT, "\"auth\" of the authorization is not a string")                    \
    X(AUTH_LENGTH, "\"auth\" of the authorization is empty or longer than 1024 bytes")   \
    X(AUTH_CHARACTERS,                                                                   \
      "\"auth\" of the authorization holds other characters than key:signature has")     \
    X(OTHER_KEY, "the authorization is for another app key than ours")                   \
    X(CHANNEL_DATA_NOT_TEXT,                                                             \
      "\"channel_data\" of the authorization is not a string (of JSON)")                 \
    X(CHANNEL_DATA_LENGTH,                                                               \
      "\"channel_data\" of the authorization is longer than 16 KiB")                     \
    X(CHANNEL_DATA_NOT_OBJECT,                                                           \
      "\"channel_data\" of the authorization is not the text of a JSON object")          \
    X(NO_USER_ID,                                                                        \
      "\"channel_data\" of the authorization has no \"user_id\" that is text of 1 to "   \
      "512 bytes, or a number")                                                          \
    X(NOBODY, "the authorization has no \"channel_data\", and nobody is signed in")      \
    X(NO_USER_DATA, "the authorization has no \"user_data\"")                            \
    X(USER_DATA_NOT_TEXT,                                                                \
      "\"user_data\" of the authorization is not a string (of JSON)")                    \
    X(USER_DATA_LENGTH, "\"user_data\" of the authorization is longer than 16 KiB")      \
    X(USER_DATA_NOT_OBJECT,                                                              \
      "\"user_data\" of the authorization is not the text of a JSON object")             \
    X(NO_ID,                                                                             \
      "\"user_data\" of the authorization has no \"id\" that is text of 1 to 512 "       \
      "bytes, or a number")                                                              \
    X(NO_SECRET, "the authorization of an encrypted channel has no \"shared_secret\"")   \
    X(SECRET_NOT_TEXT, "\"shared_secret\" of the authorization is not a string")         \
    X(SECRET_INVALID,                                                                    \
      "\"shared_secret\" of the authorization is not the base64 of 32 bytes")

#define AUTH_FAULT_ENUM(name, text) AUTH_FAULT_##name,
enum auth_fault { AUTH_FAULT_NONE = 0, AUTH_FAULTS(AUTH_FAULT_ENUM) };
#undef AUTH_FAULT_ENUM

/* The sentence about it; "" for AUTH_FAULT_NONE. Static. */
const char *auth_fault_text(enum auth_fault fault);

/* Texts are NUL-terminated, live as long as the reply, and are what the endpoint's JSON
 * strings stand for, byte for byte: they are signed. */
struct auth_reply {
    pusher_str auth;
    pusher_str channel_data; /* ptr NULL: absent; for a user not read */
    pusher_str user_data;    /* for a user; else ptr NULL */
    struct user_id
        user_id; /* presence: of channel_data; user: of user_data; else empty */
    unsigned char
        shared_secret[SHARED_SECRET_BYTES]; /* for an encrypted channel; else 0 */
    char *texts;                            /* owned */
    size_t texts_bytes;
};

/*
 * Reads `body`. Other members are ignored; null counts as absent; of a member given twice
 * the last counts. Without channel_data a presence channel's user_id is empty: then the
 * signed-in user is the member (PRES-01), which is for the caller to know. On
 * AUTH_FAULT_NONE the caller gives `*ret` back with auth_reply_release(); else `*ret` is
 * untouched. Nothing secret is left behind elsewhere; the caller wipes `body`.
 */
enum auth_fault auth_reply_parse(const pusher_allocator *mem, enum auth_purpose purpose,
                                 pusher_str body, struct auth_reply *ret);

/* Wipes and frees. Harmless on a zeroed reply, and twice. */
void auth_reply_release(const pusher_allocator *mem, struct auth_reply *reply);

#endif
