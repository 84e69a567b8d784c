/*
 * The library inside a GLib main loop, as of a GTK program: a source that watches the
 * loop's one descriptor. Callbacks run in the thread that runs the main loop.
 *
 *   glib_loop KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * Type the name of a channel to subscribe to it; end of input ends the program.
 */
#include <stdio.h>
#include <stdlib.h>

#include <pusher/adapters/glib.h>
#include <pusher/pusher.h>

struct program {
    GMainLoop *main_loop;
    pusher_client *client;
};

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

static gboolean on_input(GIOChannel *input, GIOCondition condition, gpointer userdata)
{
    struct program *program = userdata;
    gchar *line = NULL;
    (void)condition;
    GIOStatus status = g_io_channel_read_line(input, &line, NULL, NULL, NULL);
    if (status == G_IO_STATUS_NORMAL)
        subscribe(program->client, g_strchomp(line));
    g_free(line);
    if (status == G_IO_STATUS_NORMAL || status == G_IO_STATUS_AGAIN)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(program->main_loop);
    return G_SOURCE_REMOVE;
}

static int run(struct program *program)
{
    pusher_loop *loop = pusher_client_loop(program->client);
    GSource *source = pusher_glib_attach(loop, NULL);
    if (!source)
        return PUSHER_ERR_UNSUPPORTED; /* a library without libuv */
    GIOChannel *input = g_io_channel_unix_new(0);
    g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_input, program);
    program->main_loop = g_main_loop_new(NULL, FALSE);
    g_main_loop_run(program->main_loop);
    g_main_loop_unref(program->main_loop);
    g_io_channel_unref(input);
    pusher_glib_detach(source); /* before the loop is freed */
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s KEY HOST PORT\n", argv[0]);
        return 1;
    }
    struct program program = {NULL, NULL};
    pusher_options options;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    int error = pusher_client_new(&program.client, &options);
    if (!error)
        error = pusher_client_connect(program.client);
    if (!error)
        error = run(&program);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(program.client);
    return error ? 1 : 0;
}
