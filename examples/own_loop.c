/*
 * The library inside an event loop of the application's own: one descriptor to watch, one
 * call when it is readable. Here the loop is poll(2), and it also reads standard input.
 *
 *   own_loop KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * Type the name of a channel to subscribe to it; end of input ends the program.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pusher/pusher.h>

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)userdata;
    printf("%s %s %s\n", event->channel_name.ptr, event->name.ptr,
           event->data.ptr ? event->data.ptr : "");
    fflush(stdout);
}

static void subscribe(pusher_client *client, const char *name)
{
    if (pusher_client_channel(client, name))
        return; /* a second binding would print each event twice */
    pusher_channel *channel = NULL;
    int error = pusher_client_subscribe(client, name, &channel);
    if (!error)
        error = pusher_channel_bind(channel, NULL, on_event, NULL, NULL, NULL);
    if (error)
        fprintf(stderr, "%s: %s\n", name, pusher_strerror(error));
}

/* False at the end of input. */
static int read_name(pusher_client *client)
{
    char name[256];
    ssize_t len = read(STDIN_FILENO, name, sizeof name - 1); /* a terminal gives lines */
    if (len <= 0)
        return 0;
    name[len] = '\0';
    name[strcspn(name, "\n")] = '\0';
    subscribe(client, name);
    return 1;
}

static void run(pusher_client *client)
{
    pusher_loop *loop = pusher_client_loop(client);
    struct pollfd watched[] = {
        {.fd = pusher_loop_fd(loop), .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
    };
    for (;;) {
        /* No timeout: the library's timers make its descriptor readable too. */
        if (poll(watched, 2, -1) < 0 && errno != EINTR)
            return;
        if (watched[0].revents)
            pusher_loop_dispatch(loop);
        if (watched[1].revents && !read_name(client))
            return;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s KEY HOST PORT\n", argv[0]);
        return 1;
    }
    pusher_options options;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;

    pusher_client *client = NULL;
    int error = pusher_client_new(&client, &options);
    if (error) {
        fprintf(stderr, "%s\n", pusher_strerror(error));
        return 1;
    }
    pusher_client_connect(client); /* only asks; the work happens in dispatch */
    run(client);
    pusher_client_free(client);
    return 0;
}
