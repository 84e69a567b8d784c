/*
 * JSON values, over json-c. Only text that json_valid() accepts gets there.
 */
#include "codec/json.h"

#include <limits.h>

#include <json-c/json.h>

#include <pusher/error.h>

int json_parse(pusher_str text, struct json_object **ret)
{
    if (!json_valid(text) || text.len > INT_MAX)
        return PUSHER_ERR_INVALID;
    struct json_tokener *tokener = json_tokener_new_ex(JSON_MAX_DEPTH + 1);
    if (!tokener)
        return PUSHER_ERR_NOMEM;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *value = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error == json_tokener_continue) {
        /* A number at the very end might go on: a NUL says that it does not. */
        value = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
    }
    json_tokener_free(tokener);
    if (error != json_tokener_success) {
        json_object_put(value);
        return error == json_tokener_error_parse_utf8_string ? PUSHER_ERR_INVALID
                                                             : PUSHER_ERR_NOMEM;
    }
    *ret = value;
    return 0;
}

void json_release(struct json_object *value)
{
    json_object_put(value);
}

struct json_object *json_member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

pusher_str json_text(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return (pusher_str){NULL, 0};
    return (pusher_str){json_object_get_string(value),
                        (size_t)json_object_get_string_len(value)};
}

bool json_int(struct json_object *value, int64_t *ret)
{
    if (!json_object_is_type(value, json_type_int))
        return false;
    int64_t number = json_object_get_int64(value);
    /* json-c saturates: a value at the edge may be a greater one. */
    if (number == INT64_MAX || number == INT64_MIN)
        return false;
    *ret = number;
    return true;
}
