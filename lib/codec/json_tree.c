/*
 * Walking and writing JSON values, over json-c.
 */
#include "codec/json_tree.h"

#include <json-c/json.h>

bool json_is_object(struct json_object *value)
{
    return json_object_is_type(value, json_type_object);
}

bool json_is_array(struct json_object *value)
{
    return json_object_is_type(value, json_type_array);
}

size_t json_array_size(struct json_object *value)
{
    return json_is_array(value) ? json_object_array_length(value) : 0;
}

struct json_object *json_array_item(struct json_object *value, size_t index)
{
    return index < json_array_size(value) ? json_object_array_get_idx(value, index)
                                          : NULL;
}

int json_append(struct buf *out, struct json_object *value)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    if (!text)
        return PUSHER_ERR_NOMEM;
    return buf_append(out, (pusher_str){text, len});
}
