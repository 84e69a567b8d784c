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
#include "support/fake_http.h"

enum { CHANNELS = 4 };

static const char *const names[CHANNELS] = {"room", "private-a", "presence-a",
                                            "private-encrypted-a"};

/* An answer of the endpoint that is right for each kind of channel, and for the user. */
#define ANSWER                                                                           \
    "{\"auth\":\"key:0\",\"channel_data\":\"{\\\"user_id\\\":7}\",\"shared_secret\":\""  \
    "jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hs=\",\"user_data\":\"{\\\"id\\\":"        \
    "\\\"1\\\"}\"}"

struct life {
    bool own; /* the application authorizes, all at once; else endpoints do */
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

static int provide(const pusher_auth_request *request, pusher_auth_extras *extras,
                   void *userdata)
{
    (void)request;
    (void)userdata;
    int rc = pusher_auth_add_header(extras, "Authorization", "Bearer t");
    return rc ? rc : pusher_auth_add_param(extras, "a", "b");
}

static void use_endpoints(pusher_options *options)
{
    static const pusher_auth_field field = {"X-One", "1"};
    options->auth_endpoint = (pusher_auth_endpoint){
        .url = "http://h/auth",
        .headers = &field,
        .header_count = 1,
        .params = &field,
        .param_count = 1,
        .provide = provide,
    };
    options->user_endpoint = (pusher_auth_endpoint){.url = "http://h/user", .json = true};
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    (void)userdata;
    for (size_t i = 0; i < count; i++)
        expect_done_or_nomem(
            pusher_auth_resolve(client, requests[i].id, ANSWER, sizeof ANSWER - 1));
}

static void use_authorizer(struct life *life, pusher_options *options)
{
    life->given++;
    options->authorizer = (pusher_authorizer){
        .begin = begin, .batch = true, .userdata = life, .free_userdata = count_freed};
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
    options.event_queue = PUSHER_QUEUE_DROP_OLDEST;
    options.presence_diff = true;
    if (life->own)
        use_authorizer(life, &options);
    else
        use_endpoints(&options);
    life->given++;
    int rc = pusher_client_new(&life->client, &options);
    expect_done_or_nomem(rc);
    assert_int_equal(life->freed, rc ? life->given : 0);
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
        int rc = pusher_client_subscribe(life->client, names[i], &life->channels[i]);
        if (rc == PUSHER_ERR_UNSUPPORTED) /* a build without libsodium */
            continue;
        expect_done_or_nomem(rc);
        assert_int_equal(rc == 0, life->channels[i] != NULL);
        if (!rc)
            bind_all(life, life->channels[i]);
    }
    expect_done_or_nomem(pusher_client_signin(life->client));
    life->given++;
    expect_done_or_nomem(
        pusher_client_bind_user(life->client, NULL, on_event, life, count_freed, NULL));
}

static void say(struct life *life, const char *text)
{
    if (fake_ws(life->loop))
        fake_text(life->loop, text);
}

static void grant_all(struct life *life)
{
    fake_settle(life->loop);
    while (fake_http_waiting()) {
        fake_http_answer(200, ANSWER);
        fake_settle(life->loop);
    }
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
    grant_all(life);
    for (int i = 0; i < CHANNELS; i++) {
        char text[160];
        snprintf(text, sizeof text,
                 "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
                 "\"%s\",\"data\":{\"presence\":{\"hash\":{\"7\":{\"n\":1},\"%d\":2}}}}",
                 names[i], life->problems);
        say(life, text);
    }
    say(life, "{\"event\":\"pusher:signin_success\",\"data\":{\"user_data\":"
              "\"{\\\"id\\\":\\\"1\\\"}\"}}");
}

/* The box of ENC-08, and one that no key opens: another is asked for. */
static void talk_in_secret(struct life *life)
{
    say(life,
        "{\"event\":\"order\",\"channel\":\"private-encrypted-a\",\"data\":{\"nonce\":"
        "\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\",\"ciphertext\":"
        "\"9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==\"}}");
    say(life,
        "{\"event\":\"order\",\"channel\":\"private-encrypted-a\",\"data\":{\"nonce\":"
        "\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZY\",\"ciphertext\":"
        "\"9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==\"}}");
    grant_all(life);
}

static void talk_of_people(struct life *life)
{
    say(life, "{\"event\":\"pusher_internal:member_added\",\"channel\":\"presence-a\","
              "\"data\":{\"user_id\":\"9\",\"user_info\":{\"n\":9}}}");
    say(life, "{\"event\":\"pusher_internal:member_removed\",\"channel\":\"presence-a\","
              "\"data\":{\"user_id\":\"9\"}}");
    say(life, "{\"event\":\"bill\",\"channel\":\"#server-to-user-1\",\"data\":\"7\"}");
    say(life, "{\"event\":\"pusher_internal:watchlist_events\",\"data\":{\"events\":"
              "[{\"name\":\"online\",\"user_ids\":[\"2\"]}]}}");
    if (life->channels[1])
        expect_done_or_nomem(pusher_channel_trigger(life->channels[1], "client-a", "{}"));
}

static void talk(struct life *life)
{
    say(life, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"{\\\"id\\\":7}\"}");
    say(life, "{\"event\":\"or\\u0064er\",\"channel\":\"room\",\"data\":{\"id\":7}}");
    say(life,
        "{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":\"slow\"}}");
    say(life, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
    say(life, "nonsense");
    talk_of_people(life);
    talk_in_secret(life);
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
    assert_int_equal(pusher_client_subscribe(life->client, "room", &channel), 0);
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

static void close_life(struct life *life)
{
    pusher_client_free(life->client);
    pusher_loop_free(life->loop);
    assert_int_equal(life->freed, life->given);
    assert_int_equal(life->alloc.live, 0);
    assert_int_equal(life->alloc.live_bytes, 0);
}

/* False: nothing was left to fail. */
static bool live_without_memory(bool own, size_t fail_at, bool fail_on)
{
    struct life life = {.own = own};
    fail_alloc_init(&life.alloc);
    life.alloc.fail_at = fail_at;
    life.alloc.fail_on = fail_on;
    assert_int_equal(pusher_loop_new(&life.loop, NULL), 0);
    live(&life);
    bool failed = life.alloc.failed > 0;
    expect_recovery(&life);
    close_life(&life);
    return failed;
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        size_t fail_at = 1;
        while (live_without_memory(own, fail_at, false))
            fail_at++;
        assert_in_range(fail_at, 100, 3000);
    }
}

static void memory_ends_at_each_allocation(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        size_t fail_at = 1;
        while (live_without_memory(own, fail_at, true))
            fail_at++;
        assert_in_range(fail_at, 100, 3000);
    }
}

/* --- a hostile server --- */

enum { MEMBERS = 50, MEMBER_BYTES = 4096 };

static void a_member_comes(struct life *life, int id, size_t info_bytes)
{
    size_t size = info_bytes + 200;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size,
             "{\"event\":\"pusher_internal:member_added\",\"channel\":\"presence-a\","
             "\"data\":{\"user_id\":%d,\"user_info\":\"%0*d\"}}",
             id, (int)info_bytes, 0);
    say(life, text);
    free(text);
}

/* However many members it names, and whatever it tells of each, what is kept is bounded
 * (T18). */
static void a_roster_is_bounded(void **state)
{
    struct life life = {0};
    pusher_options options;
    (void)state;
    fail_alloc_init(&life.alloc);
    assert_int_equal(pusher_loop_new(&life.loop, NULL), 0);
    pusher_options_init(&options);
    options.loop = life.loop;
    options.key = "key";
    options.host = "h";
    options.on_problem = on_problem;
    options.userdata = &life;
    options.allocator = &life.alloc.mem;
    options.max_members = MEMBERS;
    options.max_member_bytes = MEMBER_BYTES;
    use_endpoints(&options);
    assert_int_equal(pusher_client_new(&life.client, &options), 0);
    assert_int_equal(pusher_client_subscribe(life.client, names[2], &life.channels[2]),
                     0);
    assert_int_equal(pusher_client_connect(life.client), 0);
    fake_settle(life.loop);
    go_up(&life);
    assert_int_equal(pusher_channel_member_count(life.channels[2]), 2);
    size_t before = life.alloc.live_bytes;
    for (int id = 100; id < 600; id++)
        a_member_comes(&life, id, id % 2 ? MEMBER_BYTES - 2 : 10 * MEMBER_BYTES);
    assert_int_equal(pusher_channel_member_count(life.channels[2]), MEMBERS);
    assert_int_equal(life.problems, 24 + 500 - (MEMBERS - 2));
    size_t room_bytes = MEMBERS * (MEMBER_BYTES + 256);
    size_t last_message_bytes = 2 * (10 * MEMBER_BYTES + 256);
    assert_in_range(life.alloc.live_bytes - before, 24 * MEMBER_BYTES,
                    room_bytes + last_message_bytes);
    close_life(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once),
        cmocka_unit_test(memory_ends_at_each_allocation),
        cmocka_unit_test(a_roster_is_bounded),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
