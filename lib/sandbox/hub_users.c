/*
 * The hub's users: signing in, what is sent to one, and who is told when one comes and
 * goes (USER-04, USER-09).
 */
#include "base/buf.h"
#include "base/str.h"
#include "codec/frame.h"
#include "sandbox/hub_impl.h"
#include "sandbox/reply.h"

static int append_ids(struct buf *out, const struct person *const *persons, size_t count)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < count; i++) {
        if (i)
            rc = buf_append_byte(out, ',');
        if (!rc)
            rc = frame_append_string(out, map_key(&persons[i]->node));
    }
    return rc;
}

/* That these users came ("online") or went ("offline"). */
static int write_watchlist(struct hub *hub, const char *name,
                           const struct person *const *persons, size_t count,
                           struct packet **ret)
{
    struct buf data;
    buf_init(&data, hub->mem, REPLY_MAX);
    int rc = buf_printf(&data, "{\"events\":[{\"name\":\"%s\",\"user_ids\":[", name);
    if (!rc)
        rc = append_ids(&data, persons, count);
    if (!rc)
        rc = buf_append(&data, STR("]}]}"));
    if (!rc)
        rc = reply_watchlist(hub->mem, buf_str(&data), ret);
    buf_free(&data);
    return rc;
}

/* To all connections that watch the user, but `except`. */
static void tell_watchers(const struct person *person, struct packet *packet,
                          const struct hub_peer *except)
{
    const struct list *head = &person->watches;
    for (const struct list *at = head->next; at != head; at = at->next) {
        struct hub_peer *peer = container_of(at, struct watch, link)->watcher->peer;
        if (peer != except)
            peer->deliver(peer, packet);
    }
}

/* ---- signing in ---- */

/* What a sign-in sets off. */
struct arrival {
    struct packet *success; /* to the peer */
    struct packet *online;  /* to the peer: whom it watches; NULL: nobody is there */
    struct packet
        *arrived; /* to those who watch it; NULL: nobody, or they know already */
};

static void arrival_release(struct arrival *arrival)
{
    packet_unref(arrival->success);
    packet_unref(arrival->online);
    packet_unref(arrival->arrived);
}

static int write_online(struct hub *hub, const struct signin *signin, struct packet **ret)
{
    const struct person *online[WATCHLIST_MAX];
    size_t count = 0;
    for (size_t i = 0; i < signin->watch_count; i++)
        if (!list_empty(&signin->watches[i].person->signins))
            online[count++] = signin->watches[i].person;
    return count ? write_watchlist(hub, "online", online, count, ret) : 0;
}

static int arrival_write(struct hub *hub, const struct signin *signin,
                         pusher_str user_data, struct arrival *ret)
{
    const struct person *person = signin->person;
    struct arrival arrival = {NULL, NULL, NULL};
    bool is_first = person->signins.next == person->signins.prev;
    int rc = reply_signin_success(hub->mem, user_data, &arrival.success);
    if (!rc)
        rc = write_online(hub, signin, &arrival.online);
    if (!rc && is_first && !list_empty(&person->watches))
        rc = write_watchlist(hub, "online", &person, 1, &arrival.arrived);
    if (rc)
        arrival_release(&arrival);
    else
        *ret = arrival;
    return rc;
}

enum hub_verdict hub_sign_in(struct hub *hub, struct hub_peer *peer, pusher_str user_data,
                             const struct profile *profile)
{
    struct signin *signin;
    struct arrival arrival;
    if (peer->signin)
        return HUB_ALREADY;
    if (people_sign_in(&hub->people, peer, profile, &signin))
        return HUB_NO_MEMORY;
    if (arrival_write(hub, signin, user_data, &arrival)) {
        struct person *person = people_sign_out(&hub->people, signin);
        if (person)
            people_release(&hub->people, person);
        return HUB_NO_MEMORY;
    }
    peer->signin = signin;
    peer->deliver(peer, arrival.success);
    if (arrival.online)
        peer->deliver(peer, arrival.online);
    if (arrival.arrived)
        tell_watchers(signin->person, arrival.arrived, peer);
    arrival_release(&arrival);
    return HUB_OK;
}

static void tell_of_leaving(struct hub *hub, const struct person *person)
{
    struct packet *packet;
    if (list_empty(&person->watches) ||
        write_watchlist(hub, "offline", &person, 1, &packet))
        return;
    tell_watchers(person, packet, NULL);
    packet_unref(packet);
}

void hub_sign_out(struct hub *hub, struct hub_peer *peer)
{
    if (!peer->signin)
        return;
    struct person *gone = people_sign_out(&hub->people, peer->signin);
    peer->signin = NULL;
    if (!gone)
        return;
    tell_of_leaving(hub, gone);
    people_release(&hub->people, gone);
}

/* ---- to one user ---- */

enum hub_verdict hub_publish_to_user(struct hub *hub, pusher_str user_id,
                                     pusher_str channel, pusher_str event,
                                     pusher_str data, pusher_str except)
{
    const struct person *person = people_find(&hub->people, user_id);
    struct packet *packet;
    if (!person)
        return HUB_OK;
    if (reply_event(hub->mem, channel, event, data, &packet))
        return HUB_NO_MEMORY;
    const struct list *head = &person->signins;
    for (const struct list *at = head->next; at != head; at = at->next) {
        struct hub_peer *peer = container_of(at, struct signin, link)->peer;
        if (!except.ptr || !str_equal(str_of(peer->socket_id), except))
            peer->deliver(peer, packet);
    }
    packet_unref(packet);
    return HUB_OK;
}

void hub_end_user(struct hub *hub, pusher_str user_id)
{
    const struct person *person = people_find(&hub->people, user_id);
    if (!person)
        return;
    const struct list *head = &person->signins;
    for (const struct list *at = head->next; at != head; at = at->next) {
        struct hub_peer *peer = container_of(at, struct signin, link)->peer;
        peer->end(peer);
    }
}
