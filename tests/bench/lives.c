/*
 * lives: clients that are made, connect, subscribe and are freed, one after another; what
 * the process has of memory, descriptors and threads meanwhile. `tests/bench/lives` runs
 * it.
 *
 *   lives_clients HOST PORT KEY N WAY
 *
 * WAY: how the loop is driven. "run", "thread" and "dispatch" keep one loop, which the
 * library runs, runs on its thread, or poll() watches; "own" has a loop for each client.
 * Prints a line of JSON after a fifth of them, and one at the end.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

#include "proc.h"

enum { LONGEST_MS = 20000 };

static struct {
    char **to; /* HOST PORT KEY */
    pusher_loop *loop;
    bool over; /* of the present client, on its loop */
} lives;

static void check(int rc, const char *what)
{
    if (!rc)
        return;
    fprintf(stderr, "lives: %s: %s\n", what, pusher_strerror(rc));
    exit(1);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    fprintf(stderr, "lives: %s\n", problem->message.ptr);
    exit(1);
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)event;
    (void)userdata;
    lives.over = true;
    pusher_loop_stop(pusher_client_loop(client));
}

static pusher_client *make_client(void)
{
    pusher_options options;
    pusher_client *client;
    pusher_channel *channel;
    pusher_options_init(&options);
    options.loop = lives.loop;
    options.host = lives.to[0];
    options.port = (uint16_t)atoi(lives.to[1]);
    options.key = lives.to[2];
    options.tls = false;
    options.on_problem = on_problem;
    check(pusher_client_new(&client, &options), "pusher_client_new");
    check(pusher_client_subscribe(client, "room", &channel), "pusher_client_subscribe");
    check(pusher_channel_bind(channel, "pusher:subscription_succeeded", on_subscribed,
                              NULL, NULL, NULL),
          "pusher_channel_bind");
    check(pusher_client_connect(client), "pusher_client_connect");
    lives.over = false;
    return client;
}

/* --- the ways; each returns when the client is subscribed --- */

static void by_run(void)
{
    check(pusher_loop_run_for(lives.loop, LONGEST_MS), "pusher_loop_run_for");
}

static void by_thread(void)
{
    check(pusher_loop_start(lives.loop), "pusher_loop_start");
    check(pusher_loop_join(lives.loop), "pusher_loop_join");
}

static void by_dispatch(void)
{
    struct pollfd ready = {.fd = pusher_loop_fd(lives.loop), .events = POLLIN};
    while (!lives.over) {
        if (poll(&ready, 1, LONGEST_MS) != 1)
            check(PUSHER_ERR_TIMEOUT, "poll");
        check(pusher_loop_dispatch(lives.loop), "pusher_loop_dispatch");
    }
}

static const struct way {
    const char *name;
    void (*drive)(void);
    bool own_loop;
} ways[] = {
    {"run", by_run, false},
    {"thread", by_thread, false},
    {"dispatch", by_dispatch, false},
    {"own", by_run, true},
};

static const struct way *find_way(const char *name)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

static void live(const struct way *way)
{
    if (way->own_loop)
        check(pusher_loop_new(&lives.loop, NULL), "pusher_loop_new");
    pusher_client *client = make_client();
    way->drive();
    pusher_client_free(client);
    if (way->own_loop)
        pusher_loop_free(lives.loop);
}

/* Lets what was closed last go, so that two reports compare. */
static void report(const struct way *way, unsigned count)
{
    int rc = way->own_loop ? PUSHER_ERR_TIMEOUT : 0;
    while (!rc) /* 0: of a stop that was not used up */
        rc = pusher_loop_run_for(lives.loop, 200);
    check(rc == PUSHER_ERR_TIMEOUT ? 0 : rc, "pusher_loop_run_for");
    struct proc proc = proc_read();
    printf("{\"lives\":%u,\"private_kib\":%ld,\"descriptors\":%d,\"threads\":%d}\n",
           count, proc.private_kib, proc.descriptors, proc.threads);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const struct way *way = argc == 6 ? find_way(argv[5]) : NULL;
    unsigned lives_wanted = way ? (unsigned)atoi(argv[4]) : 0;
    if (!way || lives_wanted < 5) {
        fprintf(stderr, "usage: %s HOST PORT KEY N run|thread|dispatch|own\n", argv[0]);
        return 1;
    }
    lives.to = argv + 1;
    if (!way->own_loop)
        check(pusher_loop_new(&lives.loop, NULL), "pusher_loop_new");
    for (unsigned i = 1; i <= lives_wanted; i++) {
        live(way);
        if (i == lives_wanted / 5 || i == lives_wanted)
            report(way, i);
    }
    if (!way->own_loop)
        pusher_loop_free(lives.loop);
    return 0;
}
