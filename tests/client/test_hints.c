/*
 * What an application may ask about and tell of the network: pings, round trips, hints,
 * and the gaps it is told of.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    struct rig rig;
    int gaps;
    int64_t gap_ms;
    pusher_channel *channel;
    bool free_inside;
};

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    struct seen *seen = userdata;
    seen->gaps++;
    seen->gap_ms = gap->until_unix_ms - gap->from_unix_ms;
    seen->channel = gap->channel;
    assert_true(gap->until_unix_ms > INT64_C(1700000000000));
    rig_note(&seen->rig, "gap");
    if (seen->free_inside) {
        pusher_client_free(client);
        seen->rig.client = NULL;
    }
}

static int setup(void **state)
{
    struct seen *seen = calloc(1, sizeof *seen);
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.tls = false;
    options.on_gap = on_gap;
    rig_open_with(&seen->rig, &options);
    *state = seen;
    return 0;
}

static int teardown(void **state)
{
    struct seen *seen = *state;
    rig_close(&seen->rig);
    free(seen);
    return 0;
}

static const char ping[] = "{\"event\":\"pusher:ping\",\"data\":{}}";
static const char pong[] = "{\"event\":\"pusher:pong\",\"data\":\"{}\"}";

static void pings_and_round_trips(void **state)
{
    struct rig *rig = &((struct seen *)*state)->rig;
    uint32_t last = 7, smoothed = 7;
    assert_int_equal(pusher_client_ping(rig->client), PUSHER_ERR_STATE);
    rig_connect(rig);
    assert_int_equal(pusher_client_round_trip(rig->client, &last, &smoothed),
                     PUSHER_ERR_NOT_FOUND);
    assert_int_equal(last, 7); /* untouched on failure */
    assert_int_equal(pusher_client_ping(rig->client), 0);
    assert_int_equal(pusher_client_ping(rig->client), 0);
    fake_settle(rig->loop);
    assert_string_equal(fake_sent(rig->loop), ping);
    assert_null(fake_sent(rig->loop));
    fake_advance(rig->loop, 25);
    fake_text(rig->loop, pong);
    assert_int_equal(pusher_client_round_trip(rig->client, &last, &smoothed), 0);
    assert_int_equal(last, 25);
    assert_int_equal(smoothed, 25);
    assert_int_equal(pusher_client_round_trip(rig->client, NULL, NULL), 0);
}

static void network_changed(void **state)
{
    struct rig *rig = &((struct seen *)*state)->rig;
    assert_int_equal(pusher_client_network_changed(rig->client), 0);
    fake_settle(rig->loop);
    assert_int_equal(fake_dials(rig->loop), 0);
    rig_connect(rig);
    assert_int_equal(pusher_client_network_changed(rig->client), 0);
    fake_settle(rig->loop);
    assert_string_equal(fake_sent(rig->loop), ping);
    fake_advance(rig->loop, 5000);
    rig_expect(rig, "connecting");
    assert_int_equal(rig->last_problem, PUSHER_PROBLEM_PONG_TIMEOUT);
    assert_int_equal(fake_dials(rig->loop), 1);
    pusher_client_network_changed(rig->client);
    fake_settle(rig->loop);
    assert_int_equal(fake_dials(rig->loop), 2);
}

static void nothing_to_ask_of_no_client(void **state)
{
    uint32_t ms;
    (void)state;
    assert_int_equal(pusher_client_ping(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_network_changed(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_round_trip(NULL, &ms, &ms), PUSHER_ERR_INVALID);
}

static void confirm(struct rig *rig)
{
    fake_text(rig->loop, "{\"event\":\"pusher_internal:subscription_succeeded\","
                         "\"channel\":\"room\"}");
}

static void lose_and_return(struct rig *rig)
{
    fake_end(rig->loop, WS_STAGE_OPEN, -1, "");
    fake_advance(rig->loop, 9500);
    fake_open(rig->loop);
    rig_greet(rig);
    confirm(rig);
}

/* SUB-16: after the confirmation, with the time since the last message. */
static void gaps_are_told(void **state)
{
    struct seen *seen = *state;
    struct rig *rig = &seen->rig;
    rig_connect(rig);
    rig_bind(rig, rig->room, "pusher:subscription_succeeded", "subscribed");
    assert_int_equal(seen->gaps, 0);
    fake_advance(rig->loop, 3000);
    lose_and_return(rig);
    rig_expect(rig, "connecting connected subscribed gap");
    assert_int_equal(seen->gaps, 1);
    assert_int_equal(seen->gap_ms, 12500);
    assert_ptr_equal(seen->channel, rig->room);
}

static void unsubscribe_room(struct rig *rig)
{
    assert_int_equal(pusher_channel_unsubscribe(rig->room), 0);
}

/* Whoever leaves when told of the subscription is not told of its gap. */
static void no_gap_of_a_channel_that_is_gone(void **state)
{
    struct seen *seen = *state;
    struct rig *rig = &seen->rig;
    rig_connect(rig);
    rig_bind_then(rig, rig->room, "pusher:subscription_succeeded", "subscribed",
                  unsubscribe_room);
    lose_and_return(rig);
    rig_expect(rig, "connecting connected subscribed");
    assert_int_equal(seen->gaps, 0);
}

static void freed_in_the_callback(void **state)
{
    struct seen *seen = *state;
    seen->free_inside = true;
    rig_connect(&seen->rig);
    lose_and_return(&seen->rig);
    assert_int_equal(seen->gaps, 1);
    assert_int_equal(fake_live(seen->rig.loop), 0);
}

/* An attempt that waits for its turn has all of connect_timeout_ms from then on. */
static void waiting_for_a_turn(void **state)
{
    struct rig *rig = &((struct seen *)*state)->rig;
    fake_make_wait(rig->loop, true);
    assert_int_equal(pusher_client_connect(rig->client), 0);
    fake_advance(rig->loop, 3600000);
    rig_expect(rig, "connecting unavailable");
    /* A hint does not cost it its place. */
    assert_int_equal(pusher_client_network_changed(rig->client), 0);
    fake_advance(rig->loop, 100);
    assert_int_equal(fake_dials(rig->loop), 1);
    fake_turn(rig->loop);
    fake_advance(rig->loop, 14999);
    assert_int_equal(rig->problems, 0);
    assert_non_null(fake_ws(rig->loop));
    fake_advance(rig->loop, 1);
    assert_int_equal(rig->problems, 1);
    assert_int_equal(rig->last_problem, PUSHER_PROBLEM_CONNECT);
    assert_null(fake_ws(rig->loop));
}

/* And so has one that the application asked for long before it ran the loop. */
static void the_loop_is_run_late(void **state)
{
    struct rig *rig = &((struct seen *)*state)->rig;
    assert_int_equal(pusher_client_connect(rig->client), 0);
    fake_stall(rig->loop, 3600000);
    fake_settle(rig->loop);
    rig_expect(rig, "connecting unavailable");
    assert_int_equal(fake_dials(rig->loop), 1);
    fake_advance(rig->loop, 14999);
    assert_int_equal(rig->problems, 0);
    fake_advance(rig->loop, 1);
    assert_int_equal(rig->problems, 1);
    assert_int_equal(rig->last_problem, PUSHER_PROBLEM_CONNECT);
}

static void disconnecting_while_it_waits(void **state)
{
    struct rig *rig = &((struct seen *)*state)->rig;
    fake_make_wait(rig->loop, true);
    assert_int_equal(pusher_client_connect(rig->client), 0);
    fake_settle(rig->loop);
    assert_int_equal(pusher_client_disconnect(rig->client), 0);
    fake_advance(rig->loop, 100000);
    assert_int_equal(fake_live(rig->loop), 0);
    rig_expect(rig, "connecting disconnected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pings_and_round_trips, setup, teardown),
        cmocka_unit_test_setup_teardown(network_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_for_a_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(the_loop_is_run_late, setup, teardown),
        cmocka_unit_test_setup_teardown(disconnecting_while_it_waits, setup, teardown),
        cmocka_unit_test(nothing_to_ask_of_no_client),
        cmocka_unit_test_setup_teardown(gaps_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(no_gap_of_a_channel_that_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(freed_in_the_callback, setup, teardown),
    };
    return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
