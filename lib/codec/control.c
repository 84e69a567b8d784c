/*
 * The data of control messages (HS-02, CLOSE-12, SUB-10, SUB-14).
 */
#include "codec/control.h"

#include <string.h>

#include <pusher/error.h>

#include "base/str.h"
#include "codec/json.h"

enum { SHORTEST_TIMEOUT_S = 1, LONGEST_TIMEOUT_S = 24 * 3600 };

static bool is_digits(pusher_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

/* digits.digits, the form that signatures are made over. */
static bool socket_id_valid(pusher_str id)
{
    if (!id.ptr || id.len > SOCKET_ID_MAX)
        return false;
    const char *dot = memchr(id.ptr, '.', id.len);
    if (!dot)
        return false;
    size_t before = (size_t)(dot - id.ptr);
    return is_digits((pusher_str){id.ptr, before}) && is_digits(str_skip(id, before + 1));
}

static int parse_object(pusher_str data, struct json_object **ret)
{
    return data.ptr ? json_parse(data, ret) : PUSHER_ERR_INVALID;
}

int greeting_parse(pusher_str data, struct greeting *ret)
{
    struct json_object *tree = NULL;
    int rc = parse_object(data, &tree);
    if (rc)
        return rc;
    pusher_str id = json_text(json_member(tree, "socket_id"));
    rc = socket_id_valid(id) ? 0 : PUSHER_ERR_INVALID;
    if (!rc) {
        memcpy(ret->socket_id, id.ptr, id.len);
        ret->socket_id[id.len] = '\0';
        int64_t seconds = 0;
        /* CONN-09 C: anything but a whole number in range counts as absent. */
        bool known = json_int(json_member(tree, "activity_timeout"), &seconds) &&
                     seconds >= SHORTEST_TIMEOUT_S && seconds <= LONGEST_TIMEOUT_S;
        ret->activity_timeout_ms = known ? (uint32_t)seconds * 1000 : 0;
    }
    json_release(tree);
    return rc;
}

/* Copies at most size - 1 bytes, cut between characters and at a NUL. */
static void copy_text(char *out, size_t size, pusher_str text)
{
    size_t len = text.ptr ? strnlen(text.ptr, text.len) : 0;
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
            len--;
    }
    if (len)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

static void error_parse(pusher_str data, const char *code_name, const char *text_name,
                        const char *other_text_name, struct server_error *ret)
{
    *ret = (struct server_error){.code = -1};
    struct json_object *tree = NULL;
    if (parse_object(data, &tree))
        return;
    int64_t code = 0;
    if (json_int(json_member(tree, code_name), &code) && code >= 0 && code <= 65535)
        ret->code = (int)code;
    pusher_str text = json_text(json_member(tree, text_name));
    if (!text.len)
        text = json_text(json_member(tree, other_text_name));
    copy_text(ret->message, sizeof ret->message, text);
    json_release(tree);
}

void server_error_parse(pusher_str data, struct server_error *ret)
{
    error_parse(data, "code", "message", "message", ret);
}

void subscription_error_parse(pusher_str data, struct server_error *ret)
{
    error_parse(data, "status", "error", "type", ret);
}

int subscription_count_parse(pusher_str data, uint32_t *ret)
{
    struct json_object *tree = NULL;
    int rc = parse_object(data, &tree);
    if (rc)
        return rc;
    int64_t count = 0;
    bool valid = json_int(json_member(tree, "subscription_count"), &count) &&
                 count >= 0 && count <= UINT32_MAX;
    json_release(tree);
    if (!valid)
        return PUSHER_ERR_INVALID;
    *ret = (uint32_t)count;
    return 0;
}
