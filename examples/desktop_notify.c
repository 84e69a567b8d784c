/*
 * Desktop notifications: each event "notification" of a channel, with data such as
 * {"title":"Order 7","body":"is ready"}, is shown by the desktop's notification service.
 * One GLib main loop drives everything, as in a GTK program.
 *
 *   desktop_notify KEY HOST PORT CHANNEL    (without TLS, as of `pusherctl sandbox`)
 *
 * SIGINT and SIGTERM end it.
 */
#include <glib-unix.h>
#include <json-c/json.h>
#include <libnotify/notify.h>
#include <stdio.h>
#include <stdlib.h>

#include <pusher/adapters/glib.h>
#include <pusher/pusher.h>

static const char *text_of(struct json_object *data, const char *member)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(data, member, &value);
    return value ? json_object_get_string(value) : ""; /* NULL: left out, or null */
}

static void on_notification(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    struct json_object *data = pusher_event_json(event);
    GError *error = NULL;
    (void)client;
    (void)userdata;
    const char *title = text_of(data, "title");
    /* The service may take markup in a body: what comes over the network is no markup. */
    gchar *body = g_markup_escape_text(text_of(data, "body"), -1);
    NotifyNotification *note = notify_notification_new(title, body, NULL);
    if (notify_notification_show(note, &error)) {
        printf("shown: %s\n", title);
    } else {
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
    }
    fflush(stdout);
    g_object_unref(note);
    g_free(body);
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)userdata;
    printf("listening to %s\n", event->channel_name.ptr);
    fflush(stdout);
}

static gboolean on_signal(gpointer main_loop)
{
    g_main_loop_quit(main_loop);
    return G_SOURCE_CONTINUE;
}

static int run(pusher_client *client)
{
    GSource *source = pusher_glib_attach(pusher_client_loop(client), NULL);
    if (!source)
        return PUSHER_ERR_UNSUPPORTED; /* a library without libuv */
    GMainLoop *main_loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, on_signal, main_loop);
    g_unix_signal_add(SIGTERM, on_signal, main_loop);
    g_main_loop_run(main_loop);
    g_main_loop_unref(main_loop);
    pusher_glib_detach(source);
    return 0;
}

static int listen_to(pusher_client *client, const char *name)
{
    pusher_channel *channel = NULL;
    int error = pusher_client_subscribe(client, name, &channel);
    if (!error)
        error = pusher_channel_bind(channel, "pusher:subscription_succeeded",
                                    on_subscribed, NULL, NULL, NULL);
    if (!error)
        error = pusher_channel_bind(channel, "notification", on_notification, NULL, NULL,
                                    NULL);
    if (!error)
        error = pusher_client_connect(client);
    return error ? error : run(client);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s KEY HOST PORT CHANNEL\n", argv[0]);
        return 1;
    }
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    if (!notify_init("pusher")) {
        fprintf(stderr, "no notifications: is there a session bus?\n");
        return 1;
    }
    int error = pusher_client_new(&client, &options);
    if (!error)
        error = listen_to(client, argv[4]);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(client);
    notify_uninit();
    return error ? 1 : 0;
}
