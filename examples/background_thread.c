/*
 * The library on a thread of its own, and calls into it from another one: from
 * pusher_loop_start() to pusher_loop_join(), everything but pusher_loop_post() and
 * pusher_loop_stop() belongs to that thread.
 *
 *   background_thread KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * The main thread reads channel names from standard input; end of input ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

struct request {
    pusher_client *client;
    char channel[256];
};

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    (void)userdata;
    printf("%s %s %s\n", event->channel_name.ptr, event->name.ptr,
           event->data.ptr ? event->data.ptr : "");
    fflush(stdout);
}

/* On the loop's thread. */
static void subscribe(void *arg)
{
    struct request *request = arg;
    if (pusher_client_channel(request->client, request->channel))
        return;
    pusher_channel *channel = NULL;
    int error = pusher_client_subscribe(request->client, request->channel, &channel);
    if (!error)
        error = pusher_channel_bind(channel, NULL, on_event, NULL, NULL, NULL);
    if (error)
        fprintf(stderr, "%s: %s\n", request->channel, pusher_strerror(error));
}

static void post_names(pusher_loop *loop, pusher_client *client)
{
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        struct request *request = malloc(sizeof *request);
        if (!request)
            return;
        request->client = client;
        memcpy(request->channel, line, sizeof line);
        pusher_loop_post(loop, subscribe, request, free);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s KEY HOST PORT\n", argv[0]);
        return 1;
    }
    pusher_loop *loop = NULL;
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    int error = pusher_loop_new(&loop, NULL);
    options.loop = loop;
    if (!error)
        error = pusher_client_new(&client, &options);
    if (error) {
        fprintf(stderr, "%s\n", pusher_strerror(error));
        pusher_loop_free(loop);
        return 1;
    }
    pusher_client_connect(client); /* before the thread starts, this one owns the loop */
    error = pusher_loop_start(loop);
    if (error) {
        fprintf(stderr, "%s\n", pusher_strerror(error));
    } else {
        post_names(loop, client);
        pusher_loop_stop(loop);
        pusher_loop_join(loop);
    }
    /* Ours again. Names that were posted last and not looked at have been freed. */
    pusher_client_free(client);
    pusher_loop_free(loop);
    return error != 0;
}
