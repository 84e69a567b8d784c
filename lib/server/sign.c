/*
 * Signs subscriptions and sign-ins (AUTH-09).
 *
 * The signed text is put together from parts with ":" between them. A socket id or
 * channel that holds a ":" would let one signature stand for another subscription, so
 * both are checked for their form before anything is signed.
 */
#include "server/sign.h"

#include <pusher/server.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/channel_name.h"
#include "codec/json.h"
#include "codec/url.h"

static size_t digits(pusher_str text)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
        n++;
    return n;
}

bool socket_id_valid(pusher_str socket_id)
{
    size_t before = digits(socket_id);
    if (!before || before == socket_id.len || socket_id.ptr[before] != '.')
        return false;
    pusher_str rest = str_skip(socket_id, before + 1);
    return rest.len && digits(rest) == rest.len;
}

/* The HMAC over `count` parts with ":" between them. */
static int sign_parts(const pusher_allocator *mem, pusher_str secret,
                      const pusher_str *parts, size_t count, char ret[SHA256_HEX + 1])
{
    struct buf text;
    buf_init(&text, mem, SIGNED_DATA_MAX);
    int rc = 0;
    for (size_t i = 0; !rc && i < count; i++) {
        if (i)
            rc = buf_append_byte(&text, ':');
        if (!rc)
            rc = buf_append(&text, parts[i]);
    }
    if (!rc)
        rc = hmac_sha256_hex(secret, buf_str(&text), ret);
    buf_free(&text);
    return rc;
}

int sign_channel(const pusher_allocator *mem, pusher_str secret, pusher_str socket_id,
                 pusher_str channel, pusher_str channel_data, char ret[SHA256_HEX + 1])
{
    const pusher_str parts[] = {socket_id, channel, channel_data};
    return sign_parts(mem, secret, parts, channel_data.ptr ? 3 : 2, ret);
}

int sign_user(const pusher_allocator *mem, pusher_str secret, pusher_str socket_id,
              pusher_str user_data, char ret[SHA256_HEX + 1])
{
    const pusher_str parts[] = {socket_id, STR(""), STR("user"), STR(""), user_data};
    return sign_parts(mem, secret, parts, 5, ret);
}

/* ---- the public calls: checks first, then the calculation above ---- */

/* True when `text` is a JSON object in UTF-8 whose member `name` is text, and not empty,
 * or, where `number_too`, a whole number. */
static int check_identity(pusher_str text, const char *name, bool number_too)
{
    struct json_object *object = NULL;
    int rc = utf8_valid(text) ? json_parse(text, &object) : PUSHER_ERR_INVALID;
    if (rc)
        return rc;
    struct json_object *id = json_member(object, name);
    int64_t number;
    bool good = json_text(id).len > 0 || (number_too && json_int(id, &number));
    json_release(object);
    return good ? 0 : PUSHER_ERR_INVALID;
}

/* What both calls ask of their common arguments. */
static int check_common(const char *key, const char *secret, const char *socket_id,
                        char *ret, size_t ret_size)
{
    if (!key || !secret || !*secret || !ret || !socket_id_valid(str_of(socket_id)))
        return PUSHER_ERR_INVALID;
    if (!url_key_valid(str_of(key)))
        return PUSHER_ERR_BAD_KEY;
    return ret_size < PUSHER_SERVER_AUTH_SIZE(strlen(key)) ? PUSHER_ERR_LIMIT : 0;
}

static int check_channel(pusher_str channel, pusher_str channel_data)
{
    if (!channel_name_valid(channel) || channel_kind_of(channel) == CHANNEL_PUBLIC)
        return PUSHER_ERR_BAD_CHANNEL;
    bool presence = channel_kind_of(channel) == CHANNEL_PRESENCE;
    if (presence != (channel_data.ptr != NULL))
        return PUSHER_ERR_INVALID;
    return presence ? check_identity(channel_data, "user_id", true) : 0;
}

/* "KEY:hex"; the size has been checked. */
static void write_auth(const char *key, const char hex[SHA256_HEX + 1], char *ret)
{
    size_t len = strlen(key);
    memcpy(ret, key, len);
    ret[len] = ':';
    memcpy(ret + len + 1, hex, SHA256_HEX + 1);
}

int pusher_server_sign_channel(const char *key, const char *secret, const char *socket_id,
                               const char *channel, const char *channel_data, char *ret,
                               size_t ret_size)
{
    int rc = check_common(key, secret, socket_id, ret, ret_size);
    if (!rc)
        rc = channel ? check_channel(str_of(channel), str_of(channel_data))
                     : PUSHER_ERR_INVALID;
    char hex[SHA256_HEX + 1];
    if (!rc)
        rc = sign_channel(&mem_default, str_of(secret), str_of(socket_id),
                          str_of(channel), str_of(channel_data), hex);
    if (!rc)
        write_auth(key, hex, ret);
    return rc;
}

int pusher_server_sign_user(const char *key, const char *secret, const char *socket_id,
                            const char *user_data, char *ret, size_t ret_size)
{
    int rc = check_common(key, secret, socket_id, ret, ret_size);
    if (!rc)
        rc = user_data ? check_identity(str_of(user_data), "id", false)
                       : PUSHER_ERR_INVALID;
    char hex[SHA256_HEX + 1];
    if (!rc)
        rc = sign_user(&mem_default, str_of(secret), str_of(socket_id), str_of(user_data),
                       hex);
    if (!rc)
        write_auth(key, hex, ret);
    return rc;
}
