/*
 * Every public call from every kind of callback, on the client that calls back and its
 * channels, and on others: nothing crashes, leaks or is freed twice, and what lives goes
 * on. (What log and allocator call back from may not call the library.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pusher/pusher.h>

#include "support/fake_http.h"
#include "support/fake_net.h"

/* Where the call is made. */
enum place {
    IN_STATE,
    IN_PROBLEM,
    IN_GAP,
    IN_CHANNEL_EVENT,
    IN_CHANNEL_EVERY,
    IN_CHANNEL_ONCE,
    IN_CLIENT_EVENT,
    IN_USER_EVENT,
    IN_BEGIN,
    IN_CANCEL,
    IN_PROVIDE,
    IN_FREE,
    PLACES
};

/* What it is made on. */
enum target {
    ON_SELF, /* the client that calls back: its channels, one of which is unanswered */
    ON_NEIGHBOUR,  /* another on the same loop, with all subscribed */
    ON_OTHER_LOOP, /* likewise, on a loop of its own */
    TARGETS
};

struct end {
    pusher_loop *loop;
    pusher_client *client;
    pusher_channel *room, *secret;
    pusher_id binding, request;
};

struct story {
    pusher_loop *loop, *other_loop;
    struct end self, other, *aim;
    enum place place;
    void (*call)(struct story *s, struct end *e);
    bool called;
    unsigned bound, freed;
};

static void on_free(void *userdata);
static void on_named(pusher_client *client, const pusher_event *event, void *userdata);

/* --- the calls --- */

static void free_client(struct story *s, struct end *e)
{
    pusher_client *client = e->client;
    (void)s;
    *e = (struct end){.loop = e->loop};
    pusher_client_free(client);
}

static void do_connect(struct story *s, struct end *e)
{
    (void)s;
    pusher_client_connect(e->client);
}

static void disconnect(struct story *s, struct end *e)
{
    (void)s;
    pusher_client_disconnect(e->client);
}

static void reconnect(struct story *s, struct end *e)
{
    disconnect(s, e);
    do_connect(s, e);
}

static void leave_room(struct story *s, struct end *e)
{
    (void)s;
    pusher_channel_unsubscribe(e->room);
    e->room = NULL;
}

static void leave_secret(struct story *s, struct end *e)
{
    (void)s;
    pusher_channel_unsubscribe(e->secret);
    e->secret = NULL;
}

static void join_again(struct story *s, struct end *e)
{
    leave_room(s, e);
    leave_secret(s, e);
    pusher_client_subscribe(e->client, "room", &e->room);
    pusher_client_subscribe(e->client, "presence-a", &e->secret);
    pusher_client_subscribe(e->client, "private-new", NULL);
}

static void bind_more(struct story *s, struct end *e)
{
    s->bound += 6;
    pusher_channel_bind(e->room, "order", on_named, s, on_free, NULL);
    pusher_channel_bind(e->secret, NULL, on_named, s, on_free, NULL);
    pusher_channel_bind_once(e->room, "order", on_named, s, on_free, NULL);
    pusher_client_bind(e->client, "order", on_named, s, on_free, NULL);
    pusher_client_bind_once(e->client, NULL, on_named, s, on_free, NULL);
    pusher_client_bind_user(e->client, NULL, on_named, s, on_free, NULL);
}

static void unbind(struct story *s, struct end *e)
{
    (void)s;
    pusher_client_unbind(e->client, e->binding);
}

static void unbind_some(struct story *s, struct end *e)
{
    pusher_channel_unbind_event(e->room, "order", NULL, s);
    pusher_channel_unbind_global(e->room, NULL, NULL);
    pusher_client_unbind_event(e->client, NULL, on_named, NULL);
    pusher_client_unbind_global(e->client, NULL, s);
}

static void unbind_all(struct story *s, struct end *e)
{
    (void)s;
    pusher_channel_unbind_all(e->room);
    pusher_channel_unbind_all(e->secret);
    pusher_client_unbind_all(e->client);
}

static void ping(struct story *s, struct end *e)
{
    (void)s;
    pusher_client_ping(e->client);
    pusher_client_network_changed(e->client);
}

static void trigger(struct story *s, struct end *e)
{
    (void)s;
    pusher_channel_trigger(e->room, "client-a", "{}");
    pusher_channel_trigger(e->secret, "client-a", "{}");
}

static void answer(struct story *s, struct end *e)
{
    (void)s;
    pusher_auth_resolve(e->client, e->request, "{\"auth\":\"k:0\"}", 14);
    pusher_auth_reject(e->client, e->request, 403, "no");
}

static void reject(struct story *s, struct end *e)
{
    (void)s;
    pusher_auth_reject(e->client, e->request, 403, "no");
}

static void sign_in(struct story *s, struct end *e)
{
    (void)s;
    pusher_client_signin(e->client);
}

static void look(struct story *s, struct end *e)
{
    pusher_member member = {.id = {NULL, 0}};
    uint32_t last_ms;
    pusher_client_state(e->client);
    pusher_client_socket_id(e->client);
    pusher_client_user_id(e->client);
    pusher_client_user_data(e->client);
    pusher_client_signin_state(e->client);
    pusher_client_dropped_events(e->client);
    pusher_client_round_trip(e->client, &last_ms, NULL);
    assert_ptr_equal(pusher_client_loop(e->client), e->loop);
    assert_ptr_equal(pusher_client_userdata(e->client), s);
    assert_ptr_equal(pusher_client_channel(e->client, "room"), e->room);
    assert_ptr_equal(pusher_channel_client(e->room), e->client);
    assert_int_equal(pusher_channel_name(e->room).len, 4);
    pusher_channel_state(e->room);
    bool joined = pusher_channel_state(e->secret) == PUSHER_SUBSCRIPTION_SUBSCRIBED;
    assert_int_equal(pusher_channel_member_count(e->secret), joined ? 2 : 0);
    assert_int_equal(pusher_channel_me(e->secret, &member), joined);
    assert_int_equal(pusher_channel_member(e->secret, "8", &member), joined);
    member.id.ptr = NULL;
    assert_int_equal(pusher_channel_next_member(e->secret, &member), joined);
    /* A free function may run outside of the loop. */
    if (s->place != IN_FREE && e->loop == s->self.loop)
        assert_int_equal(pusher_client_run(e->client), PUSHER_ERR_REENTRANT);
}

/* One more, on the same loop. */
static void make_one_more(struct story *s, struct end *e)
{
    pusher_client *client;
    pusher_options options;
    (void)s;
    pusher_options_init(&options);
    options.loop = e->loop;
    options.key = "k";
    options.host = "h";
    assert_int_equal(pusher_client_new(&client, &options), 0);
    pusher_client_free(client);
}

static void (*const calls[])(struct story *, struct end *) = {
    free_client, do_connect, disconnect, reconnect,   leave_room, leave_secret,
    join_again,  bind_more,  unbind,     unbind_some, unbind_all, ping,
    trigger,     answer,     reject,     sign_in,     look,       make_one_more,
};

/* --- the callbacks --- */

static void at_place(struct story *s, enum place place)
{
    if (place != s->place || s->called || !s->self.room || !s->self.secret)
        return;
    s->called = true;
    s->call(s, s->aim);
}

static bool is_self(const struct story *s, const pusher_client *client)
{
    return client == s->self.client;
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)previous;
    if (is_self(userdata, client) && current == PUSHER_STATE_CONNECTED)
        at_place(userdata, IN_STATE);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)problem;
    if (is_self(userdata, client))
        at_place(userdata, IN_PROBLEM);
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    (void)gap;
    if (is_self(userdata, client))
        at_place(userdata, IN_GAP);
}

static void on_named(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)event;
    if (is_self(userdata, client))
        at_place(userdata, IN_CHANNEL_EVENT);
}

static void on_every(pusher_client *client, const pusher_event *event, void *userdata)
{
    pusher_event_json(event);
    if (is_self(userdata, client))
        at_place(userdata, IN_CHANNEL_EVERY);
}

static void on_client_event(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    (void)event;
    if (is_self(userdata, client))
        at_place(userdata, IN_CLIENT_EVENT);
}

static void on_user_event(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)event;
    if (is_self(userdata, client))
        at_place(userdata, IN_USER_EVENT);
}

static void on_once(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)event;
    if (is_self(userdata, client))
        at_place(userdata, IN_CHANNEL_ONCE);
}

static const char member[] =
    "{\"auth\":\"k:0\",\"channel_data\":\"{\\\"user_id\\\":7}\"}";

static void on_begin(pusher_client *client, const pusher_auth_request *requests,
                     size_t count, void *userdata)
{
    struct story *s = userdata;
    assert_int_equal(count, 1);
    if (!is_self(s, client)) {
        pusher_auth_resolve(client, requests->id, member, sizeof member - 1);
        return;
    }
    s->self.request = requests->id;
    at_place(s, IN_BEGIN);
}

static int on_provide(const pusher_auth_request *request, pusher_auth_extras *extras,
                      void *userdata)
{
    struct story *s = userdata;
    (void)request;
    assert_int_equal(pusher_auth_add_param(extras, "a", "b"), 0);
    at_place(s, IN_PROVIDE);
    assert_int_equal(pusher_auth_add_header(extras, "A", "b"), 0);
    return 0;
}

static void on_cancel(pusher_client *client, pusher_id request, void *userdata)
{
    (void)request;
    if (is_self(userdata, client))
        at_place(userdata, IN_CANCEL);
}

static void on_free(void *userdata)
{
    struct story *s = userdata;
    s->freed++;
    at_place(s, IN_FREE);
}

/* --- the story --- */

static void says(const struct end *e, const char *text)
{
    if (e->client && fake_is_open(e->loop))
        fake_text(e->loop, text);
}

static void greets(const struct end *e)
{
    fake_open(e->loop);
    says(e, "{\"event\":\"pusher:connection_established\",\"data\":"
            "\"{\\\"socket_id\\\":\\\"1.2\\\"}\"}");
    says(e,
         "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"room\"}");
}

static void open_client(struct story *s, struct end *e, pusher_loop *loop,
                        pusher_options *options)
{
    e->loop = options->loop = loop;
    options->key = "k";
    options->host = "h";
    options->tls = false;
    options->on_state = on_state;
    options->userdata = s;
    options->free_userdata = on_free;
    options->authorizer = (pusher_authorizer){
        .begin = on_begin, .cancel = on_cancel, .userdata = s, .free_userdata = on_free};
    s->bound += 2;
    assert_int_equal(pusher_client_new(&e->client, options), 0);
    assert_int_equal(pusher_client_subscribe(e->client, "room", &e->room), 0);
    assert_int_equal(pusher_client_subscribe(e->client, "presence-a", &e->secret), 0);
    pusher_client_connect(e->client);
}

/* Up, with members on its presence channel; the last transport of its loop, for now. */
static void open_other(struct story *s, pusher_loop *loop)
{
    pusher_options options;
    pusher_options_init(&options);
    open_client(s, &s->other, loop, &options);
    fake_settle(loop);
    greets(&s->other);
    says(&s->other,
         "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":"
         "\"presence-a\",\"data\":{\"presence\":{\"hash\":{\"7\":1,\"8\":2}}}}");
    assert_int_equal(pusher_channel_member_count(s->other.secret), 2);
    s->bound++;
    pusher_channel_bind(s->other.room, "order", on_named, s, on_free, &s->other.binding);
}

static void open_self(struct story *s)
{
    pusher_options options;
    pusher_options_init(&options);
    options.on_problem = on_problem;
    options.on_gap = on_gap;
    options.user_endpoint = (pusher_auth_endpoint){
        .url = "http://h/user", .provide = on_provide, .userdata = s};
    open_client(s, &s->self, s->loop, &options);
    s->bound += 5;
    pusher_channel_bind(s->self.room, "order", on_named, s, on_free, &s->self.binding);
    pusher_channel_bind(s->self.room, NULL, on_every, s, on_free, NULL);
    pusher_channel_bind_once(s->self.room, "order", on_once, s, on_free, NULL);
    pusher_client_bind(s->self.client, "order", on_client_event, s, on_free, NULL);
    pusher_client_bind_user(s->self.client, NULL, on_user_event, s, on_free, NULL);
    assert_int_equal(pusher_client_signin(s->self.client), 0);
    fake_settle(s->loop);
}

static void goes_on(const struct end *e)
{
    if (!e->client || !fake_ws(e->loop) || fake_is_open(e->loop))
        return;
    greets(e);
    if (fake_http_waiting())
        fake_http_answer(200,
                         "{\"auth\":\"k:0\",\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}");
    fake_settle(e->loop);
    says(e, "{\"event\":\"pusher:signin_success\",\"data\":"
            "{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}}");
    says(e, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"1\"}");
}

static void loses(const struct end *e)
{
    if (e->client && fake_is_open(e->loop))
        fake_end(e->loop, WS_STAGE_OPEN, 4200, "");
}

static void is_up(const struct end *e)
{
    assert_int_equal(pusher_client_state(e->client), PUSHER_STATE_CONNECTED);
    assert_int_equal(pusher_channel_state(e->room), PUSHER_SUBSCRIPTION_SUBSCRIBED);
}

/* A provider may not free its client. */
static bool is_allowed(enum place place, enum target target,
                       void (*call)(struct story *, struct end *))
{
    return place != IN_PROVIDE || target != ON_SELF || call != free_client;
}

static void play(enum place place, enum target target,
                 void (*call)(struct story *, struct end *))
{
    struct story s = {.place = place, .call = call};
    s.aim = target == ON_SELF ? &s.self : &s.other;
    assert_int_equal(pusher_loop_new(&s.loop, NULL), 0);
    assert_int_equal(pusher_loop_new(&s.other_loop, NULL), 0);
    open_other(&s, target == ON_NEIGHBOUR ? s.loop : s.other_loop);
    open_self(&s);
    goes_on(&s.self), loses(&s.self), goes_on(&s.self);
    if (!s.called) /* nothing was unbound so far */
        pusher_client_unbind(s.self.client, s.self.binding);
    fake_settle(s.loop);
    fake_settle(s.other_loop);
    assert_true(s.called);
    if (target == ON_SELF)
        is_up(&s.other); /* what the call was not about goes on */
    else if (target == ON_OTHER_LOOP)
        is_up(&s.self);
    pusher_client_free(s.self.client);
    pusher_client_free(s.other.client);
    pusher_loop_free(s.loop);
    pusher_loop_free(s.other_loop);
    assert_int_equal(s.freed, s.bound);
}

static void every_call_in_every_place(void **state)
{
    (void)state;
    for (int place = 0; place < PLACES; place++) {
        for (int target = 0; target < TARGETS; target++) {
            for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
                if (is_allowed((enum place)place, (enum target)target, calls[i]))
                    play((enum place)place, (enum target)target, calls[i]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_call_in_every_place)};
    return cmocka_run_group_tests_name("client: reentrancy", tests, NULL, NULL);
}
