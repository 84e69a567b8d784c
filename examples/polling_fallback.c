/*
 * Orders that are never missed: they arrive as events; while the server is unavailable
 * the application asks their source itself; and after each reconnect it fetches what was
 * published in the gap, since the service does not repeat it.
 *
 *   polling_fallback KEY HOST PORT FILE    (without TLS, as of `pusherctl sandbox`)
 *
 * FILE stands for the application's own server: a line an order, "MS TEXT", where MS is
 * its time in milliseconds since 1970. Whoever adds a line also publishes it as event
 * "order" on channel "orders".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

enum { POLL_INTERVAL_MS = 500, UNAVAILABLE_AFTER_MS = 2000 };

struct app {
    const char *source;
    int64_t seen_until; /* the time of the newest order that was shown */
    int polling;
};

/* Shows an order, unless it came by another way already. */
static void show(struct app *app, const char *how, const char *line)
{
    int64_t time = strtoll(line, NULL, 10);
    if (time <= app->seen_until)
        return;
    app->seen_until = time;
    printf("%s: %s\n", how, line);
    fflush(stdout);
}

/* Asks the source for orders since `from`. A real one would be asked over HTTP. */
static void fetch(struct app *app, const char *how, int64_t from)
{
    char line[512];
    FILE *file = fopen(app->source, "r");
    if (!file) {
        perror(app->source);
        return;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strtoll(line, NULL, 10) >= from)
            show(app, how, line);
    }
    fclose(file);
}

static void on_order(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    if (event->data.ptr)
        show(userdata, "event", event->data.ptr);
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)userdata;
    printf("subscribed to %s\n", event->channel_name.ptr);
    fflush(stdout);
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    struct app *app = userdata;
    (void)client;
    (void)previous;
    app->polling = current == PUSHER_STATE_UNAVAILABLE;
    printf("%s%s\n", pusher_state_name(current), app->polling ? ", polling" : "");
    fflush(stdout);
}

/* Subscribed again: what was published meanwhile is only at the source. */
static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    (void)client;
    fetch(userdata, "missed", gap->from_unix_ms);
}

static int start(struct app *app, char **argv, pusher_client **ret)
{
    pusher_options options;
    pusher_channel *orders = NULL;
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    options.unavailable_timeout_ms = UNAVAILABLE_AFTER_MS;
    options.on_state = on_state;
    options.on_gap = on_gap;
    options.userdata = app;
    int error = pusher_client_new(ret, &options);
    if (!error)
        error = pusher_client_subscribe(*ret, "orders", &orders);
    if (!error)
        error = pusher_channel_bind(orders, "order", on_order, app, NULL, NULL);
    if (!error)
        error = pusher_channel_bind(orders, "pusher:subscription_succeeded",
                                    on_subscribed, NULL, NULL, NULL);
    return error ? error : pusher_client_connect(*ret);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s KEY HOST PORT FILE\n", argv[0]);
        return 1;
    }
    struct app app = {.source = argv[4]};
    pusher_client *client = NULL;
    int error = start(&app, argv, &client);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    /* The library works inside; each interval it is the application's turn. */
    while (!error || error == PUSHER_ERR_TIMEOUT) {
        error = pusher_loop_run_for(pusher_client_loop(client), POLL_INTERVAL_MS);
        if (app.polling)
            fetch(&app, "polled", 0);
    }
    pusher_client_free(client);
    return 1;
}
