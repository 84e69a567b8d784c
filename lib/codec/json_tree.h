/*
 * Walking and writing JSON values: arrays, and a value as text again. For those who take
 * structured JSON apart: the server side.
 */
#ifndef CODEC_JSON_TREE_H
#define CODEC_JSON_TREE_H

#include <stdbool.h>

#include "base/buf.h"

struct json_object;

bool json_is_object(struct json_object *value);
bool json_is_array(struct json_object *value);

/* 0 for what is no array. */
size_t json_array_size(struct json_object *value);

/* The item at `index`, borrowed; NULL for JSON null and outside of the array. */
struct json_object *json_array_item(struct json_object *value, size_t index);

/* Appends the value (NULL is null) as JSON without white space. 0, PUSHER_ERR_NOMEM,
 * PUSHER_ERR_LIMIT (out->max). */
int json_append(struct buf *out, struct json_object *value);

#endif
