/*
 * Signing in: the signature, then what user_data holds.
 */
#include "sandbox/signin.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/json.h"
#include "codec/json_tree.h"
#include "codec/user_id.h"
#include "sandbox/auth_value.h"
#include "sandbox/reply.h"
#include "server/sign.h"

enum {
    NO_CODE = -1,
    WATCHLIST_TOO_LONG = 4302, /* CLOSE-11 */
};

static void tell(struct connection *connection, int code, const char *what)
{
    struct packet *packet = NULL;
    int rc = reply_error(connection->service->mem, code, str_of(what), &packet);
    connection_reply(connection, rc, packet);
}

static void refuse(struct connection *connection, const char *why)
{
    tell(connection, CLOSE_UNAUTHORIZED, why);
    connection_close(connection, CLOSE_UNAUTHORIZED, why);
}

/* 0, PUSHER_ERR_INVALID, or what keeps the sandbox from checking it. */
static int check_auth(const struct connection *connection, pusher_str auth,
                      pusher_str user_data)
{
    const struct service *service = connection->service;
    pusher_str given = auth_value_hex(service, auth);
    char hex[SHA256_HEX + 1];
    if (!given.ptr || !user_data.ptr)
        return PUSHER_ERR_INVALID;
    int rc = sign_user(service->mem, str_of(service->secret),
                       str_of(connection->peer.socket_id), user_data, hex);
    if (rc)
        return rc;
    if (!constant_time_equal(given, str_of(hex)))
        rc = PUSHER_ERR_INVALID;
    wipe(hex, sizeof hex);
    return rc;
}

/* 0; PUSHER_ERR_INVALID; PUSHER_ERR_LIMIT: more than WATCHLIST_MAX, and none is kept. */
static int read_watchlist(struct json_object *list, struct profile *profile)
{
    size_t count = json_array_size(list);
    if (list && !json_is_array(list))
        return PUSHER_ERR_INVALID;
    if (count > WATCHLIST_MAX)
        return PUSHER_ERR_LIMIT;
    for (size_t i = 0; i < count; i++) {
        pusher_str id = json_text(json_array_item(list, i));
        if (!id.len || id.len > USER_ID_MAX)
            return PUSHER_ERR_INVALID;
        profile->watched[profile->watched_count++] = id;
    }
    return 0;
}

static void sign_in(struct connection *connection, pusher_str user_data,
                    const struct profile *profile)
{
    struct service *service = connection->service;
    switch (hub_sign_in(&service->hub, &connection->peer, user_data, profile)) {
    case HUB_OK:
        log_line(&service->log, PUSHER_LOG_INFO, "connection %s signed in",
                 connection->peer.socket_id);
        return;
    case HUB_ALREADY:
        tell(connection, NO_CODE, "This connection is signed in already");
        return;
    default:
        connection_drop(connection, "out of memory");
    }
}

/* Signs in with user_data that is parsed. */
static void use(struct connection *connection, pusher_str user_data,
                struct json_object *value)
{
    struct json_object *info = json_member(value, "user_info");
    struct profile profile = {.id = json_text(json_member(value, "id"))};
    struct buf text;
    if (!profile.id.len || profile.id.len > USER_ID_MAX) {
        refuse(connection, "user_data is not a JSON object with a non-empty text \"id\"");
        return;
    }
    int watchlist = read_watchlist(json_member(value, "watchlist"), &profile);
    if (watchlist == PUSHER_ERR_INVALID) {
        refuse(connection, "The watchlist in user_data is not a list of user ids");
        return;
    }
    buf_init(&text, connection->service->mem, REPLY_MAX);
    if (info && json_append(&text, info)) {
        connection_drop(connection, "out of memory");
    } else {
        if (info)
            profile.info = buf_str(&text);
        sign_in(connection, user_data, &profile);
        if (watchlist == PUSHER_ERR_LIMIT)
            tell(connection, WATCHLIST_TOO_LONG,
                 "The watchlist has more than 100 users, and is not used");
    }
    buf_free(&text);
}

void signin(struct connection *connection, pusher_str auth, pusher_str user_data)
{
    struct json_object *value = NULL;
    int rc = check_auth(connection, auth, user_data);
    if (rc == PUSHER_ERR_INVALID) {
        refuse(connection, "Connection not authorized: auth is not the app key and the "
                           "HMAC SHA256 hex digest of socket id and user_data");
        return;
    }
    if (!rc)
        rc = json_parse(user_data, &value);
    if (rc && rc != PUSHER_ERR_INVALID)
        connection_drop(connection, "the sign-in could not be checked");
    else
        use(connection, user_data, value);
    json_release(value);
}
