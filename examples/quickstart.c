#include <pusher/pusher.h>
#include <stdio.h>

static void on_order(pusher_client *client, const pusher_event *event, void *userdata)
{
    printf("%s: %s\n", event->name.ptr, event->data.ptr ? event->data.ptr : "");
}

int main(void)
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = "YOUR_APP_KEY";
    options.cluster = "eu";
    pusher_client *client;
    pusher_channel *room;
    if (pusher_client_new(&client, &options))
        return 1;
    if (!pusher_client_subscribe(client, "room", &room) &&
        !pusher_channel_bind(room, "order", on_order, NULL, NULL, NULL))
        pusher_client_run(client);
    pusher_client_free(client);
}
