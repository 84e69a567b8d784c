/*
 * An application that stands still reads late what came in time: the gap begins when the
 * last message arrived, and not when it was read (SUB-16). And what arrived is read.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pusher/pusher.h>

#include "peer.h"

enum { STANDSTILL_MS = 600, CLOCK_TICK_MS = 20, AWAKE_MS = 300, MANY = 60 };

struct app {
    pusher_loop *loop;
    pusher_client *client;
    int listener, peer;
    uint16_t port;
    bool subscribed, told;
    unsigned events;
    pusher_gap gap;
};

static int64_t unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    struct app *app = userdata;
    (void)client;
    if (strcmp(event->name.ptr, "pusher:subscription_succeeded") == 0)
        app->subscribed = true;
    else
        app->events++;
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    struct app *app = userdata;
    (void)client;
    app->gap = *gap;
    app->told = true;
}

static void say(const struct app *app, const char *text)
{
    peer_send_frame(app->peer, PEER_TEXT, true, text, strlen(text));
}

/* Accepts, greets and confirms. */
static void serve(struct app *app)
{
    char frame[256];
    size_t len;
    app->peer = peer_accept_websocket(app->loop, app->listener);
    say(app, "{\"event\":\"pusher:connection_established\",\"data\":"
             "\"{\\\"socket_id\\\":\\\"1.2\\\",\\\"activity_timeout\\\":120}\"}");
    peer_read_frame(app->loop, app->peer, frame, sizeof frame, &len); /* subscribe */
    app->subscribed = false;
    say(app, "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"room\","
             "\"data\":\"{}\"}");
    assert_true(peer_run_until(app->loop, &app->subscribed));
}

static void begin(struct app *app)
{
    pusher_options options;
    pusher_channel *channel = NULL;
    *app = (struct app){0};
    app->listener = peer_listen(&app->port);
    assert_int_equal(pusher_loop_new(&app->loop, NULL), 0);
    pusher_options_init(&options);
    options.loop = app->loop;
    options.key = "app-key";
    options.host = "127.0.0.1";
    options.port = app->port;
    options.tls = false;
    options.backoff_min_ms = 100;
    options.reconnect_spread_ms = 100;
    options.pong_timeout_ms = 1000;
    options.on_gap = on_gap;
    options.userdata = app;
    assert_int_equal(pusher_client_new(&app->client, &options), 0);
    assert_int_equal(pusher_client_subscribe(app->client, "room", &channel), 0);
    assert_int_equal(pusher_channel_bind(channel, NULL, on_event, app, NULL, NULL), 0);
    assert_int_equal(pusher_client_connect(app->client), 0);
    serve(app);
    assert_false(app->told);
}

static void finish(struct app *app)
{
    pusher_loop_free(app->loop);
    close(app->peer);
    close(app->listener);
}

/* An event comes, and nobody reads it; returns when it came. */
static int64_t event_while_nobody_reads(struct app *app)
{
    int64_t before = unix_ms();
    say(app, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"1\"}");
    return before;
}

static void stand_still(void)
{
    usleep(STANDSTILL_MS * 1000); /* not waiting for anything: it is what is tested */
}

static void expect_gap_from(struct app *app, int64_t arrived)
{
    assert_true(app->told);
    assert_int_equal(app->events, 1);
    assert_in_range(app->gap.from_unix_ms, arrived - CLOCK_TICK_MS,
                    arrived + STANDSTILL_MS / 2);
    assert_true(app->gap.until_unix_ms <= unix_ms());
}

static void the_server_ended_meanwhile(void **state)
{
    static const unsigned char code[2] = {1001 >> 8, 1001 & 255};
    struct app app;
    (void)state;
    begin(&app);
    int64_t arrived = event_while_nobody_reads(&app);
    peer_send_frame(app.peer, PEER_CLOSE, true, code, sizeof code);
    stand_still();
    int old = app.peer;
    serve(&app);
    close(old);
    expect_gap_from(&app, arrived);
    finish(&app);
}

static void the_server_fell_silent_meanwhile(void **state)
{
    struct app app;
    (void)state;
    begin(&app);
    int64_t arrived = event_while_nobody_reads(&app);
    stand_still();
    peer_begin();
    while (!app.events)
        peer_step(app.loop);
    assert_int_equal(pusher_client_ping(app.client), 0);
    int old = app.peer;
    serve(&app); /* the ping is not answered */
    close(old);
    expect_gap_from(&app, arrived);
    finish(&app);
}

/* A server says more than one read takes, and ends; we have to say something, too. */
static void what_was_said_before_the_end_is_read(void **state)
{
    struct app app;
    char text[2048];
    (void)state;
    begin(&app);
    snprintf(text, sizeof text,
             "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"%01500d\"}", 7);
    for (int i = 0; i < MANY; i++)
        say(&app, text);
    close(app.peer);
    assert_int_equal(pusher_client_subscribe(app.client, "hall", NULL), 0);
    serve(&app);
    assert_int_equal(app.events, MANY);
    finish(&app);
}

/* What is read in time counts as ever. */
static void nobody_stood_still(void **state)
{
    struct app app;
    (void)state;
    begin(&app);
    stand_still();
    int64_t arrived = event_while_nobody_reads(&app);
    pusher_loop_run_for(app.loop, AWAKE_MS);
    assert_int_equal(app.events, 1);
    close(app.peer);
    serve(&app);
    expect_gap_from(&app, arrived);
    finish(&app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_ended_meanwhile),
        cmocka_unit_test(the_server_fell_silent_meanwhile),
        cmocka_unit_test(what_was_said_before_the_end_is_read),
        cmocka_unit_test(nobody_stood_still),
    };
    return cmocka_run_group_tests_name("gap", tests, NULL, NULL);
}
