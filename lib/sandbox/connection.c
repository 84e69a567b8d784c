/*
 * One client connection: its queue, its deadlines and its end.
 */
#include "sandbox/connection.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "sandbox/protocol.h"
#include "sandbox/reply.h"

enum {
    PACKET_OVERHEAD = 64, /* counted for each queued packet besides its text */
    QUEUE_FIRST_CAP = 8,
    CLOSE_TIMEOUT_MS = 10000, /* for the queue to drain and the peer to answer */
};

/* ---- the end ---- */

void connection_drop(struct connection *connection, const char *why)
{
    if (connection->dropped)
        return;
    connection->dropped = true;
    loop_timer_clear(connection->service->loop, &connection->timer);
    log_line(&connection->service->log, PUSHER_LOG_WARN, "connection %s dropped: %s",
             connection->peer.socket_id, why);
    connection->socket.drop(connection->socket.userdata);
}

void connection_close(struct connection *connection, int code, const char *reason)
{
    if (connection->dropped || connection->close.code)
        return;
    connection->close = (struct connection_refusal){code, reason};
    log_line(&connection->service->log, PUSHER_LOG_WARN, "connection %s closed: %d %s",
             connection->peer.socket_id, code, reason);
    loop_timer_set(connection->service->loop, &connection->timer,
                   loop_now(connection->service->loop) + CLOSE_TIMEOUT_MS);
    connection->socket.want_write(connection->socket.userdata);
}

bool connection_closing(const struct connection *connection,
                        struct connection_refusal *ret)
{
    if (!connection->close.code || connection->queue_len)
        return false;
    *ret = connection->close;
    return true;
}

/* ---- the queue ---- */

static bool grow_queue(struct connection *connection)
{
    size_t cap = connection->queue_cap ? connection->queue_cap * 2 : QUEUE_FIRST_CAP;
    struct packet **queue = mem_alloc(connection->service->mem, cap * sizeof(*queue));
    if (!queue)
        return false;
    for (size_t i = 0; i < connection->queue_len; i++)
        queue[i] =
            connection->queue[(connection->queue_head + i) % connection->queue_cap];
    mem_free(connection->service->mem, connection->queue);
    connection->queue = queue;
    connection->queue_cap = cap;
    connection->queue_head = 0;
    return true;
}

static void deliver(struct hub_peer *peer, struct packet *packet)
{
    struct connection *connection = container_of(peer, struct connection, peer);
    size_t bytes = packet->len + PACKET_OVERHEAD;
    if (connection->dropped || connection->close.code)
        return;
    if (bytes > connection->service->max_queue_bytes - connection->queue_bytes) {
        connection_drop(connection, "it reads too slowly");
        return;
    }
    if (connection->queue_len == connection->queue_cap && !grow_queue(connection)) {
        connection_drop(connection, "out of memory");
        return;
    }
    size_t at = (connection->queue_head + connection->queue_len) % connection->queue_cap;
    connection->queue[at] = packet_ref(packet);
    connection->queue_len++;
    connection->queue_bytes += bytes;
    connection->socket.want_write(connection->socket.userdata);
}

struct packet *connection_next(struct connection *connection)
{
    if (!connection->queue_len || connection->dropped)
        return NULL;
    struct packet *packet = connection->queue[connection->queue_head];
    connection->queue_head = (connection->queue_head + 1) % connection->queue_cap;
    connection->queue_len--;
    connection->queue_bytes -= packet->len + PACKET_OVERHEAD;
    return packet;
}

void connection_reply(struct connection *connection, int rc, struct packet *packet)
{
    if (rc) {
        connection_drop(connection, "out of memory");
        return;
    }
    deliver(&connection->peer, packet);
    packet_unref(packet);
}

/* With the words of soketi. A peer that cannot be told is closed all the same. */
static void end(struct hub_peer *peer)
{
    static const char reason[] = "You got disconnected by the app.";
    struct connection *connection = container_of(peer, struct connection, peer);
    struct packet *packet = NULL;
    if (!reply_error(connection->service->mem, CLOSE_UNAUTHORIZED, str_of(reason),
                     &packet)) {
        deliver(peer, packet);
        packet_unref(packet);
    }
    connection_close(connection, CLOSE_UNAUTHORIZED, reason);
}

/* ---- silence ---- */

/* Longer than what was announced, so that a client's own ping comes first (PING-01). */
static uint64_t idle_ms(const struct connection *connection)
{
    return (uint64_t)connection->service->activity_timeout_s * 1500;
}

static void on_time(void *userdata)
{
    struct connection *connection = userdata;
    pusher_loop *loop = connection->service->loop;
    if (connection->close.code) {
        connection_drop(connection, "it does not answer the close");
        return;
    }
    /* Hearing something does not move the timer; it is looked at when the timer fires. */
    uint64_t due = connection->heard_ms + idle_ms(connection);
    if (loop_now(loop) < due) {
        loop_timer_set(loop, &connection->timer, due);
        return;
    }
    if (connection->pinged) {
        connection_close(connection, CLOSE_NO_PONG, "Pong reply not received in time");
        return;
    }
    connection->pinged = true;
    loop_timer_set(loop, &connection->timer,
                   loop_now(loop) + service_patience_ms(connection->service));
    struct packet *ping = NULL;
    int rc = reply_ping(connection->service->mem, &ping);
    connection_reply(connection, rc, ping);
}

/* ---- the beginning ---- */

static struct connection_refusal judge(const struct service *service, pusher_str key,
                                       pusher_str protocol)
{
    if (!str_equal(key, str_of(service->key)))
        return (struct connection_refusal){CLOSE_NO_APP, "There is no app with this key"};
    if (!protocol.ptr)
        return (struct connection_refusal){CLOSE_NO_PROTOCOL,
                                           "No protocol version supplied"};
    if (!str_equal(protocol, STR("7")))
        return (struct connection_refusal){CLOSE_BAD_PROTOCOL,
                                           "Unsupported protocol version"};
    if (service->connection_count >= service->max_connections)
        return (struct connection_refusal){CLOSE_OVER_CAPACITY, "Over capacity"};
    return (struct connection_refusal){0, NULL};
}

/* "digits.digits" from 60 random bits (HS-02). */
static int make_socket_id(char ret[HUB_SOCKET_ID_MAX + 1])
{
    uint64_t random;
    int rc = loop_random(&random);
    if (rc)
        return rc;
    snprintf(ret, HUB_SOCKET_ID_MAX + 1, "%" PRIu64 ".%" PRIu64,
             (random >> 32) % 1000000000, (random & 0xffffffff) % 1000000000);
    return 0;
}

int connection_new(struct service *service, const struct connection_socket *socket,
                   pusher_str key, pusher_str protocol, struct connection **ret)
{
    struct connection *connection = mem_zalloc(service->mem, sizeof *connection);
    if (!connection)
        return PUSHER_ERR_NOMEM;
    hub_peer_init(&service->hub, &connection->peer, deliver, end);
    int rc = make_socket_id(connection->peer.socket_id);
    if (rc) {
        mem_free(service->mem, connection);
        return rc;
    }
    connection->service = service;
    connection->socket = *socket;
    connection->close = judge(service, key, protocol);
    buf_init(&connection->incoming, service->mem, service->max_message_bytes);
    connection->timer.fire = on_time;
    connection->timer.userdata = connection;
    *ret = connection;
    return 0;
}

void connection_open(struct connection *connection)
{
    struct service *service = connection->service;
    struct connection_refusal refusal = connection->close;
    struct packet *packet = NULL;
    if (refusal.code) {
        connection->close.code = 0;
        int rc = reply_error(service->mem, refusal.code, str_of(refusal.reason), &packet);
        connection_reply(connection, rc, packet);
        connection_close(connection, refusal.code, refusal.reason);
        return;
    }
    connection->greeted = true;
    service->connection_count++;
    connection->heard_ms = loop_now(service->loop);
    loop_timer_set(service->loop, &connection->timer,
                   connection->heard_ms + idle_ms(connection));
    log_line(&service->log, PUSHER_LOG_INFO, "connection %s opened",
             connection->peer.socket_id);
    int rc = reply_established(service->mem, str_of(connection->peer.socket_id),
                               service->activity_timeout_s, &packet);
    connection_reply(connection, rc, packet);
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    struct service *service = connection->service;
    /* Leaving tells others; nothing may come back to this one. */
    connection->dropped = true;
    hub_leave(&service->hub, &connection->peer);
    loop_timer_clear(service->loop, &connection->timer);
    if (connection->greeted) {
        service->connection_count--;
        log_line(&service->log, PUSHER_LOG_INFO, "connection %s gone",
                 connection->peer.socket_id);
    }
    for (size_t i = 0; i < connection->queue_len; i++)
        packet_unref(
            connection->queue[(connection->queue_head + i) % connection->queue_cap]);
    mem_free(service->mem, connection->queue);
    buf_free(&connection->incoming);
    mem_free(service->mem, connection);
}

/* ---- messages in ---- */

void connection_receive(struct connection *connection, pusher_str piece, bool binary,
                        bool final)
{
    if (connection->dropped || connection->close.code || !connection->greeted)
        return;
    connection->heard_ms = loop_now(connection->service->loop);
    connection->pinged = false;
    if (binary) {
        connection_close(connection, CLOSE_UNSUPPORTED, "Messages must be text");
        return;
    }
    /* The usual message comes in one piece and needs no copy. */
    bool whole = final && !connection->incoming.len;
    int rc = whole && piece.len <= connection->incoming.max
                 ? 0
                 : buf_append(&connection->incoming, piece);
    if (rc == PUSHER_ERR_LIMIT)
        connection_close(connection, CLOSE_TOO_BIG, "The message is too long");
    else if (rc)
        connection_drop(connection, "out of memory");
    if (rc || !final)
        return;
    pusher_str text = whole ? piece : buf_str(&connection->incoming);
    if (utf8_valid(text))
        protocol_handle(connection, text);
    else
        connection_close(connection, CLOSE_NOT_UTF8, "The message is not UTF-8");
    buf_free(&connection->incoming);
}
