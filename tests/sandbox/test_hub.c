/*
 * The hub: who gets which message, in which order, and that nothing is half done when
 * memory runs out.
 */
#include <stdio.h>

#include "base/str.h"
#include "sandbox/roster.h"
#include "world.h"

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
        world_peer(&world, &crowd[i]);
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
    uint64_t expires_ms;
    assert_int_equal(map_size(&world.hub.cache.entries), CACHE_ENTRIES_MAX);
    assert_null(cache_find(&world.hub.cache, STR("cache-0"), 0, &expires_ms));
    assert_non_null(cache_find(&world.hub.cache, STR("cache-1"), 0, &expires_ms));
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
