/*
 * A hub and peers without sockets.
 */
#include "world.h"

#include <stdio.h>

#include "base/str.h"

static void deliver(struct hub_peer *hub_peer, struct packet *packet)
{
    struct peer *peer = container_of(hub_peer, struct peer, hub);
    assert_true(peer->count < INBOX);
    peer->inbox[peer->count++] = packet_ref(packet);
}

static void end(struct hub_peer *hub_peer)
{
    container_of(hub_peer, struct peer, hub)->ended = true;
}

void clear_inbox(struct peer *peer)
{
    while (peer->count)
        packet_unref(peer->inbox[--peer->count]);
    peer->read = 0;
}

void world_peer(struct world *world, struct peer *peer)
{
    *peer = (struct peer){0};
    hub_peer_init(&world->hub, &peer->hub, deliver, end);
}

void open_world(struct world *world)
{
    *world = (struct world){0};
    memory_init(&world->memory);
    hub_init(&world->hub, &world->memory.mem);
    for (int i = 0; i < PEERS; i++) {
        world_peer(world, &world->peers[i]);
        snprintf(world->peers[i].hub.socket_id, HUB_SOCKET_ID_MAX + 1, "%d.%d", i, i);
    }
}

void close_world(struct world *world)
{
    for (int i = 0; i < PEERS; i++) {
        hub_leave(&world->hub, &world->peers[i].hub);
        for (int j = 0; j < PEERS; j++)
            clear_inbox(&world->peers[j]);
    }
    assert_int_equal(map_size(&world->hub.channels), 0);
    assert_int_equal(map_size(&world->hub.people.persons), 0);
    hub_free(&world->hub);
    assert_int_equal(world->memory.live, 0);
}

void expect(struct peer *peer, const char *text)
{
    assert_true(peer->read < peer->count);
    pusher_str got = packet_text(peer->inbox[peer->read++]);
    if (!str_equal(got, str_of(text)))
        fail_msg("got %.*s\nexpected %s", STR_ARG(got), text);
}

void expect_no_more(struct world *world)
{
    for (int i = 0; i < PEERS; i++) {
        struct peer *peer = &world->peers[i];
        if (peer->read != peer->count)
            fail_msg("peer %d also got %.*s", i,
                     STR_ARG(packet_text(peer->inbox[peer->read])));
        clear_inbox(peer);
    }
}

const struct hub_member nobody = {{NULL, 0}, {NULL, 0}};

enum hub_verdict subscribe(struct world *world, int peer, const char *channel)
{
    return hub_subscribe(&world->hub, &world->peers[peer].hub, str_of(channel), &nobody,
                         0);
}

enum hub_verdict enter(struct world *world, int peer, const char *channel, const char *id,
                       const char *info)
{
    const struct hub_member member = {str_of(id), str_of(info)};
    return hub_subscribe(&world->hub, &world->peers[peer].hub, str_of(channel), &member,
                         0);
}

enum hub_verdict publish(struct world *world, const char *channel, const char *data,
                         const char *except, uint64_t now_ms)
{
    return hub_publish(&world->hub, str_of(channel), STR("ev"), str_of(data),
                       str_of(except), now_ms);
}
