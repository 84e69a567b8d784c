/*
 * Subscription counts (SUB-14): who is told, and when.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "world.h"

enum { CROWD = 100, INTERVAL_MS = 5000 };

#define COUNT(channel, count)                                                            \
    "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"" channel           \
    "\",\"data\":\"{\\\"subscription_count\\\":" count "}\"}"

static void on_change(void *userdata)
{
    ++*(int *)userdata;
}

static void open_counting(struct world *world, int *changes)
{
    *changes = 0;
    open_world(world);
    hub_counts_init(&world->hub, on_change, changes);
}

static void small_channel(void **state)
{
    struct world world;
    struct peer *p = world.peers;
    int changes;
    (void)state;
    open_counting(&world, &changes);
    subscribe(&world, 0, "room");
    assert_int_equal(changes, 1);
    expect(&p[0], SUCCEEDED("room"));
    expect_no_more(&world);
    assert_int_equal(hub_send_counts(&world.hub, 1), UINT64_MAX);
    expect(&p[0], COUNT("room", "1"));
    assert_int_equal(hub_send_counts(&world.hub, 1), UINT64_MAX);
    expect_no_more(&world);

    /* Two at once are one change. */
    subscribe(&world, 1, "room");
    subscribe(&world, 2, "room");
    clear_inbox(&p[1]);
    clear_inbox(&p[2]);
    hub_send_counts(&world.hub, 1);
    for (int i = 0; i < PEERS; i++)
        expect(&p[i], COUNT("room", "3"));
    hub_unsubscribe(&world.hub, &p[1].hub, STR("room"));
    hub_leave(&world.hub, &p[2].hub);
    hub_send_counts(&world.hub, 1);
    expect(&p[0], COUNT("room", "1"));
    expect_no_more(&world);
    /* Nobody is left to be told. */
    hub_leave(&world.hub, &p[0].hub);
    assert_int_equal(hub_send_counts(&world.hub, 1), UINT64_MAX);
    expect_no_more(&world);
    close_world(&world);
}

static void not_counted(void **state)
{
    struct world world;
    int changes;
    (void)state;
    open_counting(&world, &changes);
    enter(&world, 0, "presence-r", "1", NULL);
    enter(&world, 0, "presence-cache-r", "1", NULL);
    subscribe(&world, 0, "#server-to-user-1");
    hub_counts_init(&world.hub, NULL, NULL);
    subscribe(&world, 0, "room");
    assert_int_equal(changes, 0);
    clear_inbox(&world.peers[0]);
    assert_int_equal(hub_send_counts(&world.hub, 1), UINT64_MAX);
    expect_no_more(&world);
    close_world(&world);
}

static void all_other_kinds(void **state)
{
    static const char *const names[] = {"cache-r", "private-r", "private-cache-r",
                                        "private-encrypted-r"};
    struct world world;
    int changes;
    (void)state;
    open_counting(&world, &changes);
    for (int i = 0; i < 4; i++)
        subscribe(&world, 0, names[i]);
    assert_int_equal(changes, 4);
    clear_inbox(&world.peers[0]);
    hub_send_counts(&world.hub, 1);
    assert_int_equal(world.peers[0].count, 4);
    clear_inbox(&world.peers[0]);
    close_world(&world);
}

/* More than a hundred are told every five seconds at most. */
static void crowd(void **state)
{
    struct world world;
    struct peer *many = calloc(CROWD, sizeof *many);
    int changes;
    (void)state;
    assert_non_null(many);
    open_counting(&world, &changes);
    for (int i = 0; i < CROWD; i++) {
        world_peer(&world, &many[i]);
        hub_subscribe(&world.hub, &many[i].hub, STR("room"), &nobody, 0);
        clear_inbox(&many[i]);
    }
    assert_int_equal(hub_send_counts(&world.hub, 1000), UINT64_MAX);
    for (int i = 0; i < CROWD; i++) {
        expect(&many[i], COUNT("room", "100"));
        clear_inbox(&many[i]);
    }
    subscribe(&world, 0, "room");
    clear_inbox(&world.peers[0]);
    assert_int_equal(hub_send_counts(&world.hub, 1001), 1000 + INTERVAL_MS);
    /* Others are told at once meanwhile. */
    subscribe(&world, 1, "other");
    clear_inbox(&world.peers[1]);
    assert_int_equal(hub_send_counts(&world.hub, 2000), 1000 + INTERVAL_MS);
    expect(&world.peers[1], COUNT("other", "1"));
    expect_no_more(&world);
    assert_int_equal(hub_send_counts(&world.hub, 1000 + INTERVAL_MS), UINT64_MAX);
    expect(&world.peers[0], COUNT("room", "101"));
    expect_no_more(&world);
    for (int i = 0; i < CROWD; i++) {
        hub_leave(&world.hub, &many[i].hub);
        clear_inbox(&many[i]);
    }
    hub_send_counts(&world.hub, 1000 + INTERVAL_MS);
    expect(&world.peers[0], COUNT("room", "1"));
    expect_no_more(&world);
    free(many);
    close_world(&world);
}

static void lack_of_memory(void **state)
{
    struct world world;
    int changes;
    bool failed = true;
    (void)state;
    open_counting(&world, &changes);
    for (long nth = 1; failed; nth++) {
        subscribe(&world, 0, "room");
        clear_inbox(&world.peers[0]);
        memory_fail(&world.memory, nth);
        assert_int_equal(hub_send_counts(&world.hub, 1), UINT64_MAX);
        failed = world.memory.failed;
        memory_fail(&world.memory, 0);
        assert_int_equal(world.peers[0].count, failed ? 0 : 1);
        clear_inbox(&world.peers[0]);
        hub_leave(&world.hub, &world.peers[0].hub);
    }
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_channel),   cmocka_unit_test(not_counted),
        cmocka_unit_test(all_other_kinds), cmocka_unit_test(crowd),
        cmocka_unit_test(lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
