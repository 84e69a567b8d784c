/*
 * Every public call from every kind of callback, on the client that calls back and on
 * another: nothing crashes, leaks or is freed twice, and what lives goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pusher/pusher.h>

#include "support/fake_net.h"

/* Where the call is made. */
enum place {
    IN_STATE,
    IN_PROBLEM,
    IN_GAP,
    IN_CHANNEL_EVENT,
    IN_CHANNEL_EVERY,
    IN_CLIENT_EVENT,
    IN_USER_EVENT,
    IN_BEGIN,
    IN_CANCEL,
    IN_FREE,
    PLACES
};

struct story {
    pusher_loop *loop, *other_loop;
    pusher_client *client, *other;
    pusher_channel *room, *secret;
    pusher_id binding, request;
    enum place place;
    void (*call)(struct story *s);
    bool called;
    unsigned bound, freed;
};

/* --- the calls --- */

static void free_client(struct story *s)
{
    pusher_client *client = s->client;
    s->client = NULL;
    s->room = s->secret = NULL;
    pusher_client_free(client);
}

static void free_other(struct story *s)
{
    pusher_client_free(s->other);
    s->other = NULL;
}

static void connect_both(struct story *s)
{
    pusher_client_connect(s->client);
    pusher_client_connect(s->other);
}

static void disconnect(struct story *s)
{
    pusher_client_disconnect(s->client);
    pusher_client_disconnect(s->other);
}

static void reconnect(struct story *s)
{
    pusher_client_disconnect(s->client);
    pusher_client_connect(s->client);
}

static void leave_room(struct story *s)
{
    pusher_channel_unsubscribe(s->room);
    s->room = NULL;
}

static void leave_secret(struct story *s)
{
    pusher_channel_unsubscribe(s->secret);
    s->secret = NULL;
}

static void join_again(struct story *s)
{
    leave_room(s);
    pusher_client_subscribe(s->client, "room", &s->room);
    pusher_client_subscribe(s->client, "private-new", NULL);
}

static void unbind(struct story *s)
{
    pusher_client_unbind(s->client, s->binding);
}

static void unbind_all(struct story *s)
{
    pusher_channel_unbind_all(s->room);
    pusher_client_unbind_all(s->client);
}

static void ping(struct story *s)
{
    pusher_client_ping(s->client);
    pusher_client_network_changed(s->client);
}

static void trigger(struct story *s)
{
    pusher_channel_trigger(s->secret, "client-a", "{}");
}

static void answer(struct story *s)
{
    pusher_auth_resolve(s->client, s->request, "{\"auth\":\"k:0\"}", 14);
    pusher_auth_reject(s->client, s->request, 403, "no");
}

static void sign_in(struct story *s)
{
    pusher_client_signin(s->client);
}

static void look(struct story *s)
{
    pusher_member member = {.id = {NULL, 0}};
    pusher_client_state(s->client);
    pusher_client_socket_id(s->client);
    pusher_client_user_id(s->client);
    pusher_channel_state(s->room);
    pusher_channel_next_member(s->secret, &member);
    pusher_client_channel(s->client, "room");
    if (s->place != IN_FREE) /* which may run outside of the loop */
        assert_int_equal(pusher_client_run(s->client), PUSHER_ERR_REENTRANT);
}

static void (*const calls[])(struct story *) = {
    free_client, free_other,   connect_both, disconnect, reconnect,
    leave_room,  leave_secret, join_again,   unbind,     unbind_all,
    ping,        trigger,      answer,       sign_in,    look,
};

/* --- the callbacks --- */

static void at_place(struct story *s, enum place place)
{
    if (place != s->place || s->called || !s->client || !s->room || !s->secret)
        return;
    s->called = true;
    s->call(s);
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    (void)previous;
    if (current == PUSHER_STATE_CONNECTED)
        at_place(userdata, IN_STATE);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)problem;
    at_place(userdata, IN_PROBLEM);
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    (void)client;
    (void)gap;
    at_place(userdata, IN_GAP);
}

static void on_named(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)event;
    at_place(userdata, IN_CHANNEL_EVENT);
}

static void on_every(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)event;
    at_place(userdata, IN_CHANNEL_EVERY);
}

static void on_client_event(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    (void)client;
    (void)event;
    at_place(userdata, IN_CLIENT_EVENT);
}

static void on_user_event(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    at_place(userdata, IN_USER_EVENT);
}

static void on_begin(pusher_client *client, const pusher_auth_request *requests,
                     size_t count, void *userdata)
{
    struct story *s = userdata;
    assert_int_equal(count, 1);
    s->request = requests->id;
    if (!requests->channel) {
        static const char user[] = "{\"auth\":\"k:0\",\"user_data\":\"{\\\"id\\\":1}\"}";
        pusher_auth_resolve(client, requests->id, user, sizeof user - 1);
        return;
    }
    at_place(s, IN_BEGIN);
}

static void on_cancel(pusher_client *client, pusher_id request, void *userdata)
{
    (void)client;
    (void)request;
    at_place(userdata, IN_CANCEL);
}

static void on_free(void *userdata)
{
    struct story *s = userdata;
    s->freed++;
    at_place(s, IN_FREE);
}

/* --- the story --- */

static void bind_all(struct story *s)
{
    pusher_channel_bind(s->room, "order", on_named, s, on_free, &s->binding);
    pusher_channel_bind(s->room, NULL, on_every, s, on_free, NULL);
    pusher_client_bind(s->client, "order", on_client_event, s, on_free, NULL);
    pusher_client_bind_user(s->client, NULL, on_user_event, s, on_free, NULL);
    s->bound = 4;
}

static void begin_story(struct story *s)
{
    pusher_options options;
    pusher_options_init(&options);
    assert_int_equal(pusher_loop_new(&s->loop, NULL), 0);
    assert_int_equal(pusher_loop_new(&s->other_loop, NULL), 0);
    options.loop = s->other_loop;
    options.key = "k";
    options.host = "h";
    options.tls = false;
    assert_int_equal(pusher_client_new(&s->other, &options), 0);
    options.loop = s->loop;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.on_gap = on_gap;
    options.userdata = s;
    options.authorizer =
        (pusher_authorizer){.begin = on_begin, .cancel = on_cancel, .userdata = s};
    assert_int_equal(pusher_client_new(&s->client, &options), 0);
    assert_int_equal(pusher_client_subscribe(s->client, "room", &s->room), 0);
    assert_int_equal(pusher_client_subscribe(s->client, "private-a", &s->secret), 0);
    bind_all(s);
    pusher_client_signin(s->client);
    pusher_client_connect(s->client);
    fake_settle(s->loop);
}

static void says(struct story *s, const char *text)
{
    if (s->client && fake_is_open(s->loop))
        fake_text(s->loop, text);
}

static void goes_on(struct story *s)
{
    if (s->client && fake_ws(s->loop) && !fake_is_open(s->loop)) {
        fake_open(s->loop);
        says(s, "{\"event\":\"pusher:connection_established\",\"data\":"
                "\"{\\\"socket_id\\\":\\\"1.2\\\"}\"}");
        says(s, "{\"event\":\"pusher_internal:subscription_succeeded\","
                "\"channel\":\"room\"}");
        says(s, "{\"event\":\"pusher:signin_success\",\"data\":"
                "{\"user_data\":\"{\\\"id\\\":1}\"}}");
        says(s, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"1\"}");
    }
}

static void loses(struct story *s)
{
    if (s->client && fake_is_open(s->loop))
        fake_end(s->loop, WS_STAGE_OPEN, 4200, "");
}

static void play(enum place place, void (*call)(struct story *))
{
    struct story s = {.place = place, .call = call};
    begin_story(&s);
    goes_on(&s), loses(&s), goes_on(&s);
    if (s.client && s.room && !s.called) /* nothing was unbound so far */
        pusher_client_unbind(s.client, s.binding);
    fake_settle(s.loop);
    fake_settle(s.other_loop);
    assert_true(s.called);
    pusher_client_free(s.client);
    pusher_client_free(s.other);
    pusher_loop_free(s.loop);
    pusher_loop_free(s.other_loop);
    assert_int_equal(s.freed, s.bound);
}

static void every_call_in_every_place(void **state)
{
    (void)state;
    for (int place = 0; place < PLACES; place++) {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            play((enum place)place, calls[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_in_every_place)};
    return cmocka_run_group_tests_name("client: reentrancy", tests, NULL, NULL);
}
