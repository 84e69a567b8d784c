/*
 * Subscribing: checks from the cheap to the dear, each with the error that hosted Pusher
 * or soketi would send.
 */
#include "sandbox/subscribe.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/json.h"
#include "codec/json_tree.h"
#include "codec/log_name.h"
#include "sandbox/auth_value.h"
#include "sandbox/reply.h"
#include "server/sign.h"

enum {
    USER_ID_MAX = 128,       /* PRES-10 */
    CHANNEL_DATA_MAX = 1024, /* PRES-10 */
    STATUS_BAD = 400,
    STATUS_UNAUTHORIZED = 401,
    STATUS_LIMIT = 4004, /* as soketi has it */
};

/* Why a subscription is refused; type NULL: it is not. */
struct refusal {
    const char *type;
    const char *error;
    int status;
};

static const struct refusal granted = {NULL, NULL, 0};

static void refuse(struct connection *connection, pusher_str channel,
                   const struct refusal *refusal)
{
    log_line(&connection->service->log, PUSHER_LOG_WARN, "connection %s: %s: %s",
             connection->peer.socket_id, refusal->type, refusal->error);
    struct packet *packet = NULL;
    int rc =
        reply_subscription_error(connection->service->mem, channel, str_of(refusal->type),
                                 str_of(refusal->error), refusal->status, &packet);
    connection_reply(connection, rc, packet);
}

static struct refusal auth_refusal(const char *error)
{
    return (struct refusal){"AuthError", error, STATUS_UNAUTHORIZED};
}

/* "KEY:hex" against our own calculation (AUTH-09). */
static struct refusal check_auth(struct connection *connection,
                                 const struct subscribe_request *request)
{
    const struct service *service = connection->service;
    pusher_str given = auth_value_hex(service, request->auth);
    if (!request->auth.len)
        return auth_refusal("Auth value for the subscription is missing");
    if (!given.ptr)
        return auth_refusal("Invalid key in subscription auth data");
    char hex[SHA256_HEX + 1];
    int rc = sign_channel(service->mem, str_of(service->secret),
                          str_of(connection->peer.socket_id), request->channel,
                          request->channel_data, hex);
    if (rc)
        return (struct refusal){"ServerError",
                                "The sandbox could not check the auth value", 500};
    bool equal = constant_time_equal(given, str_of(hex));
    wipe(hex, sizeof hex);
    return equal
               ? granted
               : auth_refusal("Invalid signature: not the HMAC SHA256 hex digest of "
                              "socket id, channel and channel data with the app secret");
}

/* The identity in channel_data, or of the signed-in user: copied out, since it outlives
 * the parsed value. */
struct identity {
    struct buf user_id;
    struct buf user_info; /* empty: none */
};

static int read_user_id(struct json_object *data, struct buf *ret)
{
    struct json_object *value = json_member(data, "user_id");
    int64_t number;
    if (json_text(value).len)
        return buf_append(ret, json_text(value));
    /* A numeric id is the same member as its text (PRES-05). */
    return json_int(value, &number) ? json_append(ret, value) : PUSHER_ERR_INVALID;
}

static struct refusal identity_refusal(int rc)
{
    switch (rc) {
    case 0:
        return granted;
    case PUSHER_ERR_LIMIT:
        return (struct refusal){"LimitReached", "user_id is longer than 128 bytes",
                                STATUS_LIMIT};
    case PUSHER_ERR_NOMEM:
        return (struct refusal){"ServerError", "The sandbox is out of memory", 500};
    default:
        return auth_refusal("channel_data is not a JSON object with a user_id");
    }
}

/* The identity is that of the signed-in user (PRES-01). */
static struct refusal use_signin(const struct signin *signin, struct identity *ret)
{
    if (!signin)
        return auth_refusal("channel_data is missing for a presence channel, and the "
                            "connection is not signed in");
    ret->user_info.max = REPLY_MAX;
    int rc = buf_append(&ret->user_id, map_key(&signin->person->node));
    if (!rc && signin->info)
        rc = buf_append(&ret->user_info, (pusher_str){signin->info, signin->info_len});
    return identity_refusal(rc);
}

static struct refusal read_identity(struct connection *connection,
                                    pusher_str channel_data, struct identity *ret)
{
    const pusher_allocator *mem = connection->service->mem;
    buf_init(&ret->user_id, mem, USER_ID_MAX);
    buf_init(&ret->user_info, mem, CHANNEL_DATA_MAX * 6);
    if (!channel_data.ptr)
        return use_signin(connection->peer.signin, ret);
    if (channel_data.len > CHANNEL_DATA_MAX)
        return (struct refusal){"LimitReached", "channel_data is longer than 1 KB",
                                STATUS_LIMIT};
    struct json_object *data;
    int rc = json_parse(channel_data, &data);
    if (!rc) {
        rc = read_user_id(data, &ret->user_id);
        struct json_object *info = json_member(data, "user_info");
        if (!rc && info)
            rc = json_append(&ret->user_info, info);
        json_release(data);
    }
    return identity_refusal(rc);
}

/* A second subscription is told of without a code, and changes nothing (CLOSE-12). */
static void complain_of_second(struct connection *connection, pusher_str channel)
{
    struct buf text;
    struct packet *packet = NULL;
    buf_init(&text, connection->service->mem, CHANNEL_NAME_MAX + 64);
    int rc = buf_printf(&text, "Existing subscription to channel %.*s", STR_ARG(channel));
    if (!rc)
        rc = reply_error(connection->service->mem, -1, buf_str(&text), &packet);
    buf_free(&text);
    connection_reply(connection, rc, packet);
}

static void join(struct connection *connection, pusher_str channel,
                 const struct hub_member *member)
{
    struct service *service = connection->service;
    struct refusal refusal = granted;
    switch (hub_subscribe(&service->hub, &connection->peer, channel, member,
                          loop_now(service->loop))) {
    case HUB_OK:
    case HUB_NOT_SUBSCRIBED:
        log_line(&service->log, PUSHER_LOG_INFO, "connection %s subscribed to %s",
                 connection->peer.socket_id, log_name(channel).text);
        return;
    case HUB_ALREADY:
        complain_of_second(connection, channel);
        return;
    case HUB_NO_MEMORY:
        connection_drop(connection, "out of memory");
        return;
    case HUB_TOO_MANY_CHANNELS:
        refusal = (struct refusal){"LimitReached", "Too many channels on one connection",
                                   STATUS_LIMIT};
        break;
    case HUB_TOO_MANY_MEMBERS:
        refusal = (struct refusal){"LimitReached",
                                   "The presence channel has its maximum of members",
                                   STATUS_LIMIT};
        break;
    }
    refuse(connection, channel, &refusal);
}

static void join_presence(struct connection *connection,
                          const struct subscribe_request *request)
{
    struct identity identity;
    struct refusal refusal = read_identity(connection, request->channel_data, &identity);
    struct hub_member member = {.user_id = buf_str(&identity.user_id)};
    if (identity.user_info.len)
        member.user_info = buf_str(&identity.user_info);
    if (refusal.type)
        refuse(connection, request->channel, &refusal);
    else
        join(connection, request->channel, &member);
    buf_free(&identity.user_id);
    buf_free(&identity.user_info);
}

/* What is sent to one user: for nobody but that user. */
static void join_user(struct connection *connection,
                      const struct subscribe_request *request, pusher_str user_id)
{
    const struct signin *signin = connection->peer.signin;
    struct refusal refusal =
        auth_refusal("Only the signed-in user may subscribe to its own channel");
    if (signin && str_equal(map_key(&signin->person->node), user_id))
        join(connection, request->channel, &(struct hub_member){{NULL, 0}, {NULL, 0}});
    else
        refuse(connection, request->channel, &refusal);
}

void subscribe(struct connection *connection, const struct subscribe_request *request)
{
    pusher_str user_id;
    if (people_channel(request->channel, &user_id)) {
        join_user(connection, request, user_id);
        return;
    }
    if (!channel_name_valid(request->channel)) {
        const struct refusal refusal = {
            "InvalidChannel", "A channel name has 1 to 200 of A-Z a-z 0-9 _ - = @ , . ;",
            STATUS_BAD};
        refuse(connection, request->channel, &refusal);
        return;
    }
    enum channel_kind kind = channel_kind_of(request->channel);
    struct refusal refusal =
        kind == CHANNEL_PUBLIC ? granted : check_auth(connection, request);
    if (refusal.type)
        refuse(connection, request->channel, &refusal);
    else if (kind == CHANNEL_PRESENCE)
        join_presence(connection, request);
    else
        join(connection, request->channel, &(struct hub_member){{NULL, 0}, {NULL, 0}});
}
