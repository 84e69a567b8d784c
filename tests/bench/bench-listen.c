/*
 * bench-listen: receives with our own library, through its public API alone: N clients on
 * one loop, one binding each, default options apart from host, port and TLS.
 *
 * --depth text counts an event when its decoded data is at hand; --depth json counts it
 * after one member of the parsed data was read.
 */
#include <stdlib.h>

#include <json-c/json.h>
#include <pusher/pusher.h>

#include "receiver.h"

static struct {
    struct receiver receiver;
    pusher_loop *loop;
    pusher_client **clients;
    uint32_t started;
    uint32_t subscribed;
} bench;

static void check(int result, const char *what)
{
    if (result != 0)
        receiver_fail("%s: %s", what, pusher_strerror(result));
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    receiver_fail("%s: %s", pusher_problem_name(problem->kind), problem->message.ptr);
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    (void)userdata;
    if (previous == PUSHER_STATE_CONNECTED)
        receiver_fail("a connected client is now %s", pusher_state_name(current));
}

/* The stamp of an event in paced mode, and the member that depth json reads. */
static uint64_t read_data(struct receiver *receiver, const pusher_event *event)
{
    struct json_object *member;

    if (!receiver->json)
        return receiver->mode == RECEIVER_PACED
                   ? receiver_stamp(event->data.ptr, event->data.len, false)
                   : 0;
    if (!json_object_object_get_ex(pusher_event_json(event), "seq", &member) ||
        json_object_get_int64(member) <= 0)
        receiver->errors++;
    if (receiver->mode == RECEIVER_PACED &&
        json_object_object_get_ex(pusher_event_json(event), "t", &member))
        return strtoull(json_object_get_string(member), NULL, 10);
    return 0;
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    struct receiver *receiver = userdata;

    (void)client;
    if (event->data_kind != PUSHER_DATA_TEXT || event->data.ptr[0] != '{')
        receiver->errors++;
    if (receiver_count(receiver, read_data(receiver, event)))
        pusher_loop_stop(bench.loop);
}

static void start_next(void);

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    (void)userdata;
    if (++bench.subscribed == bench.receiver.clients)
        receiver_ready(&bench.receiver);
    else if (bench.started < bench.receiver.clients)
        start_next();
}

static void start_next(void)
{
    struct receiver *receiver = &bench.receiver;
    pusher_client **client = &bench.clients[bench.started++];
    pusher_channel *channel;
    pusher_options options;

    pusher_options_init(&options);
    options.loop = bench.loop;
    options.key = receiver->key;
    options.host = receiver->host;
    options.port = receiver->port;
    options.tls = receiver->ca_file != NULL;
    options.ca_file = receiver->ca_file;
    options.on_state = on_state;
    options.on_problem = on_problem;
    check(pusher_client_new(client, &options), "pusher_client_new");
    check(pusher_client_subscribe(*client, receiver->channel, &channel),
          "pusher_client_subscribe");
    check(pusher_channel_bind(channel, "pusher:subscription_succeeded", on_subscribed,
                              NULL, NULL, NULL),
          "pusher_channel_bind");
    if (receiver->mode != RECEIVER_IDLE)
        check(
            pusher_channel_bind(channel, receiver->event, on_event, receiver, NULL, NULL),
            "pusher_channel_bind");
    check(pusher_client_connect(*client), "pusher_client_connect");
}

int main(int argc, char **argv)
{
    struct receiver *receiver = &bench.receiver;

    receiver_init(receiver, argc, argv);
    bench.clients = calloc(receiver->clients, sizeof(pusher_client *));
    if (bench.clients == NULL)
        receiver_fail("out of memory");
    check(pusher_loop_new(&bench.loop, NULL), "pusher_loop_new");
    for (uint32_t i = 0; i < receiver->window && i < receiver->clients; i++)
        start_next();
    check(pusher_loop_run(bench.loop), "pusher_loop_run");
    receiver_finish(receiver);
    pusher_loop_free(bench.loop);
    free(bench.clients);
    return 0;
}
