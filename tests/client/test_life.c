/*
 * The life of a client: options, connecting, reconnecting, freeing at any moment, and
 * running.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    rig_open(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static int freed;

static void count_free(void *userdata)
{
    (void)userdata;
    freed++;
}

static int try_options(void (*change)(pusher_options *options))
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.free_userdata = count_free;
    change(&options);
    pusher_client *client = NULL;
    freed = 0;
    int rc = pusher_client_new(&client, &options);
    assert_true((rc == 0) == (client != NULL));
    pusher_client_free(client);
    assert_int_equal(freed, rc == PUSHER_ERR_INVALID && options.struct_size < 64 ? 0 : 1);
    return rc;
}

#define OPTION(name, assignment)                                                         \
    static void name(pusher_options *o)                                                  \
    {                                                                                    \
        assignment;                                                                      \
    }

OPTION(nothing, (void)o)
OPTION(no_key, o->key = NULL)
OPTION(bad_key, o->key = "a/b")
OPTION(no_host, o->host = NULL)
OPTION(cluster, (o->host = NULL, o->cluster = "eu"))
OPTION(bad_cluster, (o->host = NULL, o->cluster = "eu/../x"))
OPTION(bad_host, o->host = "h\r\nX: y")
OPTION(ipv6, o->host = "::1")
OPTION(bad_path, o->path = "no-slash")
OPTION(bad_origin, o->origin = "x\r\ny")
OPTION(activity_low, o->activity_timeout_ms = 999)
OPTION(activity_high, o->activity_timeout_ms = 86400001)
OPTION(pong_zero, o->pong_timeout_ms = 0)
OPTION(spread_too_wide, o->reconnect_spread_ms = 3600001)
OPTION(backoff_crossed, (o->backoff_min_ms = 5000, o->backoff_max_ms = 4000))
OPTION(message_small, o->max_message_bytes = 1023)
OPTION(member_small, o->max_member_bytes = 63)
OPTION(size_small, o->struct_size = 8)

static void options_are_checked(void **state)
{
    (void)state;
    assert_int_equal(try_options(nothing), 0);
    assert_int_equal(try_options(cluster), 0);
    assert_int_equal(try_options(ipv6), 0);
    assert_int_equal(try_options(no_key), PUSHER_ERR_BAD_KEY);
    assert_int_equal(try_options(bad_key), PUSHER_ERR_BAD_KEY);
    assert_int_equal(try_options(no_host), PUSHER_ERR_BAD_HOST);
    assert_int_equal(try_options(bad_cluster), PUSHER_ERR_BAD_HOST);
    assert_int_equal(try_options(bad_host), PUSHER_ERR_BAD_HOST);
    assert_int_equal(try_options(bad_path), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(bad_origin), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(activity_low), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(activity_high), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(pong_zero), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(backoff_crossed), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(spread_too_wide), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(message_small), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(member_small), PUSHER_ERR_INVALID);
    assert_int_equal(try_options(size_small), PUSHER_ERR_INVALID);
}

static void a_newer_struct_is_refused(void **state)
{
    (void)state;
    char room[sizeof(pusher_options) + 8];
    pusher_options *options = (pusher_options *)(void *)room;
    pusher_options_init_sized(options, sizeof room);
    options->key = "k";
    options->host = "h";
    pusher_client *client = NULL;
    assert_int_equal(pusher_client_new(&client, options), PUSHER_ERR_INVALID);
}

/* URL-01, CFG-02, CFG-03 */
static void what_is_dialled(void **state)
{
    (void)state;
    struct rig rig;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "key";
    options.cluster = "eu";
    options.path = "/x";
    rig_open_with(&rig, &options);
    pusher_client_connect(rig.client);
    assert_int_equal(fake_dials(rig.loop), 0); /* nothing happens inside the call */
    fake_settle(rig.loop);
    assert_int_equal(fake_dials(rig.loop), 1);
    assert_true(fake_ws_tls(fake_ws(rig.loop)));
    assert_string_equal(fake_ws_host_header(fake_ws(rig.loop)), "ws-eu.pusher.com");
    assert_string_equal(fake_ws_request(fake_ws(rig.loop)),
                        "/x/app/key?protocol=7&client=libpusher&version=" PUSHER_VERSION);
    rig_close(&rig);
}

static void connects_and_loses_and_returns(void **state)
{
    struct rig *rig = *state;
    rig_connect(rig);
    rig_bind(rig, rig->room, "pusher:subscription_succeeded", "subscribed");
    assert_string_equal(pusher_client_socket_id(rig->client).ptr, "1.2");
    assert_int_equal(pusher_channel_state(rig->room), PUSHER_SUBSCRIPTION_SUBSCRIBED);
    fake_end(rig->loop, WS_STAGE_OPEN, -1, "");
    rig_expect(rig, "connecting"); /* CONN-06 C: at once */
    assert_int_equal(rig->problems, 1);
    assert_int_equal(rig->last_problem, PUSHER_PROBLEM_CLOSED);
    assert_true(rig->last_will_retry);
    assert_int_equal(pusher_client_socket_id(rig->client).len, 0); /* CONN-10 C */
    assert_int_equal(pusher_channel_state(rig->room), PUSHER_SUBSCRIPTION_WANTED);
    fake_advance(rig->loop, 9500);
    assert_int_equal(fake_dials(rig->loop), 2); /* RETRY-06: reconnect_spread_ms */
    fake_open(rig->loop);
    rig_greet(rig);
    rig_expect(rig, "connected");
    assert_non_null(fake_sent(rig->loop)); /* SUB-08: subscribed again */
    fake_text(rig->loop, "{\"event\":\"pusher_internal:subscription_succeeded\","
                         "\"channel\":\"room\"}");
    rig_expect(rig, "subscribed");
}

/* CLOSE-03: stops, says so, and connect() starts anew. */
static void refused_for_good(void **state)
{
    struct rig *rig = *state;
    rig_connect(rig);
    fake_end(rig->loop, WS_STAGE_OPEN, 4001, "no such app");
    rig_expect(rig, "disconnected");
    assert_false(rig->last_will_retry);
    fake_advance(rig->loop, 3600 * 1000);
    assert_int_equal(fake_dials(rig->loop), 1);
    pusher_client_connect(rig->client);
    fake_settle(rig->loop);
    assert_int_equal(fake_dials(rig->loop), 2);
    rig_expect(rig, "connecting");
}

/* CONN-05 */
static void unavailable_while_it_goes_on(void **state)
{
    struct rig *rig = *state;
    pusher_client_connect(rig->client);
    fake_settle(rig->loop);
    for (int i = 0;
         i < 60 && pusher_client_state(rig->client) != PUSHER_STATE_UNAVAILABLE; i++) {
        if (fake_ws(rig->loop))
            fake_end(rig->loop, WS_STAGE_CONNECT, -1, "refused");
        fake_advance(rig->loop, 200);
    }
    rig_expect(rig, "connecting unavailable");
    unsigned before = fake_dials(rig->loop);
    for (int i = 0; i < 600; i++) {
        if (fake_ws(rig->loop))
            fake_end(rig->loop, WS_STAGE_CONNECT, -1, "refused");
        fake_advance(rig->loop, 200);
    }
    assert_true(fake_dials(rig->loop) > before + 2);
    rig_expect(rig, "");
    while (!fake_ws(rig->loop))
        fake_advance(rig->loop, 200);
    fake_open(rig->loop);
    rig_greet(rig);
    rig_expect(rig, "connected"); /* CONN-04 */
}

/* PING-02, PING-04 */
static void silence_is_probed_and_ended(void **state)
{
    struct rig *rig = *state;
    rig_connect(rig);
    fake_advance(rig->loop, 119999);
    assert_null(fake_sent(rig->loop));
    fake_text(rig->loop, "{\"event\":\"x\"}"); /* PING-01: counts as life */
    fake_advance(rig->loop, 119999);
    assert_null(fake_sent(rig->loop));
    fake_advance(rig->loop, 1);
    assert_string_equal(fake_sent(rig->loop), "{\"event\":\"pusher:ping\",\"data\":{}}");
    fake_advance(rig->loop, 29999);
    rig_expect(rig, "");
    fake_advance(rig->loop, 1);
    rig_expect(rig, "connecting");
    assert_int_equal(rig->last_problem, PUSHER_PROBLEM_PONG_TIMEOUT);
    assert_true(fake_live(rig->loop) <= 1);
}

static void dial_fails_for_memory(void **state)
{
    struct rig *rig = *state;
    fake_fail(rig->loop, PUSHER_ERR_NOMEM);
    pusher_client_connect(rig->client);
    fake_advance(rig->loop, 60000);
    assert_true(rig->problems > 2);
    fake_fail(rig->loop, 0);
    for (int i = 0; i < 300 && !fake_live(rig->loop); i++)
        fake_advance(rig->loop, 100); /* at most one full delay */
    assert_int_equal(fake_live(rig->loop), 1);
}

/* CONN-07: before anything, twice, in every stage. */
static void disconnect_in_every_stage(void **state)
{
    struct rig *rig = *state;
    pusher_client_disconnect(rig->client);
    pusher_client_disconnect(rig->client);
    fake_settle(rig->loop);
    rig_expect(rig, "disconnected");
    for (int stage = 0; stage < 3; stage++) {
        pusher_client_connect(rig->client);
        fake_settle(rig->loop);
        if (stage > 0)
            fake_open(rig->loop);
        if (stage > 1)
            rig_greet(rig);
        pusher_client_disconnect(rig->client);
        fake_settle(rig->loop);
        assert_int_equal(fake_live(rig->loop), 0);
        rig_expect(rig, stage > 1 ? "connecting connected disconnected"
                                  : "connecting disconnected");
    }
    fake_advance(rig->loop, 3600 * 1000);
    assert_int_equal(fake_dials(rig->loop), 3);
    assert_int_equal(rig->problems, 0);
}

static void free_in_every_stage(void **state)
{
    (void)state;
    for (int stage = 0; stage < 5; stage++) {
        struct rig rig;
        rig_open(&rig);
        if (stage > 0)
            pusher_client_connect(rig.client);
        if (stage > 1)
            fake_settle(rig.loop);
        if (stage > 2)
            fake_open(rig.loop);
        if (stage > 3)
            rig_greet(&rig);
        pusher_client_free(rig.client);
        assert_int_equal(fake_live(rig.loop), 0);
        pusher_loop_free(rig.loop);
    }
}

/* Freeing the loop frees its clients first. */
static void loop_frees_clients(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_connect(&rig);
    pusher_loop_free(rig.loop);
}

static void free_on_connected(pusher_client *client, pusher_state previous,
                              pusher_state current, void *userdata)
{
    (void)previous;
    (void)userdata;
    if (current == PUSHER_STATE_CONNECTING)
        pusher_client_free(client);
}

/* pusher_client_run with a private loop, whose client is freed by a callback. */
static void run_ends_with_the_client(void **state)
{
    (void)state;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.on_state = free_on_connected;
    options.free_userdata = count_free;
    freed = 0;
    pusher_client *client = NULL;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    assert_int_equal(pusher_client_run(client), 0);
    assert_int_equal(freed, 1);
}

static void disconnect_on_connecting(pusher_client *client, pusher_state previous,
                                     pusher_state current, void *userdata)
{
    (void)previous;
    (void)userdata;
    assert_int_equal(pusher_client_run(client), PUSHER_ERR_REENTRANT);
    if (current == PUSHER_STATE_CONNECTING)
        pusher_client_disconnect(client);
}

static void run_ends_when_disconnected(void **state)
{
    (void)state;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.on_state = disconnect_on_connecting;
    pusher_client *client = NULL;
    assert_int_equal(pusher_client_new(&client, &options), 0);
    assert_int_equal(pusher_client_run(client), 0);
    assert_int_equal(pusher_client_state(client), PUSHER_STATE_DISCONNECTED);
    pusher_client_free(client);
}

static void bad_arguments(void **state)
{
    struct rig *rig = *state;
    pusher_channel *channel = NULL;
    assert_int_equal(pusher_client_subscribe(NULL, "a", &channel), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_subscribe(rig->client, NULL, &channel),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_subscribe(rig->client, "", &channel),
                     PUSHER_ERR_BAD_CHANNEL);
    assert_int_equal(pusher_client_subscribe(rig->client, "a b", &channel),
                     PUSHER_ERR_BAD_CHANNEL);
    assert_int_equal(pusher_client_subscribe(rig->client, "#x", &channel),
                     PUSHER_ERR_BAD_CHANNEL);
    assert_int_equal(pusher_client_subscribe(rig->client, "private-a", &channel),
                     PUSHER_ERR_UNSUPPORTED);
    assert_null(channel);
    assert_int_equal(pusher_channel_unsubscribe(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_connect(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_disconnect(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_run(NULL), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_client_unbind(NULL, 1), PUSHER_ERR_INVALID);
    pusher_client_free(NULL);
}

/* CHAN-02 */
static void one_object_a_name(void **state)
{
    struct rig *rig = *state;
    pusher_channel *a = NULL, *b = NULL;
    assert_int_equal(pusher_client_subscribe(rig->client, "a", &a), 0);
    assert_int_equal(pusher_client_subscribe(rig->client, "a", &b), 0);
    assert_ptr_equal(a, b);
    assert_ptr_equal(pusher_client_channel(rig->client, "a"), a);
    assert_null(pusher_client_channel(rig->client, "b"));
    assert_string_equal(pusher_channel_name(a).ptr, "a");
    assert_ptr_equal(pusher_channel_client(a), rig->client);
}

/* SUB-05: sub,unsub,sub while the answer is pending: one subscribe, ends subscribed. */
static void taken_back_while_pending(void **state)
{
    struct rig *rig = *state;
    pusher_client_connect(rig->client);
    fake_settle(rig->loop);
    fake_open(rig->loop);
    rig_greet(rig);
    pusher_channel *channel = NULL;
    pusher_client_subscribe(rig->client, "room", &channel);
    fake_settle(rig->loop);
    assert_non_null(fake_sent(rig->loop));
    pusher_channel_unsubscribe(channel);
    fake_settle(rig->loop);
    pusher_client_subscribe(rig->client, "room", &channel);
    fake_settle(rig->loop);
    rig_expect(rig, "connecting connected");
    rig_bind(rig, channel, "pusher:subscription_succeeded", "subscribed");
    fake_text(rig->loop, "{\"event\":\"pusher_internal:subscription_succeeded\","
                         "\"channel\":\"room\"}");
    rig_expect(rig, "subscribed");
    assert_null(fake_sent(rig->loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(a_newer_struct_is_refused),
        cmocka_unit_test(what_is_dialled),
        cmocka_unit_test_setup_teardown(connects_and_loses_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_for_good, setup, teardown),
        cmocka_unit_test_setup_teardown(unavailable_while_it_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_is_probed_and_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(dial_fails_for_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(disconnect_in_every_stage, setup, teardown),
        cmocka_unit_test(free_in_every_stage),
        cmocka_unit_test(loop_frees_clients),
        cmocka_unit_test(run_ends_with_the_client),
        cmocka_unit_test(run_ends_when_disconnected),
        cmocka_unit_test_setup_teardown(bad_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(one_object_a_name, setup, teardown),
        cmocka_unit_test_setup_teardown(taken_back_while_pending, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
