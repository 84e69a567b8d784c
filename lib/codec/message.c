/*
 * Received messages: the envelope (MSG-01 … MSG-07). Usual frames are cut by the scanner;
 * json-c decides about the rest.
 */
#include "codec/message.h"

#include <json-c/json.h>

#include <pusher/error.h>

#include "base/str.h"
#include "codec/envelope_scan.h"
#include "codec/json.h"

/* A JSON value as text; json-c keeps it with the value. */
static pusher_str value_text(struct json_object *value)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    return (pusher_str){text, text ? len : 0};
}

static pusher_str user_id_of(struct json_object *value)
{
    pusher_str id = json_text(value);
    if (!id.ptr && (json_object_is_type(value, json_type_int) ||
                    json_object_is_type(value, json_type_double)))
        id = value_text(value);
    return id.len ? id : (pusher_str){NULL, 0};
}

/* Data: a string's text as it stands in the tree, already unescaped; else the value's
 * text. */
static bool data_of(struct json_object *tree, struct message *message)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(tree, "data", &value))
        return true;
    message->data = json_text(value);
    message->data_kind = message->data.ptr ? PUSHER_DATA_TEXT : PUSHER_DATA_JSON;
    if (!message->data.ptr)
        message->data = value ? value_text(value) : STR("null");
    return message->data.ptr != NULL;
}

static int decode_odd(pusher_str frame, struct message *ret)
{
    struct json_object *tree = NULL;
    int rc = json_parse(frame, &tree);
    if (rc)
        return rc;
    struct message message = {.tree = tree,
                              .event = json_text(json_member(tree, "event"))};
    if (!message.event.ptr) {
        json_release(tree);
        return PUSHER_ERR_INVALID;
    }
    message.channel = json_text(json_member(tree, "channel"));
    message.user_id = user_id_of(json_member(tree, "user_id"));
    if (!data_of(tree, &message)) {
        json_release(tree);
        return PUSHER_ERR_NOMEM;
    }
    *ret = message;
    return 0;
}

int message_decode(pusher_str frame, struct message *ret)
{
    return envelope_scan(frame, ret) ? 0 : decode_odd(frame, ret);
}

void message_release(struct message *message)
{
    if (message->tree)
        json_release(message->tree);
    *message = (struct message){0};
}

int message_data_json(pusher_data_kind kind, pusher_str decoded, struct json_object **ret)
{
    struct json_object *value = NULL;
    if (kind != PUSHER_DATA_ABSENT) {
        int rc = json_parse(decoded, &value);
        if (rc == PUSHER_ERR_NOMEM)
            return rc;
        if (rc) {
            value = json_object_new_string_len(decoded.ptr, (int)decoded.len);
            if (!value)
                return PUSHER_ERR_NOMEM;
        }
    }
    *ret = value;
    return 0;
}
