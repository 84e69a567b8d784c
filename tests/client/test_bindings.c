/*
 * Bindings: order, snapshot, removal, identifiers, and what an event looks like (BIND-*).
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#define ORDER "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"{\\\"id\\\":7}\"}"

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    rig_open(rig);
    rig_connect(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

/* BIND-02, BIND-08 */
static void order_of_delivery(void **state)
{
    struct rig *rig = *state;
    rig_bind(rig, NULL, "order", "client-named");
    rig_bind(rig, NULL, NULL, "client-every");
    rig_bind(rig, rig->room, "order", "named1");
    rig_bind(rig, rig->room, "order", "named2");
    rig_bind(rig, rig->room, NULL, "every");
    rig_bind(rig, rig->room, "orde", "other");
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "every named1 named2 client-every client-named");
}

/* BIND-01: the same callback twice is called twice; each id removes its own. */
static void duplicates_and_unbind(void **state)
{
    struct rig *rig = *state;
    pusher_id a = noter_id(rig_bind(rig, rig->room, "order", "a"));
    pusher_id b = noter_id(rig_bind(rig, rig->room, "order", "b"));
    assert_int_not_equal(a, b);
    assert_int_equal(pusher_client_unbind(rig->client, a), 0);
    assert_int_equal(pusher_client_unbind(rig->client, a), PUSHER_ERR_NOT_FOUND);
    pusher_id c = noter_id(rig_bind(rig, rig->room, "order", "c"));
    assert_int_not_equal(a, c); /* ids are never used again */
    assert_int_equal(pusher_client_unbind(rig->client, a), PUSHER_ERR_NOT_FOUND);
    assert_int_equal(pusher_client_unbind(rig->client, 0), PUSHER_ERR_NOT_FOUND);
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "b c");
}

static void bind_more(struct rig *rig)
{
    rig_bind(rig, rig->room, "order", "late");
    rig_bind(rig, NULL, NULL, "late-client");
}

/* BIND-05 C: a binding made during an event does not see that event. */
static void bound_during_event(void **state)
{
    struct rig *rig = *state;
    struct noter *first = rig_bind_then(rig, rig->room, "order", "first", bind_more);
    pusher_id id = noter_id(first);
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "first");
    pusher_client_unbind(rig->client, id);
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "late late-client");
}

static void unbind_it(struct rig *rig)
{
    assert_int_equal(pusher_client_unbind(rig->client, rig->id), 0);
}

/* BIND-05 C: one removed during an event is not called any more. */
static void unbound_during_event(void **state)
{
    struct rig *rig = *state;
    rig_bind_then(rig, rig->room, "order", "first", unbind_it);
    rig->id = noter_id(rig_bind(rig, rig->room, "order", "second"));
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "first");
}

static void unbind_self(void **state)
{
    struct rig *rig = *state;
    rig->id = noter_id(rig_bind_then(rig, rig->room, "order", "self", unbind_it));
    rig_bind(rig, rig->room, "order", "next");
    fake_text(rig->loop, ORDER);
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "self next next");
}

static void unsubscribe_room(struct rig *rig)
{
    assert_int_equal(pusher_channel_unsubscribe(rig->room), 0);
}

/* SUB-15 C: not even the rest of the event that is being delivered. */
static void unsubscribed_during_event(void **state)
{
    struct rig *rig = *state;
    rig_bind_then(rig, rig->room, NULL, "every", unsubscribe_room);
    rig_bind(rig, rig->room, "order", "named");
    rig_bind(rig, NULL, NULL, "client");
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "every");
    assert_null(pusher_client_channel(rig->client, "room"));
    assert_string_equal(
        fake_sent(rig->loop),
        "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"room\"}}");
}

static void free_client(struct rig *rig)
{
    pusher_client_free(rig->client);
    rig->client = NULL;
}

static void freed_during_event(void **state)
{
    struct rig *rig = *state;
    rig_bind_then(rig, rig->room, "order", "first", free_client);
    rig_bind(rig, rig->room, "order", "second");
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "first");
    assert_int_equal(fake_live(rig->loop), 0);
}

static void disconnect_it(struct rig *rig)
{
    assert_int_equal(pusher_client_disconnect(rig->client), 0);
}

static void disconnected_during_event(void **state)
{
    struct rig *rig = *state;
    rig_bind_then(rig, rig->room, "order", "first", disconnect_it);
    fake_text(rig->loop, ORDER);
    rig_expect(rig, "first disconnected");
    assert_int_equal(fake_live(rig->loop), 0);
    assert_int_equal(pusher_client_socket_id(rig->client).len, 0);
}

struct seen {
    int calls;
    pusher_event event;
    char data[64], user_id[16], channel[16];
    int json_id;
};

static void look(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    struct seen *seen = userdata;
    seen->calls++;
    seen->event = *event;
    if (event->data.ptr)
        strncpy(seen->data, event->data.ptr, sizeof seen->data - 1);
    if (event->user_id.ptr)
        strncpy(seen->user_id, event->user_id.ptr, sizeof seen->user_id - 1);
    if (event->channel_name.ptr)
        strncpy(seen->channel, event->channel_name.ptr, sizeof seen->channel - 1);
    struct json_object *json = pusher_event_json(event);
    assert_ptr_equal(json, pusher_event_json(event)); /* cached */
    seen->json_id = json_object_get_int(json_object_object_get(json, "id"));
}

/* MSG-02, MSG-03 */
static void what_an_event_holds(void **state)
{
    struct rig *rig = *state;
    struct seen seen = {0};
    assert_int_equal(pusher_client_bind(rig->client, NULL, look, &seen, NULL, NULL), 0);
    fake_text(rig->loop, ORDER);
    assert_string_equal(seen.data, "{\"id\":7}");
    assert_int_equal(seen.event.data_kind, PUSHER_DATA_TEXT);
    assert_int_equal(seen.json_id, 7);
    assert_string_equal(seen.channel, "room");
    assert_ptr_equal(seen.event.channel, rig->room);
    assert_null(seen.event.user_id.ptr);

    fake_text(rig->loop, "{\"event\":\"client-x\",\"channel\":\"elsewhere\","
                         "\"user_id\":\"2\",\"data\":{\"id\":8}}");
    assert_string_equal(seen.data, "{\"id\":8}");
    assert_int_equal(seen.event.data_kind, PUSHER_DATA_JSON);
    assert_int_equal(seen.json_id, 8);
    assert_string_equal(seen.channel, "elsewhere");
    assert_null(seen.event.channel); /* not one of ours (MSG-07) */
    assert_string_equal(seen.user_id, "2");

    fake_text(rig->loop, "{\"event\":\"bare\"}");
    assert_int_equal(seen.event.data_kind, PUSHER_DATA_ABSENT);
    assert_null(seen.event.data.ptr);
    assert_null(seen.event.channel_name.ptr);
    assert_int_equal(seen.calls, 3);
}

/* MSG-07: the library's own events stay with the channel; unknown internal ones vanish.
 */
static void lifecycle_events_stay_with_the_channel(void **state)
{
    struct rig *rig = *state;
    rig_bind(rig, NULL, NULL, "client");
    rig_bind(rig, rig->room, "pusher:subscription_count", "count");
    rig_bind(rig, rig->room, NULL, "every");
    fake_text(rig->loop, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":"
                         "\"room\",\"data\":\"{\\\"subscription_count\\\":3}\"}");
    rig_expect(rig, "every count");
    fake_text(rig->loop,
              "{\"event\":\"pusher_internal:unheard_of\",\"channel\":\"room\"}");
    rig_expect(rig, "");
    fake_text(rig->loop, "{\"event\":\"pusher:cache_miss\",\"channel\":\"room\"}");
    rig_expect(rig, "every client");
}

static int freed;

static void count_free(void *userdata)
{
    (void)userdata;
    freed++;
}

static void never(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)event;
    (void)userdata;
    fail();
}

/* Userdata is freed exactly once, also when binding fails. */
static void userdata_is_freed_once(void **state)
{
    struct rig *rig = *state;
    char long_name[202];
    memset(long_name, 'x', 201);
    long_name[201] = '\0';
    freed = 0;
    assert_int_equal(pusher_channel_bind(NULL, "e", never, rig, count_free, NULL),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_channel_bind(rig->room, "e", NULL, rig, count_free, NULL),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_channel_bind(rig->room, "", never, rig, count_free, NULL),
                     PUSHER_ERR_INVALID);
    assert_int_equal(
        pusher_channel_bind(rig->room, long_name, never, rig, count_free, NULL),
        PUSHER_ERR_INVALID);
    assert_int_equal(freed, 4);
    pusher_id id = 0;
    assert_int_equal(pusher_channel_bind(rig->room, "e", never, rig, count_free, &id), 0);
    assert_int_equal(pusher_client_unbind(rig->client, id), 0);
    assert_int_equal(freed, 5);
    assert_int_equal(pusher_channel_bind(rig->room, "e", never, rig, count_free, NULL),
                     0);
    assert_int_equal(pusher_channel_unsubscribe(rig->room), 0);
    assert_int_equal(freed, 6);
    assert_int_equal(pusher_client_bind(rig->client, "e", never, rig, count_free, NULL),
                     0);
    pusher_client_free(rig->client);
    rig->client = NULL;
    assert_int_equal(freed, 7);
}

static void tally(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)event;
    ++*(int *)userdata;
}

static void other_tally(pusher_client *client, const pusher_event *event, void *userdata)
{
    tally(client, event, userdata);
}

static void say_order(struct rig *rig)
{
    fake_text(rig->loop, "{\"event\":\"order\",\"channel\":\"room\"}");
}

static void count_both(void *userdata)
{
    ++*(int *)userdata;
}

static void once(void **state)
{
    struct rig *rig = *state;
    int count = 0, both = 0;
    pusher_id id = 0;
    assert_int_equal(
        pusher_channel_bind_once(rig->room, "order", tally, &count, NULL, &id), 0);
    assert_int_equal(
        pusher_client_bind_once(rig->client, NULL, tally, &count, NULL, NULL), 0);
    assert_int_equal(
        pusher_channel_bind_once(rig->room, "other", tally, &both, count_both, NULL), 0);
    say_order(rig), say_order(rig);
    assert_int_equal(count, 2);
    assert_int_equal(pusher_client_unbind(rig->client, id), PUSHER_ERR_NOT_FOUND);
    assert_int_equal(both, 0);
    fake_text(rig->loop, "{\"event\":\"other\",\"channel\":\"room\"}");
    assert_int_equal(both, 2); /* called, then freed, once each */
}

/* BIND-04: what is given must match, what is not matches any. */
static void unbound_by_what_was_bound(void **state)
{
    struct rig *rig = *state;
    int a = 0, b = 0;
    pusher_channel_bind(rig->room, "order", tally, &a, NULL, NULL);
    pusher_channel_bind(rig->room, "order", other_tally, &a, NULL, NULL);
    pusher_channel_bind(rig->room, "order", tally, &b, NULL, NULL);
    pusher_channel_bind(rig->room, "other", tally, &a, NULL, NULL);
    pusher_channel_bind(rig->room, NULL, tally, &b, NULL, NULL);
    pusher_client_bind(rig->client, "order", tally, &b, NULL, NULL);
    assert_int_equal(pusher_channel_unbind_event(rig->room, "none", NULL, NULL), 0);
    assert_int_equal(pusher_channel_unbind_event(rig->room, "order", tally, &a), 1);
    assert_int_equal(pusher_channel_unbind_event(rig->room, "order", tally, &a), 0);
    say_order(rig);
    assert_int_equal(a, 1); /* other_tally */
    assert_int_equal(b, 3);
    assert_int_equal(pusher_channel_unbind_event(rig->room, NULL, NULL, &a), 2);
    assert_int_equal(pusher_channel_unbind_global(rig->room, other_tally, NULL), 0);
    assert_int_equal(pusher_channel_unbind_global(rig->room, NULL, NULL), 1);
    say_order(rig);
    assert_int_equal(b, 5);
    assert_int_equal(pusher_client_unbind_event(rig->client, "order", NULL, &a), 0);
    assert_int_equal(pusher_client_unbind_global(rig->client, NULL, NULL), 0);
    assert_int_equal(pusher_client_unbind_event(rig->client, NULL, NULL, NULL), 1);
    assert_int_equal(pusher_channel_unbind_all(rig->room), 1);
    say_order(rig);
    assert_int_equal(b, 5);
    pusher_client_bind(rig->client, NULL, tally, &a, NULL, NULL);
    pusher_client_bind(rig->client, "x", tally, &a, NULL, NULL);
    assert_int_equal(pusher_client_unbind_all(rig->client), 2);
    assert_int_equal(pusher_client_unbind_all(NULL), 0);
    assert_int_equal(pusher_channel_unbind_all(NULL), 0);
    assert_int_equal(pusher_channel_unbind_event(NULL, NULL, NULL, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order_of_delivery, setup, teardown),
        cmocka_unit_test_setup_teardown(duplicates_and_unbind, setup, teardown),
        cmocka_unit_test_setup_teardown(bound_during_event, setup, teardown),
        cmocka_unit_test_setup_teardown(unbound_during_event, setup, teardown),
        cmocka_unit_test_setup_teardown(unbind_self, setup, teardown),
        cmocka_unit_test_setup_teardown(unsubscribed_during_event, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_during_event, setup, teardown),
        cmocka_unit_test_setup_teardown(disconnected_during_event, setup, teardown),
        cmocka_unit_test_setup_teardown(what_an_event_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(lifecycle_events_stay_with_the_channel, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(userdata_is_freed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(once, setup, teardown),
        cmocka_unit_test_setup_teardown(unbound_by_what_was_bound, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
