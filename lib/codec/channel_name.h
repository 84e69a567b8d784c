/*
 * Channel names: valid or not, and which kind (CHAN-01, LIM-01).
 */
#ifndef CODEC_CHANNEL_NAME_H
#define CODEC_CHANNEL_NAME_H

#include <stdbool.h>

#include <pusher/types.h>

enum { CHANNEL_NAME_MAX = 200, EVENT_NAME_MAX = 200 };

enum __attribute__((packed)) channel_kind {
    CHANNEL_PUBLIC,
    CHANNEL_PRIVATE,
    CHANNEL_PRESENCE,
    CHANNEL_ENCRYPTED
};

/* 1 … CHANNEL_NAME_MAX of A-Z a-z 0-9 _ - = @ , . ; ("#" is not among them). */
bool channel_name_valid(pusher_str name);

enum channel_kind channel_kind_of(pusher_str name);

/* True for the cache- variants of any kind (CACHE-01). */
bool channel_is_cache(pusher_str name);

#endif
