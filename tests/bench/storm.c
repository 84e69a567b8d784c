/*
 * storm: N clients on one loop whose server dies; how their attempts to return are spread
 * over the seconds, until everybody is subscribed again. `tests/bench/storm` runs it.
 *
 *   storm_clients HOST PORT KEY N [SPREAD_MS]
 *
 * Prints "ready" when all are subscribed, then, once lost and back, one line of JSON. On
 * loopback an attempt fails or succeeds at once, so its result tells when it was made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <pusher/pusher.h>

#include "proc.h"

enum { MOST_SECONDS = 600, LONGEST_MS = MOST_SECONDS * 1000 };

static struct {
    pusher_loop *loop;
    unsigned clients;
    uint64_t begun_at_ms;
    unsigned ready_ms;
    long ready_kib;      /* private memory when all were subscribed for the first time */
    unsigned subscribed; /* now */
    unsigned lost;       /* so far */
    uint64_t lost_at_ms; /* the first one */
    unsigned attempts;
    unsigned by_second[MOST_SECONDS];
} storm;

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void count_attempt(void)
{
    uint64_t second = (now_ms() - storm.lost_at_ms) / 1000;
    if (!storm.lost || second >= MOST_SECONDS)
        return;
    storm.by_second[second]++;
    storm.attempts++;
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    (void)userdata;
    if (previous == PUSHER_STATE_CONNECTED) {
        if (!storm.lost++)
            storm.lost_at_ms = now_ms();
        storm.subscribed--;
    }
    if (current == PUSHER_STATE_CONNECTED)
        count_attempt();
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    if (problem->attempt && problem->kind != PUSHER_PROBLEM_CLOSED)
        count_attempt();
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    (void)userdata;
    storm.subscribed++;
    if (storm.subscribed == storm.clients && storm.lost != storm.clients) {
        storm.ready_ms = (unsigned)(now_ms() - storm.begun_at_ms);
        storm.ready_kib = proc_read().private_kib;
        puts("ready");
        fflush(stdout);
    }
    if (storm.subscribed == storm.clients && storm.lost)
        pusher_loop_stop(storm.loop);
}

static int add_client(char **argv)
{
    pusher_options options;
    pusher_client *client;
    pusher_channel *channel;
    pusher_options_init(&options);
    options.loop = storm.loop;
    options.host = argv[1];
    options.port = (uint16_t)atoi(argv[2]);
    options.key = argv[3];
    options.tls = false;
    options.on_state = on_state;
    options.on_problem = on_problem;
    if (argv[4] && argv[5])
        options.reconnect_spread_ms = (uint32_t)atoi(argv[5]);
    int rc = pusher_client_new(&client, &options);
    if (!rc)
        rc = pusher_client_subscribe(client, "room", &channel);
    if (!rc)
        rc = pusher_channel_bind(channel, "pusher:subscription_succeeded", on_subscribed,
                                 NULL, NULL, NULL);
    return rc ? rc : pusher_client_connect(client);
}

static void print_result(void)
{
    unsigned busiest = 0;
    for (unsigned i = 0; i < MOST_SECONDS; i++)
        busiest = storm.by_second[i] > busiest ? storm.by_second[i] : busiest;
    printf("{\"clients\":%u,\"all_ready_ms\":%u,\"lost\":%u,\"attempts\":%u,\"busiest_"
           "second_percent\":%.1f,"
           "\"all_back_ms\":%u,\"ready_kib\":%ld,\"back_kib\":%ld}\n",
           storm.clients, storm.ready_ms, storm.lost, storm.attempts,
           storm.attempts ? 100.0 * busiest / storm.attempts : 100.0,
           (unsigned)(now_ms() - storm.lost_at_ms), storm.ready_kib,
           proc_read().private_kib);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 6 || atoi(argv[4]) < 1) {
        fprintf(stderr, "usage: %s HOST PORT KEY N [SPREAD_MS]\n", argv[0]);
        return 1;
    }
    storm.clients = (unsigned)atoi(argv[4]);
    pusher_loop_options options;
    pusher_loop_options_init(&options);
    options.descriptors = storm.clients + 64;
    storm.begun_at_ms = now_ms();
    int rc = pusher_loop_new(&storm.loop, &options);
    for (unsigned i = 0; !rc && i < storm.clients; i++)
        rc = add_client(argv);
    if (!rc)
        rc = pusher_loop_run_for(storm.loop, LONGEST_MS);
    if (rc)
        fprintf(stderr, "%s\n", pusher_strerror(rc));
    else
        print_result();
    pusher_loop_free(storm.loop);
    return rc ? 1 : 0;
}
