/*
 * One client with many channels on a network in virtual time, to be counted by callgrind:
 * the slope between two TIMES, without what the network does, is the client's work (see
 * harness/many_channels.py).
 *
 *   many_channels public|private|batch CHANNELS TIMES   a server goes and comes back
 *   many_channels dispatch CHANNELS TIMES               an event to one of them
 *
 * Status 1 unless every channel was subscribed, and every event dispatched, each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

#include "support/fake_net.h"

enum { BINDINGS = 10, STRIDE = 7919 };

/* Long enough for the connection to count as one that worked. */
enum { STABLE_MS = 60000 };

/* As long as that of a server. */
#define SIGNATURE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct bench {
    pusher_loop *loop;
    pusher_client *client;
    size_t channels;
    size_t times;
    size_t subscribed;    /* confirmations that were told */
    size_t events;        /* likewise */
    char **confirmations; /* made before: they are not what is counted */
    char **messages;      /* likewise, one for each channel */
};

static void fail(const char *what)
{
    fprintf(stderr, "many_channels: %s\n", what);
    exit(1);
}

static void check(int rc, const char *what)
{
    if (rc)
        fail(what);
}

/* --- the application --- */

static void authorize(pusher_client *client, const pusher_auth_request *requests,
                      size_t count, void *userdata)
{
    static const char answer[] = "{\"auth\":\"k:" SIGNATURE "\"}";
    (void)userdata;
    for (size_t i = 0; i < count; i++)
        check(pusher_auth_resolve(client, requests[i].id, answer, sizeof answer - 1),
              "an answer was not taken");
}

static void count_up(pusher_client *client, const pusher_event *event, void *userdata)
{
    size_t *counter = userdata;
    (void)client;
    (void)event;
    ++*counter;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    if (problem->kind != PUSHER_PROBLEM_CLOSED)
        fail(problem->message.ptr);
}

static void open_client(struct bench *bench, bool batch)
{
    pusher_options options;
    pusher_options_init(&options);
    check(pusher_loop_new(&bench->loop, NULL), "no loop");
    options.loop = bench->loop;
    options.key = "k";
    options.host = "h";
    options.tls = false;
    options.authorizer.begin = authorize;
    options.authorizer.batch = batch;
    options.on_problem = on_problem;
    check(pusher_client_new(&bench->client, &options), "no client");
}

/* The event that comes, and others in front of it. */
static void bind_events(struct bench *bench, pusher_channel *channel)
{
    char other[32];
    for (int i = 1; i < BINDINGS; i++) {
        snprintf(other, sizeof other, "order-other-%d", i);
        check(pusher_channel_bind(channel, other, count_up, &bench->events, NULL, NULL),
              "no binding");
    }
    check(pusher_channel_bind(channel, "order-updated", count_up, &bench->events, NULL,
                              NULL),
          "no binding");
}

/* --- the server --- */

static char *text_of(const char *format, const char *channel)
{
    int length = snprintf(NULL, 0, format, channel);
    char *text = malloc((size_t)length + 1);
    if (!text)
        fail("out of memory");
    snprintf(text, (size_t)length + 1, format, channel);
    return text;
}

static void add_channels(struct bench *bench, const char *prefix)
{
    bench->confirmations = calloc(bench->channels, sizeof *bench->confirmations);
    bench->messages = calloc(bench->channels, sizeof *bench->messages);
    if (!bench->confirmations || !bench->messages)
        fail("out of memory");
    for (size_t i = 0; i < bench->channels; i++) {
        char name[48];
        pusher_channel *channel;
        snprintf(name, sizeof name, "%sorders-of-customer-%06zu", prefix, i);
        bench->confirmations[i] = text_of(
            "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\","
            "\"data\":\"{}\"}",
            name);
        bench->messages[i] =
            text_of("{\"event\":\"order-updated\",\"channel\":\"%s\",\"data\":\"{"
                    "\\\"seq\\\":1000000000,\\\"px\\\":100.00,\\\"qty\\\":12,"
                    "\\\"note\\\":\\\"as ordered\\\"}\"}",
                    name);
        check(pusher_client_subscribe(bench->client, name, &channel), "no channel");
        check(pusher_channel_bind(channel, "pusher:subscription_succeeded", count_up,
                                  &bench->subscribed, NULL, NULL),
              "no binding");
        bind_events(bench, channel);
    }
}

/* Open, greeted, and every subscription confirmed. */
static void serve(struct bench *bench)
{
    fake_open(bench->loop);
    fake_text(bench->loop, "{\"event\":\"pusher:connection_established\",\"data\":\"{"
                           "\\\"socket_id\\\":\\\"1.2\\\","
                           "\\\"activity_timeout\\\":120}\"}");
    for (size_t i = 0; i < bench->channels; i++)
        fake_text(bench->loop, bench->confirmations[i]);
}

/* --- what is counted --- */

static void return_often(struct bench *bench)
{
    for (size_t i = 0; i < bench->times; i++) {
        fake_advance(bench->loop, STABLE_MS);
        fake_end(bench->loop, WS_STAGE_OPEN, 4200, ""); /* come back at once */
        serve(bench);
    }
}

/* Neighbours in memory do not follow each other. */
static void dispatch_often(struct bench *bench)
{
    for (size_t i = 0; i < bench->times; i++)
        fake_text(bench->loop, bench->messages[i * STRIDE % bench->channels]);
}

static void close_client(struct bench *bench)
{
    pusher_client_free(bench->client);
    pusher_loop_free(bench->loop);
    for (size_t i = 0; i < bench->channels; i++) {
        free(bench->confirmations[i]);
        free(bench->messages[i]);
    }
    free(bench->confirmations);
    free(bench->messages);
}

static void play(struct bench *bench, const char *scenario)
{
    bool dispatch = strcmp(scenario, "dispatch") == 0;
    bool public = dispatch || strcmp(scenario, "public") == 0;
    open_client(bench, strcmp(scenario, "batch") == 0);
    add_channels(bench, public ? "" : "private-");
    check(pusher_client_connect(bench->client), "no connection");
    fake_settle(bench->loop);
    serve(bench);
    if (dispatch)
        dispatch_often(bench);
    else
        return_often(bench);
    size_t returns = dispatch ? 0 : bench->times;
    if (bench->subscribed != bench->channels * (1 + returns))
        fail("not every channel was subscribed");
    if (bench->events != (dispatch ? bench->times : 0))
        fail("not every event was dispatched");
    close_client(bench);
}

int main(int argc, char **argv)
{
    static const char *const scenarios[] = {"public", "private", "batch", "dispatch"};
    struct bench bench = {0};
    if (argc == 4) {
        bench.channels = strtoul(argv[2], NULL, 10);
        bench.times = strtoul(argv[3], NULL, 10);
    }
    for (size_t i = 0; bench.channels && i < sizeof scenarios / sizeof *scenarios; i++) {
        if (strcmp(argv[1], scenarios[i]) == 0) {
            play(&bench, scenarios[i]);
            return 0;
        }
    }
    fprintf(stderr,
            "usage: many_channels public|private|batch|dispatch CHANNELS TIMES\n");
    return 2;
}
