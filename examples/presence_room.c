/*
 * A chat room's sidebar: who is here, and who is typing. Typing is a client event, from
 * member to member without a server of the application's.
 *
 *   presence_room KEY HOST PORT AUTH_URL ROOM    (without TLS)
 *
 * AUTH_URL is the endpoint of the application that signs for presence channels. Each line
 * of standard input stands for a key press: the others are told that we type.
 */
#include <stdio.h>
#include <stdlib.h>

#include <poll.h>
#include <pusher/pusher.h>
#include <unistd.h>

static void show_members(const pusher_channel *room)
{
    pusher_member member = {0};
    printf("here:");
    while (pusher_channel_next_member(room, &member))
        printf(" %s", member.id.ptr);
    printf("\n");
    fflush(stdout);
}

static void on_members(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)userdata;
    show_members(event->channel);
}

static void on_typing(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)userdata;
    printf("%s is typing\n", event->user_id.ptr ? event->user_id.ptr : "somebody");
    fflush(stdout);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    fprintf(stderr, "%s\n", problem->message.ptr);
}

static int enter(pusher_client *client, const char *room, pusher_channel **ret)
{
    static const char *const changes[] = {"pusher:subscription_succeeded",
                                          "pusher:member_added", "pusher:member_removed"};
    int error = pusher_client_subscribe(client, room, ret);
    for (size_t i = 0; !error && i < sizeof changes / sizeof *changes; i++)
        error = pusher_channel_bind(*ret, changes[i], on_members, NULL, NULL, NULL);
    if (!error)
        error = pusher_channel_bind(*ret, "client-typing", on_typing, NULL, NULL, NULL);
    return error ? error : pusher_client_connect(client);
}

static void run(pusher_client *client, pusher_channel *room)
{
    pusher_loop *loop = pusher_client_loop(client);
    struct pollfd watched[] = {{.fd = pusher_loop_fd(loop), .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN}};
    char keys[256];
    while (poll(watched, 2, -1) >= 0) {
        if (watched[0].revents)
            pusher_loop_dispatch(loop);
        if (!watched[1].revents)
            continue;
        if (read(STDIN_FILENO, keys, sizeof keys) <= 0)
            return;
        /* Nobody needs to know later that we typed: what cannot go now is dropped. */
        pusher_channel_trigger(room, "client-typing", "{}");
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s KEY HOST PORT AUTH_URL ROOM\n", argv[0]);
        return 1;
    }
    pusher_options options;
    pusher_client *client = NULL;
    pusher_channel *room = NULL;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    options.auth_endpoint.url = argv[4];
    options.events_per_second = 10; /* what hosted servers allow */
    options.on_problem = on_problem;
    int error = pusher_client_new(&client, &options);
    if (!error)
        error = enter(client, argv[5], &room);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    else
        run(client, room);
    pusher_client_free(client);
    return error ? 1 : 0;
}
