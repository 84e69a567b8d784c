/*
 * A device that waits for commands and reports what it has done. It shares its channel
 * with whoever commands it; its reports are client events, which wait in a queue while
 * there is no connection, since none may be lost.
 *
 *   command_device KEY HOST PORT AUTH_URL DEVICE    (without TLS)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

struct device {
    int lamp; /* its only limb */
};

static void report(pusher_channel *channel, const struct device *device)
{
    char json[32];
    snprintf(json, sizeof json, "{\"lamp\":%d}", device->lamp);
    int error = pusher_channel_trigger(channel, "client-state", json);
    if (error)
        fprintf(stderr, "not reported: %s\n", pusher_strerror(error));
}

/* data: "on" or "off". Anything else is not understood, and said so. */
static void on_command(pusher_client *client, const pusher_event *event, void *userdata)
{
    struct device *device = userdata;
    const char *command = event->data.ptr ? event->data.ptr : "";
    (void)client;
    if (strcmp(command, "on") == 0 || strcmp(command, "off") == 0) {
        device->lamp = strcmp(command, "on") == 0;
        printf("lamp %s\n", command);
        report(event->channel, device);
    } else {
        printf("unknown command\n");
    }
    fflush(stdout);
}

/* After each connection: whoever commands may have missed a report. */
static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    printf("ready\n");
    fflush(stdout);
    report(event->channel, userdata);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s KEY HOST PORT AUTH_URL DEVICE\n", argv[0]);
        return 1;
    }
    struct device device = {0};
    pusher_options options;
    pusher_client *client = NULL;
    pusher_channel *channel = NULL;
    char name[128];
    pusher_options_init(&options);
    options.key = argv[1];
    options.host = argv[2];
    options.port = (uint16_t)atoi(argv[3]);
    options.tls = false;
    options.auth_endpoint.url = argv[4];
    options.event_queue = PUSHER_QUEUE_DROP_OLDEST; /* the newest state is what counts */
    options.event_queue_max = 16;
    snprintf(name, sizeof name, "private-device-%s", argv[5]);
    int error = pusher_client_new(&client, &options);
    if (!error)
        error = pusher_client_subscribe(client, name, &channel);
    if (!error)
        error = pusher_channel_bind(channel, "command", on_command, &device, NULL, NULL);
    if (!error)
        error = pusher_channel_bind(channel, "pusher:subscription_succeeded",
                                    on_subscribed, &device, NULL, NULL);
    if (!error)
        error = pusher_client_run(client);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(client);
    return error ? 1 : 0;
}
