/*
 * The library inside an event loop of the application's own: one descriptor to watch, one
 * call when it is readable. Here the loop is epoll(7), and it also reads standard input.
 *
 *   own_loop KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * Type the name of a channel to subscribe to it; end of input ends the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void run(pusher_client *client, int epoll_fd)
{
    pusher_loop *loop = pusher_client_loop(client);
    for (;;) {
        struct epoll_event event;
        /* No timeout: the library's timers make its descriptor readable too. */
        int count = epoll_wait(epoll_fd, &event, 1, -1);
        if (count < 0 && errno != EINTR)
            return;
        if (count < 1)
            continue;
        if (event.data.fd == pusher_loop_fd(loop))
            pusher_loop_dispatch(loop);
        else if (!read_name(client))
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
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int fd = pusher_loop_fd(pusher_client_loop(client)); /* one, whatever the clients */
    if (fd >= 0 && watch(epoll_fd, fd) == 0 && watch(epoll_fd, STDIN_FILENO) == 0)
        run(client, epoll_fd);
    else
        perror("epoll");
    close(epoll_fd);
    pusher_client_free(client);
    return 0;
}
