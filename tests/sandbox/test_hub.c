/*
 * The hub: who gets which message, in which order, and that nothing is half done when
 * memory runs out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "memory.h"
#include "sandbox/hub.h"
#include "sandbox/roster.h"

enum { PEERS = 3, INBOX = 8 };

struct peer {
    struct hub_peer hub;
    struct packet *inbox[INBOX];
    size_t count, read;
};

struct world {
    struct memory memory;
    struct hub hub;
    struct peer peers[PEERS];
};

static void deliver(struct hub_peer *hub_peer, struct packet *packet)
{
    struct peer *peer = container_of(hub_peer, struct peer, hub);
    assert_true(peer->count < INBOX);
    peer->inbox[peer->count++] = packet_ref(packet);
}

static void clear_inbox(struct peer *peer)
{
    while (peer->count)
        packet_unref(peer->inbox[--peer->count]);
    peer->read = 0;
}

static void open_world(struct world *world)
{
    *world = (struct world){0};
    memory_init(&world->memory);
    hub_init(&world->hub, &world->memory.mem);
    for (int i = 0; i < PEERS; i++) {
        hub_peer_init(&world->hub, &world->peers[i].hub, deliver);
        snprintf(world->peers[i].hub.socket_id, HUB_SOCKET_ID_MAX + 1, "%d.%d", i, i);
    }
}

static void close_world(struct world *world)
{
    for (int i = 0; i < PEERS; i++) {
        hub_leave(&world->hub, &world->peers[i].hub);
        for (int j = 0; j < PEERS; j++)
            clear_inbox(&world->peers[j]);
    }
    assert_int_equal(map_size(&world->hub.channels), 0);
    hub_free(&world->hub);
    assert_int_equal(world->memory.live, 0);
}

/* The next message of this peer is `text`. */
static void expect(struct peer *peer, const char *text)
{
    assert_true(peer->read < peer->count);
    pusher_str got = packet_text(peer->inbox[peer->read++]);
    if (!str_equal(got, str_of(text)))
        fail_msg("got %.*s\nexpected %s", STR_ARG(got), text);
}

/* All messages have been looked at. */
static void expect_no_more(struct world *world)
{
    for (int i = 0; i < PEERS; i++) {
        struct peer *peer = &world->peers[i];
        if (peer->read != peer->count)
            fail_msg("peer %d also got %.*s", i,
                     STR_ARG(packet_text(peer->inbox[peer->read])));
        clear_inbox(peer);
    }
}

static const struct hub_member nobody = {{NULL, 0}, {NULL, 0}};

static enum hub_verdict subscribe(struct world *world, int peer, const char *channel)
{
    return hub_subscribe(&world->hub, &world->peers[peer].hub, str_of(channel), &nobody,
                         0);
}

static enum hub_verdict enter(struct world *world, int peer, const char *channel,
                              const char *id, const char *info)
{
    const struct hub_member member = {str_of(id), str_of(info)};
    return hub_subscribe(&world->hub, &world->peers[peer].hub, str_of(channel), &member,
                         0);
}

static enum hub_verdict publish(struct world *world, const char *channel,
                                const char *data, const char *except, uint64_t now_ms)
{
    return hub_publish(&world->hub, str_of(channel), STR("ev"), str_of(data),
                       str_of(except), now_ms);
}

#define SUCCEEDED(channel)                                                               \
    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" channel       \
    "\",\"data\":\"{}\"}"

static void public_channel(void **state)
{
    struct world world;
    (void)state;
    open_world(&world);
    assert_int_equal(subscribe(&world, 0, "room"), HUB_OK);
    assert_int_equal(subscribe(&world, 1, "room"), HUB_OK);
    expect(&world.peers[0], SUCCEEDED("room"));
    expect(&world.peers[1], SUCCEEDED("room"));
    expect_no_more(&world);
    assert_int_equal(subscribe(&world, 1, "room"), HUB_ALREADY);
    expect_no_more(&world);

    static const char event[] =
        "{\"event\":\"ev\",\"channel\":\"room\",\"data\":\"{\\\"a\\\":1}\"}";
    assert_int_equal(publish(&world, "room", "{\"a\":1}", NULL, 0), HUB_OK);
    expect(&world.peers[0], event);
    expect(&world.peers[1], event);
    expect_no_more(&world);
    /* API-04: all but the one who sent it. */
    assert_int_equal(publish(&world, "room", "{\"a\":1}", "1.1", 0), HUB_OK);
    expect(&world.peers[0], event);
    expect_no_more(&world);
    assert_int_equal(publish(&world, "empty", "x", NULL, 0), HUB_OK);
    expect_no_more(&world);

    hub_unsubscribe(&world.hub, &world.peers[0].hub, STR("room"));
    hub_unsubscribe(&world.hub, &world.peers[0].hub, STR("room"));
    hub_unsubscribe(&world.hub, &world.peers[0].hub, STR("other"));
    assert_int_equal(publish(&world, "room", "{\"a\":1}", NULL, 0), HUB_OK);
    expect(&world.peers[1], event);
    expect_no_more(&world);
    close_world(&world);
}

static void presence(void **state)
{
    struct world world;
    (void)state;
    open_world(&world);
    assert_int_equal(enter(&world, 0, "presence-r", "7", "{\"n\":\"A\"}"), HUB_OK);
    expect(&world.peers[0],
           "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
           "\"presence-r\",\"data\":\"{\\\"presence\\\":{\\\"ids\\\":[\\\"7\\\"],"
           "\\\"hash\\\":{\\\"7\\\":{\\\"n\\\":\\\"A\\\"}},\\\"count\\\":1}}\"}");
    /* PRES-08: to the others only. */
    assert_int_equal(enter(&world, 1, "presence-r", "8", NULL), HUB_OK);
    expect(&world.peers[0],
           "{\"event\":\"pusher_internal:member_added\",\"channel\":\"presence-r\","
           "\"data\":\"{\\\"user_id\\\":\\\"8\\\"}\"}");
    expect(
        &world.peers[1],
        "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
        "\"presence-r\",\"data\":\"{\\\"presence\\\":{\\\"ids\\\":[\\\"7\\\",\\\"8\\\"],"
        "\\\"hash\\\":{\\\"7\\\":{\\\"n\\\":\\\"A\\\"},\\\"8\\\":null},"
        "\\\"count\\\":2}}\"}");
    expect_no_more(&world);

    /* A second connection of the same user is not told of, nor is the end of the first.
     */
    assert_int_equal(enter(&world, 2, "presence-r", "8", "{}"), HUB_OK);
    expect(
        &world.peers[2],
        "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
        "\"presence-r\",\"data\":\"{\\\"presence\\\":{\\\"ids\\\":[\\\"7\\\",\\\"8\\\"],"
        "\\\"hash\\\":{\\\"7\\\":{\\\"n\\\":\\\"A\\\"},\\\"8\\\":null},"
        "\\\"count\\\":2}}\"}");
    hub_leave(&world.hub, &world.peers[1].hub);
    expect_no_more(&world);
    hub_unsubscribe(&world.hub, &world.peers[2].hub, STR("presence-r"));
    expect(&world.peers[0],
           "{\"event\":\"pusher_internal:member_removed\",\"channel\":\"presence-r\","
           "\"data\":\"{\\\"user_id\\\":\\\"8\\\"}\"}");
    expect_no_more(&world);
    close_world(&world);
}

static void presence_limit(void **state)
{
    struct world world;
    struct peer crowd[ROSTER_MAX + 1];
    (void)state;
    open_world(&world);
    for (int i = 0; i <= ROSTER_MAX; i++) {
        char id[8];
        crowd[i] = (struct peer){0};
        hub_peer_init(&world.hub, &crowd[i].hub, deliver);
        snprintf(id, sizeof id, "%d", i);
        const struct hub_member member = {str_of(id), {NULL, 0}};
        assert_int_equal(
            hub_subscribe(&world.hub, &crowd[i].hub, STR("presence-r"), &member, 0),
            i < ROSTER_MAX ? HUB_OK : HUB_TOO_MANY_MEMBERS);
        for (int j = 0; j <= i; j++)
            clear_inbox(&crowd[j]);
    }
    /* Another connection of a known member is no new member. */
    const struct hub_member known = {STR("5"), {NULL, 0}};
    assert_int_equal(
        hub_subscribe(&world.hub, &crowd[ROSTER_MAX].hub, STR("presence-r"), &known, 0),
        HUB_OK);
    for (int i = 0; i <= ROSTER_MAX; i++) {
        hub_leave(&world.hub, &crowd[i].hub);
        for (int j = 0; j <= ROSTER_MAX; j++)
            clear_inbox(&crowd[j]);
    }
    close_world(&world);
}

static void client_events(void **state)
{
    struct world world;
    (void)state;
    open_world(&world);
    subscribe(&world, 0, "private-r");
    subscribe(&world, 1, "private-r");
    enter(&world, 0, "presence-r", "7", NULL);
    enter(&world, 2, "presence-r", "9", NULL);
    for (int i = 0; i < PEERS; i++)
        clear_inbox(&world.peers[i]);

    assert_int_equal(hub_client_event(&world.hub, &world.peers[0].hub, STR("private-r"),
                                      STR("client-a"), STR("{\"on\": 1.0}")),
                     HUB_OK);
    expect(&world.peers[1], "{\"event\":\"client-a\",\"channel\":\"private-r\","
                            "\"data\":{\"on\": 1.0}}");
    expect_no_more(&world);
    assert_int_equal(hub_client_event(&world.hub, &world.peers[0].hub, STR("presence-r"),
                                      STR("client-a"), (pusher_str){NULL, 0}),
                     HUB_OK);
    expect(&world.peers[2], "{\"event\":\"client-a\",\"channel\":\"presence-r\","
                            "\"user_id\":\"7\"}");
    expect_no_more(&world);
    assert_int_equal(hub_client_event(&world.hub, &world.peers[2].hub, STR("private-r"),
                                      STR("client-a"), STR("1")),
                     HUB_NOT_SUBSCRIBED);
    expect_no_more(&world);
    close_world(&world);
}

static void cache(void **state)
{
    static const char event[] =
        "{\"event\":\"ev\",\"channel\":\"cache-r\",\"data\":\"2\"}";
    static const char miss[] =
        "{\"event\":\"pusher:cache_miss\",\"channel\":\"cache-r\"}";
    struct world world;
    (void)state;
    open_world(&world);
    assert_int_equal(subscribe(&world, 0, "cache-r"), HUB_OK);
    expect(&world.peers[0], SUCCEEDED("cache-r"));
    expect(&world.peers[0], miss);
    expect_no_more(&world);
    hub_leave(&world.hub, &world.peers[0].hub);

    /* The last event is kept, also with nobody there, for half an hour (CACHE-02). */
    assert_int_equal(publish(&world, "cache-r", "1", NULL, 1000), HUB_OK);
    assert_int_equal(publish(&world, "cache-r", "2", NULL, 2000), HUB_OK);
    expect_no_more(&world);
    assert_int_equal(hub_subscribe(&world.hub, &world.peers[1].hub, STR("cache-r"),
                                   &nobody, 2000 + CACHE_LIFE_MS - 1),
                     HUB_OK);
    expect(&world.peers[1], SUCCEEDED("cache-r"));
    expect(&world.peers[1], event);
    expect_no_more(&world);
    assert_int_equal(hub_subscribe(&world.hub, &world.peers[2].hub, STR("cache-r"),
                                   &nobody, 2000 + CACHE_LIFE_MS),
                     HUB_OK);
    expect(&world.peers[2], SUCCEEDED("cache-r"));
    expect(&world.peers[2], miss);
    expect_no_more(&world);
    close_world(&world);
}

static void cache_is_bounded(void **state)
{
    struct world world;
    char name[32];
    (void)state;
    open_world(&world);
    for (int i = 0; i <= CACHE_ENTRIES_MAX; i++) {
        snprintf(name, sizeof name, "cache-%d", i);
        assert_int_equal(publish(&world, name, "1", NULL, 0), HUB_OK);
    }
    assert_int_equal(map_size(&world.hub.cache.entries), CACHE_ENTRIES_MAX);
    assert_null(cache_find(&world.hub.cache, STR("cache-0"), 0));
    assert_non_null(cache_find(&world.hub.cache, STR("cache-1"), 0));
    close_world(&world);
}

/* Each step of a session, with the n-th allocation failing: nothing has changed then, and
 * the same step works afterwards. */
static enum hub_verdict step(struct world *world, int number)
{
    switch (number) {
    case 0:
        return subscribe(world, 0, "room");
    case 1:
        return enter(world, 1, "presence-cache-r", "7", "{\"n\":1}");
    case 2:
        return publish(world, "presence-cache-r", "x", NULL, 0);
    case 3:
        return enter(world, 2, "presence-cache-r", "8", NULL);
    case 4:
        return publish(world, "room", "y", NULL, 0);
    case 5:
        return enter(world, 0, "presence-cache-r", "8", "{}");
    default:
        return hub_client_event(&world->hub, &world->peers[1].hub,
                                STR("presence-cache-r"), STR("client-a"), STR("1"));
    }
}

static void lack_of_memory(void **state)
{
    struct world world;
    (void)state;
    open_world(&world);
    for (int number = 0; number < 7; number++)
        for (long nth = 1;; nth++) {
            long live = world.memory.live;
            memory_fail(&world.memory, nth);
            enum hub_verdict verdict = step(&world, number);
            bool failed = world.memory.failed;
            memory_fail(&world.memory, 0);
            if (!failed) {
                assert_int_equal(verdict, HUB_OK);
                for (int i = 0; i < PEERS; i++)
                    clear_inbox(&world.peers[i]);
                break;
            }
            assert_int_equal(verdict, HUB_NO_MEMORY);
            expect_no_more(&world);
            assert_int_equal(world.memory.live, live);
        }
    /* Leaving cannot fail; at worst the others are not told. */
    memory_fail(&world.memory, 1);
    hub_leave(&world.hub, &world.peers[1].hub);
    memory_fail(&world.memory, 0);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_channel), cmocka_unit_test(presence),
        cmocka_unit_test(presence_limit), cmocka_unit_test(client_events),
        cmocka_unit_test(cache),          cmocka_unit_test(cache_is_bounded),
        cmocka_unit_test(lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
