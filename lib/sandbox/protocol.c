/*
 * What a client's messages mean: one handler an event name. What is wrong with a message
 * is answered in-band and does not end the connection (CLOSE-12), but for a sign-in.
 */
#include "sandbox/protocol.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/json.h"
#include "codec/log_name.h"
#include "codec/message.h"
#include "sandbox/client_event.h"
#include "sandbox/reply.h"
#include "sandbox/signin.h"
#include "sandbox/subscribe.h"

enum { NO_CODE = -1 };

static void complain(struct connection *connection, const char *what)
{
    struct packet *packet = NULL;
    int rc = reply_error(connection->service->mem, NO_CODE, str_of(what), &packet);
    connection_reply(connection, rc, packet);
}

/* The data of a message as a JSON value (MSG-02, MSG-04). */
static int read_data(struct connection *connection, const struct message *message,
                     struct json_object **ret)
{
    const pusher_allocator *mem = connection->service->mem;
    char *text = mem_alloc(mem, message_data_bound(message));
    if (!text)
        return PUSHER_ERR_NOMEM;
    pusher_str decoded = message_data_copy(message, text);
    *ret = NULL;
    int rc = message_data_json(message->data_kind, decoded, ret);
    mem_free(mem, text);
    return rc;
}

static void on_ping(struct connection *connection, const struct message *message)
{
    struct packet *packet = NULL;
    (void)message;
    int rc = reply_pong(connection->service->mem, &packet);
    connection_reply(connection, rc, packet);
}

static void on_pong(struct connection *connection, const struct message *message)
{
    /* That it came at all was noted with the message. */
    (void)connection;
    (void)message;
}

static void on_subscribe(struct connection *connection, const struct message *message)
{
    struct json_object *data;
    if (read_data(connection, message, &data)) {
        connection_drop(connection, "out of memory");
        return;
    }
    const struct subscribe_request request = {
        .channel = json_text(json_member(data, "channel")),
        .auth = json_text(json_member(data, "auth")),
        .channel_data = json_text(json_member(data, "channel_data")),
    };
    if (request.channel.ptr)
        subscribe(connection, &request);
    else
        complain(connection, "pusher:subscribe without a channel");
    json_release(data);
}

static void on_unsubscribe(struct connection *connection, const struct message *message)
{
    struct json_object *data;
    if (read_data(connection, message, &data)) {
        connection_drop(connection, "out of memory");
        return;
    }
    pusher_str channel = json_text(json_member(data, "channel")), user_id;
    if (channel_name_valid(channel) || people_channel(channel, &user_id)) {
        hub_unsubscribe(&connection->service->hub, &connection->peer, channel);
        log_line(&connection->service->log, PUSHER_LOG_INFO,
                 "connection %s unsubscribed from %s", connection->peer.socket_id,
                 log_name(channel).text);
    }
    json_release(data);
}

static void on_signin(struct connection *connection, const struct message *message)
{
    struct json_object *data;
    if (read_data(connection, message, &data)) {
        connection_drop(connection, "out of memory");
        return;
    }
    signin(connection, json_text(json_member(data, "auth")),
           json_text(json_member(data, "user_data")));
    json_release(data);
}

struct handler {
    const char *event;
    void (*run)(struct connection *connection, const struct message *message);
};

static const struct handler handlers[] = {
    {"pusher:ping", on_ping},
    {"pusher:pong", on_pong},
    {"pusher:signin", on_signin},
    {"pusher:subscribe", on_subscribe},
    {"pusher:unsubscribe", on_unsubscribe},
};

static void dispatch(struct connection *connection, const struct message *message)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (str_equal(message->event, str_of(handlers[i].event))) {
            handlers[i].run(connection, message);
            return;
        }
    if (str_starts_with(message->event, STR("pusher:")))
        complain(connection, "The sandbox does not know this pusher: event");
    else
        client_event(connection, message);
}

void protocol_handle(struct connection *connection, pusher_str text)
{
    struct message message = {0};
    int rc = message_decode(text, &message);
    if (rc == PUSHER_ERR_NOMEM)
        connection_drop(connection, "out of memory");
    else if (rc)
        complain(connection, "The message is not a JSON object with an event");
    else
        dispatch(connection, &message);
    message_release(&message);
}
