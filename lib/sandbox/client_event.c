/*
 * Client events (CEV-02, CEV-03): checked, then relayed with the data value as it came.
 */
#include "sandbox/client_event.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/frame.h"
#include "codec/log_name.h"
#include "sandbox/reply.h"

enum { CLIENT_EVENT_REFUSED = 4301 };

/* Counts this event; true when it is one too many of this second. */
static bool too_fast(struct connection *connection)
{
    uint32_t limit = connection->service->max_client_events_per_s;
    uint64_t now = loop_now(connection->service->loop);
    if (now - connection->rate_from_ms >= 1000) {
        connection->rate_from_ms = now;
        connection->rate_count = 0;
    }
    return ++connection->rate_count > limit && limit;
}

/* What is wrong with it, or NULL. */
static const char *judge(struct connection *connection, const struct message *message)
{
    if (!str_starts_with(message->event, STR("client-")))
        return "Client event rejected - the name must begin with client-";
    if (message->event.len > EVENT_NAME_MAX)
        return "Client event rejected - the name is longer than 200 bytes";
    if (message->data.len > connection->service->max_data_bytes)
        return "Client event rejected - the data is too long";
    if (!message->channel.ptr || !channel_name_valid(message->channel))
        return "Client event rejected - there is no channel of this name";
    enum channel_kind kind = channel_kind_of(message->channel);
    if (kind != CHANNEL_PRIVATE && kind != CHANNEL_PRESENCE)
        return "Client event rejected - only supported on private and presence channels";
    if (too_fast(connection))
        return "Client event rejected - too many in one second";
    return NULL;
}

/* The data as JSON text: the value's own bytes, or a text with its quotes. */
static int append_data(struct connection *connection, const struct message *message,
                       struct buf *out)
{
    if (message->data_kind == PUSHER_DATA_JSON)
        return buf_append(out, message->data);
    if (message->data_kind != PUSHER_DATA_TEXT)
        return 0;
    const pusher_allocator *mem = connection->service->mem;
    char *text = mem_alloc(mem, message_data_bound(message));
    if (!text)
        return PUSHER_ERR_NOMEM;
    int rc = frame_append_string(out, message_data_copy(message, text));
    mem_free(mem, text);
    return rc;
}

static enum hub_verdict relay(struct connection *connection,
                              const struct message *message)
{
    struct buf data;
    buf_init(&data, connection->service->mem, REPLY_MAX);
    enum hub_verdict verdict = HUB_NO_MEMORY;
    if (!append_data(connection, message, &data))
        verdict = hub_client_event(&connection->service->hub, &connection->peer,
                                   message->channel, message->event,
                                   data.len ? buf_str(&data) : (pusher_str){NULL, 0});
    buf_free(&data);
    return verdict;
}

static void refuse(struct connection *connection, const char *why)
{
    log_line(&connection->service->log, PUSHER_LOG_WARN, "connection %s: %s",
             connection->peer.socket_id, why);
    struct packet *packet = NULL;
    int rc =
        reply_error(connection->service->mem, CLIENT_EVENT_REFUSED, str_of(why), &packet);
    connection_reply(connection, rc, packet);
}

void client_event(struct connection *connection, const struct message *message)
{
    const char *why = judge(connection, message);
    if (why) {
        refuse(connection, why);
        return;
    }
    enum hub_verdict verdict = relay(connection, message);
    if (verdict == HUB_NOT_SUBSCRIBED)
        refuse(connection, "Client event rejected - not subscribed to the channel");
    else if (verdict != HUB_OK)
        connection_drop(connection, "out of memory");
    else
        log_line(&connection->service->log, PUSHER_LOG_INFO,
                 "connection %s sent a client event of %zu bytes to %s",
                 connection->peer.socket_id, message->data.len,
                 log_name(message->channel).text);
}
