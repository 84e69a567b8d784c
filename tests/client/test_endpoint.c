/*
 * The endpoint: what is asked of it, how its answers are taken, and what options are
 * refused (AUTH-01 … AUTH-05).
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fake_http.h"

static const char url[] = "http://auth.test:8080/pusher/auth?app=1";

static pusher_options options_of(void)
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.tls = false;
    options.auth_endpoint.url = url;
    return options;
}

static void open_with(struct rig *rig, const pusher_options *options)
{
    rig_open_with(rig, options);
    rig_connect(rig);
}

static pusher_channel *subscribe(struct rig *rig, const char *name)
{
    pusher_channel *channel = NULL;
    assert_int_equal(pusher_client_subscribe(rig->client, name, &channel), 0);
    fake_settle(rig->loop);
    return channel;
}

static void a_form(void **state)
{
    struct rig rig;
    pusher_options options = options_of();
    const pusher_auth_field headers[] = {{"Authorization", "Bearer t"},
                                         {"Cookie", "a=b"}};
    const pusher_auth_field params[] = {{"a", "b c"}, {"\xc3\xa4", "+&"}};
    (void)state;
    options.auth_endpoint.headers = headers;
    options.auth_endpoint.header_count = 2;
    options.auth_endpoint.params = params;
    options.auth_endpoint.param_count = 2;
    open_with(&rig, &options);
    pusher_channel *channel = subscribe(&rig, "private-a@b");
    assert_string_equal(fake_http_asked(),
                        "POST http://auth.test:8080/pusher/auth?app=1\n"
                        "content-type: application/x-www-form-urlencoded\n"
                        "Authorization: Bearer t\nCookie: a=b\n\n"
                        "socket_id=1.2&channel_name=private-a%40b&a=b%20c&%C3%A4=%2B%26");
    fake_http_answer(201, "{\"auth\":\"k:0f\"}"); /* AUTH-03 C: any 2xx */
    fake_settle(rig.loop);
    assert_non_null(strstr(fake_sent(rig.loop), "\"auth\":\"k:0f\""));
    assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_SUBSCRIBING);
    rig_close(&rig);
    assert_int_equal(fake_http_waiting(), 0);
}

static void json(void **state)
{
    struct rig rig;
    pusher_options options = options_of();
    (void)state;
    options.auth_endpoint.json = true;
    open_with(&rig, &options);
    subscribe(&rig, "presence-a");
    assert_string_equal(fake_http_asked(),
                        "POST http://auth.test:8080/pusher/auth?app=1\n"
                        "content-type: application/json\n\n"
                        "{\"socket_id\":\"1.2\",\"channel_name\":\"presence-a\"}");
    rig_close(&rig);
    assert_int_equal(fake_http_waiting(), 0); /* cancelled with the client */
}

static int provide(const pusher_auth_request *request, pusher_auth_extras *extras,
                   void *userdata)
{
    int *calls = userdata;
    char token[16];
    assert_string_equal(request->socket_id.ptr, "1.2");
    assert_string_equal(request->channel_name.ptr, "private-a");
    if (++*calls == 2)
        return 1; /* no token today */
    assert_int_equal(pusher_auth_add_header(extras, "X-A", "line\r\nX-B: c"),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_add_header(extras, "Host", "other"), PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_add_param(extras, "socket_id", "9.9"),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_auth_add_param(extras, NULL, ""), PUSHER_ERR_INVALID);
    snprintf(token, sizeof token, "t%d", *calls);
    assert_int_equal(pusher_auth_add_header(extras, "AUTHORIZATION", token), 0);
    return pusher_auth_add_param(extras, "p", token);
}

/* AUTH-02 C: for each request, and in the place of fixed ones. */
static void what_changes_is_provided(void **state)
{
    struct rig rig;
    int calls = 0;
    pusher_options options = options_of();
    const pusher_auth_field headers[] = {{"Authorization", "old"}, {"X-Y", "z"}};
    const pusher_auth_field params[] = {{"p", "old"}, {"q", "r"}};
    (void)state;
    options.auth_endpoint.headers = headers;
    options.auth_endpoint.header_count = 2;
    options.auth_endpoint.params = params;
    options.auth_endpoint.param_count = 2;
    options.auth_endpoint.provide = provide;
    options.auth_endpoint.userdata = &calls;
    open_with(&rig, &options);
    subscribe(&rig, "private-a");
    assert_string_equal(fake_http_asked(),
                        "POST http://auth.test:8080/pusher/auth?app=1\n"
                        "content-type: application/x-www-form-urlencoded\n"
                        "X-Y: z\nAUTHORIZATION: t1\n\n"
                        "socket_id=1.2&channel_name=private-a&q=r&p=t1");
    fake_http_answer(503, "later");
    fake_settle(rig.loop);
    assert_int_equal(rig.problems, 1);
    fake_advance(rig.loop, 2000); /* the provider fails: once more */
    assert_int_equal(calls, 2);
    assert_int_equal(rig.problems, 2);
    assert_true(rig.last_will_retry);
    fake_advance(rig.loop, 4000);
    assert_int_equal(calls, 3);
    assert_non_null(strstr(fake_http_asked(), "AUTHORIZATION: t3"));
    rig_close(&rig);
}

static void answers(void **state)
{
    struct rig rig;
    pusher_options options = options_of();
    (void)state;
    open_with(&rig, &options);
    pusher_channel *channel = subscribe(&rig, "private-a");
    static const struct {
        int status;
        const char *body;
        bool again;
    } all[] = {
        {403, "no", false},
        {401, "", false},
        {302, "", false},
        {200, "not JSON", false},
        {200, "", false},
        {204, "", false},
        {200, "{\"a\":\"b\"}", false},
        {500, "", true},
        {429, "", true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        unsigned problems = rig.problems;
        fake_http_answer(all[i].status, all[i].body);
        fake_settle(rig.loop);
        assert_int_equal(rig.problems, problems + 1);
        assert_int_equal(rig.last_problem, PUSHER_PROBLEM_AUTH);
        assert_true(rig.last_will_retry == all[i].again);
        assert_int_equal(pusher_channel_state(channel), PUSHER_SUBSCRIPTION_FAILED);
        assert_int_equal(pusher_client_subscribe(rig.client, "private-a", NULL), 0);
        fake_settle(rig.loop);
        assert_int_equal(fake_http_waiting(), 1);
    }
    fake_http_fail(PUSHER_ERR_SYSTEM, "connection refused");
    fake_settle(rig.loop);
    assert_true(rig.last_will_retry);
    rig_close(&rig);
}

static void cancelled(void **state)
{
    struct rig rig;
    pusher_options options = options_of();
    (void)state;
    open_with(&rig, &options);
    pusher_channel *channel = subscribe(&rig, "private-a");
    subscribe(&rig, "private-b");
    assert_int_equal(fake_http_waiting(), 2);
    pusher_channel_unsubscribe(channel);
    fake_settle(rig.loop);
    assert_int_equal(fake_http_waiting(), 1);
    assert_non_null(strstr(fake_http_asked(), "private-b"));
    fake_advance(rig.loop, 10000); /* no answer in time */
    assert_int_equal(fake_http_waiting(), 0);
    fake_end(rig.loop, WS_STAGE_OPEN, 4200, "");
    fake_open(rig.loop);
    rig_greet(&rig);
    assert_int_equal(fake_http_waiting(), 1);
    fake_http_refuse(PUSHER_ERR_NOMEM);
    subscribe(&rig, "private-c");
    fake_http_refuse(0);
    assert_true(rig.last_will_retry);
    rig_close(&rig);
}

static int try_options(const pusher_options *options)
{
    pusher_client *client = NULL;
    int rc = pusher_client_new(&client, options);
    pusher_client_free(client);
    return rc;
}

static void begin_nothing(pusher_client *client, const pusher_auth_request *requests,
                          size_t count, void *userdata)
{
    (void)client;
    (void)requests;
    (void)count;
    (void)userdata;
}

static void options_are_judged(void **state)
{
    static const char *const urls[] = {"", "auth.test/x", "ftp://auth.test/",
                                       "http://user@auth.test/", "http://auth.test/\r\n"};
    static const pusher_auth_field bad_headers[] = {
        {"Host", "x"}, {"A B", "x"}, {"A", "x\ny"},
        {NULL, "x"},   {"A", NULL},  {"Content-Length", "1"},
    };
    static const pusher_auth_field bad_params[] = {
        {"channel_name", "x"}, {"", "x"}, {"a", "\xff"}, {NULL, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        pusher_options options = options_of();
        options.auth_endpoint.url = urls[i];
        assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
    }
    for (size_t i = 0; i < sizeof bad_headers / sizeof *bad_headers; i++) {
        pusher_options options = options_of();
        options.auth_endpoint.headers = &bad_headers[i];
        options.auth_endpoint.header_count = 1;
        assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
    }
    for (size_t i = 0; i < sizeof bad_params / sizeof *bad_params; i++) {
        pusher_options options = options_of();
        options.auth_endpoint.params = &bad_params[i];
        options.auth_endpoint.param_count = 1;
        assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
    }
    pusher_options both = options_of();
    both.authorizer.begin = begin_nothing;
    assert_int_equal(try_options(&both), PUSHER_ERR_INVALID);
    both.authorizer.begin = NULL;
    both.auth_endpoint.ca_file = "";
    assert_int_equal(try_options(&both), PUSHER_ERR_INVALID);
}

/* Beside who authorizes channels, and that is given back once. */
static void the_users_endpoint_is_judged(void **state)
{
    (void)state;
    pusher_options options = options_of();
    options.user_endpoint.url = "auth.test/user";
    assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
    options.auth_endpoint = (pusher_auth_endpoint){.url = NULL};
    assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
    options.authorizer.begin = begin_nothing;
    assert_int_equal(try_options(&options), PUSHER_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form),
        cmocka_unit_test(json),
        cmocka_unit_test(answers),
        cmocka_unit_test(what_changes_is_provided),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(options_are_judged),
        cmocka_unit_test(the_users_endpoint_is_judged),
    };
    return cmocka_run_group_tests_name("client: endpoint", tests, NULL, NULL);
}
