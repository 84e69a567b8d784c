#include <pusher/pusher.h>
#include <stdio.h>

static void on_order(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client, (void)userdata;
    printf("%s: %s\n", event->name.ptr, event->data.ptr ? event->data.ptr : "no data");
}

int main(void)
{
    pusher_client *client = NULL;
    pusher_channel *room = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "YOUR_APP_KEY";
    options.cluster = "eu";
    pusher_client_new(&client, &options); /* the calls below refuse what is NULL */
    pusher_client_subscribe(client, "room", &room);
    pusher_channel_bind(room, "order", on_order, NULL, NULL, NULL);
    int error = pusher_client_run(client); /* connects, reconnects, calls on_order */
    pusher_client_free(client);
    return error ? 1 : 0;
}
