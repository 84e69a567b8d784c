/*
 * Every allocation of a client's life fails in turn, once and from then on: errors are
 * returned or reported, nothing leaks, every userdata is freed once, and with memory
 * again the client works.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail_alloc.h"

enum { CHANNELS = 3 };

struct life {
    struct fail_alloc alloc;
    pusher_loop *loop;
    pusher_client *client;
    pusher_channel *channels[CHANNELS];
    int given, freed; /* userdata handed over and given back */
    int events, problems, states;
};

static void count_freed(void *userdata)
{
    ((struct life *)userdata)->freed++;
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    assert_int_equal(event->name.ptr[event->name.len], '\0');
    (void)!pusher_event_json(event); /* NULL without memory */
    ((struct life *)userdata)->events++;
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    assert_int_not_equal(previous, current);
    ((struct life *)userdata)->states++;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    assert_true(problem->message.len > 0);
    assert_int_equal(strlen(problem->message.ptr), problem->message.len);
    ((struct life *)userdata)->problems++;
}

static void expect_done_or_nomem(int rc)
{
    assert_true(rc == 0 || rc == PUSHER_ERR_NOMEM);
}

static bool make_client(struct life *life)
{
    pusher_options options;
    pusher_options_init(&options);
    options.loop = life->loop;
    options.key = "key";
    options.cluster = "eu";
    options.path = "/path";
    options.origin = "https://example.com";
    options.tls = false;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.userdata = life;
    options.free_userdata = count_freed;
    options.allocator = &life->alloc.mem;
    life->given++;
    int rc = pusher_client_new(&life->client, &options);
    expect_done_or_nomem(rc);
    assert_int_equal(life->freed, rc ? 1 : 0);
    return rc == 0;
}

static void bind_all(struct life *life, pusher_channel *channel)
{
    pusher_id id = 0;
    life->given += 2;
    expect_done_or_nomem(
        pusher_channel_bind(channel, NULL, on_event, life, count_freed, &id));
    expect_done_or_nomem(
        pusher_channel_bind(channel, "order", on_event, life, count_freed, NULL));
    if (id)
        assert_int_equal(pusher_client_unbind(life->client, id), 0);
}

static void subscribe_all(struct life *life)
{
    for (int i = 0; i < CHANNELS; i++) {
        char name[16];
        snprintf(name, sizeof name, "room-%d", i);
        int rc = pusher_client_subscribe(life->client, name, &life->channels[i]);
        expect_done_or_nomem(rc);
        assert_int_equal(rc == 0, life->channels[i] != NULL);
        if (!rc)
            bind_all(life, life->channels[i]);
    }
}

static void say(struct life *life, const char *text)
{
    if (fake_ws(life->loop))
        fake_text(life->loop, text);
}

/* Waits for the next attempt, if there is none, and lets it succeed. */
static void go_up(struct life *life)
{
    for (int i = 0; i < 400 && !fake_ws(life->loop); i++)
        fake_advance(life->loop, 100);
    if (!fake_ws(life->loop))
        return;
    fake_open(life->loop);
    say(life, "{\"event\":\"pusher:connection_established\",\"data\":\"{"
              "\\\"socket_id\\\":\\\"1.2\\\",\\\"activity_timeout\\\":120}\"}");
    for (int i = 0; i < CHANNELS; i++) {
        char text[120];
        snprintf(text, sizeof text,
                 "{\"event\":\"pusher_internal:subscription_succeeded\","
                 "\"channel\":\"room-%d\",\"data\":\"{}\"}",
                 i);
        say(life, text);
    }
}

static void talk(struct life *life)
{
    say(life, "{\"event\":\"order\",\"channel\":\"room-1\",\"data\":\"{\\\"id\\\":7}\"}");
    say(life, "{\"event\":\"or\\u0064er\",\"channel\":\"room-1\",\"data\":{\"id\":7}}");
    say(life,
        "{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":\"slow\"}}");
    say(life, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
    say(life, "nonsense");
    fake_settle(life->loop);
    while (fake_sent(life->loop))
        ;
}

static void live(struct life *life)
{
    if (!make_client(life))
        return;
    subscribe_all(life);
    assert_int_equal(pusher_client_connect(life->client), 0);
    fake_settle(life->loop);
    go_up(life);
    talk(life);
    if (fake_ws(life->loop))
        fake_end(life->loop, WS_STAGE_OPEN, -1, "lost");
    go_up(life);
    talk(life);
    if (life->channels[1])
        pusher_channel_unsubscribe(life->channels[1]);
    life->channels[1] = NULL;
    pusher_client_network_changed(life->client);
    fake_settle(life->loop);
}

/* With memory again, the client does what it is for. */
static void expect_recovery(struct life *life)
{
    pusher_channel *channel = NULL;
    life->alloc.fail_at = 0;
    if (!life->client)
        return;
    pusher_client_disconnect(life->client);
    fake_settle(life->loop);
    assert_int_equal(pusher_client_subscribe(life->client, "room-1", &channel), 0);
    life->given++;
    assert_int_equal(
        pusher_channel_bind(channel, "order", on_event, life, count_freed, NULL), 0);
    assert_int_equal(pusher_client_connect(life->client), 0);
    fake_settle(life->loop);
    go_up(life);
    assert_int_equal(pusher_client_state(life->client), PUSHER_STATE_CONNECTED);
    assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_SUBSCRIBED);
    int before = life->events;
    talk(life);
    assert_true(life->events >= before + 2);
}

/* False: nothing was left to fail. */
static bool live_without_memory(size_t fail_at, bool fail_on)
{
    struct life life = {0};
    fail_alloc_init(&life.alloc);
    life.alloc.fail_at = fail_at;
    life.alloc.fail_on = fail_on;
    assert_int_equal(pusher_loop_new(&life.loop, NULL), 0);
    live(&life);
    bool failed = life.alloc.failed > 0;
    expect_recovery(&life);
    pusher_client_free(life.client);
    pusher_loop_free(life.loop);
    assert_int_equal(life.freed, life.given);
    assert_int_equal(life.alloc.live, 0);
    return failed;
}

static void each_allocation_fails_once(void **state)
{
    size_t fail_at = 1;
    (void)state;
    while (live_without_memory(fail_at, false))
        fail_at++;
    assert_in_range(fail_at, 21, 1000);
}

static void memory_ends_at_each_allocation(void **state)
{
    size_t fail_at = 1;
    (void)state;
    while (live_without_memory(fail_at, true))
        fail_at++;
    assert_in_range(fail_at, 21, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once),
        cmocka_unit_test(memory_ends_at_each_allocation),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
