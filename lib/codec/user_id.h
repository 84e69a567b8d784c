/*
 * User ids as JSON holds them: text, or a number that stands for its text (PRES-05).
 */
#ifndef CODEC_USER_ID_H
#define CODEC_USER_ID_H

#include <stdbool.h>

#include <pusher/types.h>

enum { USER_ID_MAX = 512 /* bytes; 128 characters (PRES-10) of up to four */ };

struct user_id {
    char text[USER_ID_MAX + 1]; /* NUL-terminated; may hold NUL */
    size_t len;
};

/* Reads a JSON value (json_walk.h): a string, or a number as it is written. False, and
 * `*ret` untouched, for other kinds and for more than USER_ID_MAX bytes. */
bool user_id_read(pusher_str value, struct user_id *ret);

/* The id as text; lives as long as `id`. */
pusher_str user_id_str(const struct user_id *id);

#endif
