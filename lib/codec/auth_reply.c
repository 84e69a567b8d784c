/*
 * The answer of an auth endpoint (AUTH-05, AUTH-06, PRES-01, ENC-01).
 */
#include "codec/auth_reply.h"

#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_walk.h"

enum { SECRET_BASE64 = (SHARED_SECRET_BYTES + 2) / 3 * 4 };

const char *auth_fault_text(enum auth_fault fault)
{
#define AUTH_FAULT_TEXT(name, text) [AUTH_FAULT_##name] = text,
    static const char *const texts[] = {[AUTH_FAULT_NONE] = "",
                                        AUTH_FAULTS(AUTH_FAULT_TEXT)};
#undef AUTH_FAULT_TEXT
    return (size_t)fault < sizeof texts / sizeof *texts ? texts[fault] : "";
}

/* null is absent. */
static pusher_str member(pusher_str body, const char *name)
{
    pusher_str value = json_find(body, name);
    return json_kind_of(value) == JSON_NULL ? (pusher_str){NULL, 0} : value;
}

/* Puts the text that a JSON string stands for to `*at`, which has room for it. */
static pusher_str put_text(char **at, pusher_str string)
{
    pusher_str escaped = json_between_quotes(string);
    pusher_str text = {*at, json_unescape(escaped, *at)};
    *at += json_unescape_bound(escaped.len);
    return text;
}

/* Bytes that put_text() needs. */
static size_t room_for(pusher_str value)
{
    return json_unescape_bound(json_between_quotes(value).len);
}

/* key:signature; printable ASCII is enough to know here. */
static bool auth_characters_valid(pusher_str auth)
{
    for (size_t i = 0; i < auth.len; i++) {
        char c = auth.ptr[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\'' || c == '\\')
            return false;
    }
    return true;
}

static enum auth_fault read_auth(pusher_str value, char **at, pusher_str *ret)
{
    if (!value.ptr)
        return AUTH_FAULT_NO_AUTH;
    if (json_kind_of(value) != JSON_STRING)
        return AUTH_FAULT_AUTH_NOT_TEXT;
    pusher_str auth = put_text(at, value);
    if (auth.len == 0 || auth.len > AUTH_TEXT_MAX)
        return AUTH_FAULT_AUTH_LENGTH;
    if (!auth_characters_valid(auth))
        return AUTH_FAULT_AUTH_CHARACTERS;
    *ret = auth;
    return AUTH_FAULT_NONE;
}

static bool is_object(pusher_str text)
{
    return json_valid(text) && json_kind_of(text) == JSON_OBJECT;
}

static bool read_id(pusher_str value, struct user_id *ret)
{
    return user_id_read(value, ret) && ret->len > 0;
}

static enum auth_fault read_channel_data(pusher_str value, enum auth_purpose purpose,
                                         char **at, struct auth_reply *ret)
{
    if (!value.ptr)
        return AUTH_FAULT_NONE;
    if (json_kind_of(value) != JSON_STRING)
        return AUTH_FAULT_CHANNEL_DATA_NOT_TEXT;
    ret->channel_data = put_text(at, value);
    if (ret->channel_data.len > AUTH_DATA_MAX)
        return AUTH_FAULT_CHANNEL_DATA_LENGTH;
    if (purpose != AUTH_FOR_PRESENCE)
        return AUTH_FAULT_NONE;
    if (!is_object(ret->channel_data))
        return AUTH_FAULT_CHANNEL_DATA_NOT_OBJECT;
    return read_id(json_find(ret->channel_data, "user_id"), &ret->user_id)
               ? AUTH_FAULT_NONE
               : AUTH_FAULT_NO_USER_ID;
}

static enum auth_fault read_user_data(pusher_str value, char **at, struct auth_reply *ret)
{
    if (!value.ptr)
        return AUTH_FAULT_NO_USER_DATA;
    if (json_kind_of(value) != JSON_STRING)
        return AUTH_FAULT_USER_DATA_NOT_TEXT;
    ret->user_data = put_text(at, value);
    if (ret->user_data.len > AUTH_DATA_MAX)
        return AUTH_FAULT_USER_DATA_LENGTH;
    if (!is_object(ret->user_data))
        return AUTH_FAULT_USER_DATA_NOT_OBJECT;
    return read_id(json_find(ret->user_data, "id"), &ret->user_id) ? AUTH_FAULT_NONE
                                                                   : AUTH_FAULT_NO_ID;
}

static enum auth_fault read_secret(pusher_str value, unsigned char *ret)
{
    char text[SECRET_BASE64 + 1];
    unsigned char key[SHARED_SECRET_BYTES + 1];
    size_t len = 0, bytes = 0;
    if (!value.ptr)
        return AUTH_FAULT_NO_SECRET;
    if (json_kind_of(value) != JSON_STRING)
        return AUTH_FAULT_SECRET_NOT_TEXT;
    bool good =
        json_unescape_short(json_between_quotes(value), text, sizeof text, &len) &&
        base64_decode((pusher_str){text, len}, key, sizeof key, &bytes) == 0 &&
        bytes == SHARED_SECRET_BYTES;
    if (good)
        memcpy(ret, key, SHARED_SECRET_BYTES);
    wipe(text, sizeof text);
    wipe(key, sizeof key);
    return good ? AUTH_FAULT_NONE : AUTH_FAULT_SECRET_INVALID;
}

static enum auth_fault read_members(pusher_str body, enum auth_purpose purpose, char *at,
                                    struct auth_reply *ret)
{
    enum auth_fault fault = read_auth(member(body, "auth"), &at, &ret->auth);
    if (fault)
        return fault;
    if (purpose == AUTH_FOR_USER)
        return read_user_data(member(body, "user_data"), &at, ret);
    fault = read_channel_data(member(body, "channel_data"), purpose, &at, ret);
    if (fault || purpose != AUTH_FOR_ENCRYPTED)
        return fault;
    return read_secret(member(body, "shared_secret"), ret->shared_secret);
}

static enum auth_fault check_body(pusher_str body)
{
    if (body.len > AUTH_BODY_MAX)
        return AUTH_FAULT_TOO_LARGE;
    if (body.ptr && !utf8_valid(body))
        return AUTH_FAULT_NOT_UTF8;
    if (!json_valid(body))
        return AUTH_FAULT_NOT_JSON;
    return json_kind_of(body) == JSON_OBJECT ? AUTH_FAULT_NONE : AUTH_FAULT_NOT_OBJECT;
}

enum auth_fault auth_reply_parse(const pusher_allocator *mem, enum auth_purpose purpose,
                                 pusher_str body, struct auth_reply *ret)
{
    enum auth_fault fault = check_body(body);
    if (fault)
        return fault;
    struct auth_reply reply = {
        .texts_bytes = room_for(json_find(body, "auth")) +
                       room_for(json_find(body, "channel_data")) +
                       room_for(json_find(body, "user_data")),
    };
    reply.texts = mem_alloc(mem, reply.texts_bytes);
    if (!reply.texts)
        return AUTH_FAULT_MEMORY;
    fault = read_members(body, purpose, reply.texts, &reply);
    if (!fault)
        *ret = reply;
    else
        auth_reply_release(mem, &reply);
    wipe(&reply, sizeof reply);
    return fault;
}

void auth_reply_release(const pusher_allocator *mem, struct auth_reply *reply)
{
    if (reply->texts)
        wipe(reply->texts, reply->texts_bytes);
    mem_free(mem, reply->texts);
    wipe(reply, sizeof *reply);
}
