/*
 * The hub's users: who is told of whom, and that nothing is half done when memory runs
 * out.
 */
#include <stdio.h>

#include "base/str.h"
#include "world.h"

#define SIGNED_IN(id)                                                                    \
    "{\"event\":\"pusher:signin_success\",\"data\":\"{\\\"user_data\\\":\\\"{"           \
    "\\\\\\\"id\\\\\\\":\\\\\\\"" id "\\\\\\\"}\\\"}\"}"
#define WATCHLIST(name, ids)                                                             \
    "{\"event\":\"pusher_internal:watchlist_events\",\"data\":\"{\\\"events\\\":["       \
    "{\\\"name\\\":\\\"" name "\\\",\\\"user_ids\\\":[" ids "]}]}\"}"
#define ID(id) "\\\"" id "\\\""

/* Signs in as `id`, watching those of `watched`, which has one letter each. */
static enum hub_verdict sign_in(struct world *world, int peer, const char *id,
                                const char *watched)
{
    struct profile profile = {.id = str_of(id), .info = STR("{\"n\":1}")};
    char data[64];
    snprintf(data, sizeof data, "{\"id\":\"%s\"}", id);
    for (; *watched; watched++)
        profile.watched[profile.watched_count++] = (pusher_str){watched, 1};
    return hub_sign_in(&world->hub, &world->peers[peer].hub, str_of(data), &profile);
}

static void coming_and_going(void **state)
{
    struct world world;
    struct peer *p = world.peers;
    (void)state;
    open_world(&world);
    /* Nobody whom it watches is there: nothing is said of them. */
    assert_int_equal(sign_in(&world, 0, "a", "bcbd"), HUB_OK);
    expect(&p[0], SIGNED_IN("a"));
    expect_no_more(&world);
    assert_int_equal(sign_in(&world, 0, "b", ""), HUB_ALREADY);
    expect_no_more(&world);

    /* The first connection of a user is told of, once to each watcher, the second is
     * not. */
    assert_int_equal(sign_in(&world, 1, "b", "axb"), HUB_OK);
    expect(&p[0], WATCHLIST("online", ID("b")));
    expect(&p[1], SIGNED_IN("b"));
    expect(&p[1], WATCHLIST("online", ID("a") "," ID("b")));
    assert_int_equal(sign_in(&world, 2, "b", ""), HUB_OK);
    expect(&p[2], SIGNED_IN("b"));
    expect_no_more(&world);

    /* So it is with the last. */
    hub_leave(&world.hub, &p[1].hub);
    expect_no_more(&world);
    hub_leave(&world.hub, &p[2].hub);
    expect(&p[0], WATCHLIST("offline", ID("b")));
    hub_leave(&world.hub, &p[2].hub);
    expect_no_more(&world);
    assert_int_equal(sign_in(&world, 1, "c", "a"), HUB_OK);
    expect(&p[0], WATCHLIST("online", ID("c")));
    expect(&p[1], SIGNED_IN("c"));
    expect(&p[1], WATCHLIST("online", ID("a")));
    hub_leave(&world.hub, &p[0].hub);
    expect(&p[1], WATCHLIST("offline", ID("a")));
    expect_no_more(&world);
    close_world(&world);
}

static void events_to_a_user(void **state)
{
    static const char event[] =
        "{\"event\":\"ev\",\"channel\":\"#server-to-user-b\",\"data\":\"x\"}";
    struct world world;
    struct peer *p = world.peers;
    (void)state;
    open_world(&world);
    sign_in(&world, 0, "a", "b");
    sign_in(&world, 1, "b", "");
    sign_in(&world, 2, "b", "");
    for (int i = 0; i < PEERS; i++)
        clear_inbox(&p[i]);
    /* To all connections of the user, subscribed or not yet. */
    assert_int_equal(subscribe(&world, 2, "#server-to-user-b"), HUB_OK);
    expect(&p[2], SUCCEEDED("#server-to-user-b"));
    assert_int_equal(publish(&world, "#server-to-user-b", "x", NULL, 0), HUB_OK);
    expect(&p[1], event);
    expect(&p[2], event);
    assert_int_equal(publish(&world, "#server-to-user-b", "x", "1.1", 0), HUB_OK);
    expect(&p[2], event);
    assert_int_equal(publish(&world, "#server-to-user-c", "x", NULL, 0), HUB_OK);
    expect_no_more(&world);

    hub_end_user(&world.hub, STR("b"));
    hub_end_user(&world.hub, STR("c"));
    assert_false(p[0].ended);
    assert_true(p[1].ended);
    assert_true(p[2].ended);
    close_world(&world);
}

static void channels_of_users(void **state)
{
    static const char *const wrong[] = {"", "#", "#server-to-user", "#server-to-user-",
                                        "server-to-user-a"};
    pusher_str id;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(people_channel(str_of(wrong[i]), &id));
    assert_false(people_channel((pusher_str){NULL, 0}, &id));
    assert_true(people_channel(STR("#server-to-user-a b"), &id));
    assert_true(str_equal(id, STR("a b")));
}

/* Each step, with the n-th allocation failing: nothing has changed then, and the same
 * step works afterwards. */
static enum hub_verdict step(struct world *world, int number)
{
    switch (number) {
    case 0:
        return sign_in(world, 0, "a", "bca");
    case 1:
        return sign_in(world, 1, "b", "abxyb");
    case 2:
        return publish(world, "#server-to-user-b", "x", NULL, 0);
    default:
        return sign_in(world, 2, "b", "a");
    }
}

static void lack_of_memory(void **state)
{
    struct world world;
    (void)state;
    open_world(&world);
    for (int number = 0; number < 4; number++)
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
    for (int i = 1; i < PEERS; i++) {
        memory_fail(&world.memory, 1);
        hub_leave(&world.hub, &world.peers[i].hub);
        memory_fail(&world.memory, 0);
    }
    expect_no_more(&world);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coming_and_going),
        cmocka_unit_test(events_to_a_user),
        cmocka_unit_test(channels_of_users),
        cmocka_unit_test(lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
