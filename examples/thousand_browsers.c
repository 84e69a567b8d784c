/*
 * A thousand browsers in one process: clients that share one loop, and so one thread.
 *
 *   thousand_browsers KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * Each subscribes to "room". Says when all are there, and how many each event of the room
 * has reached; the event "bye" ends the program when it has reached all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

#define BROWSERS 1000

struct room {
    pusher_loop *loop;
    int subscribed;
    int reached; /* by the last event */
};

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    struct room *room = userdata;
    if (++room->subscribed != BROWSERS)
        return;
    printf("%d browsers are in the room\n", room->subscribed);
    fflush(stdout);
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    struct room *room = userdata;
    if (strncmp(event->name.ptr, "pusher:", 7) == 0 || ++room->reached != BROWSERS)
        return;
    printf("%s has reached %d browsers\n", event->name.ptr, room->reached);
    fflush(stdout);
    room->reached = 0;
    if (strcmp(event->name.ptr, "bye") == 0)
        pusher_loop_stop(room->loop);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    fprintf(stderr, "%s\n", problem->message.ptr);
}

static int add_browser(const pusher_options *options, struct room *room)
{
    pusher_client *client;
    pusher_channel *channel;
    int error = pusher_client_new(&client, options);
    if (!error)
        error = pusher_client_subscribe(client, "room", &channel);
    if (!error)
        error = pusher_channel_bind_once(channel, "pusher:subscription_succeeded",
                                         on_subscribed, room, NULL, NULL);
    if (!error)
        error = pusher_channel_bind(channel, NULL, on_event, room, NULL, NULL);
    return error ? error : pusher_client_connect(client);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s KEY HOST PORT\n", argv[0]);
        return 1;
    }
    struct room room = {0};
    pusher_loop_options loop_options;
    pusher_loop_options_init(&loop_options);
    loop_options.descriptors = BROWSERS + 64; /* many systems allow 1,024 unless asked */
    int error = pusher_loop_new(&room.loop, &loop_options);
    pusher_options options;
    pusher_options_init(&options);
    options.loop = room.loop;
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    options.on_problem = on_problem;
    for (int i = 0; !error && i < BROWSERS; i++)
        error = add_browser(&options, &room);
    if (!error)
        error = pusher_loop_run(room.loop);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_loop_free(room.loop); /* and the clients on it */
    return error != 0;
}
