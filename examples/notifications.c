/*
 * Notifications of one user, on a private channel: the application's server signs the
 * subscription, and the token with which we ask it is fetched anew for each request, so
 * that one that has expired does no harm.
 *
 *   notifications KEY HOST PORT AUTH_URL USER TOKEN_FILE    (without TLS)
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

/* For each authorization: "Authorization: Bearer TOKEN". */
static int provide_token(const pusher_auth_request *request, pusher_auth_extras *extras,
                         void *userdata)
{
    char header[512] = "Bearer ";
    size_t used = strlen(header);
    FILE *file = fopen(userdata, "r");
    (void)request;
    if (!file)
        return -1; /* tried again later */
    if (!fgets(header + used, (int)(sizeof header - used), file))
        header[used] = '\0';
    fclose(file);
    header[strcspn(header, "\n")] = '\0';
    return pusher_auth_add_header(extras, "Authorization", header);
}

static void on_notification(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    struct json_object *title = NULL;
    (void)client;
    (void)userdata;
    json_object_object_get_ex(pusher_event_json(event), "title", &title);
    printf("%s\n", title ? json_object_get_string(title) : "(without a title)");
    fflush(stdout);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    fprintf(stderr, "%s%s\n", problem->message.ptr,
            problem->will_retry ? "" : " (please sign in again)");
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: %s KEY HOST PORT AUTH_URL USER TOKEN_FILE\n", argv[0]);
        return 1;
    }
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
    options.auth_endpoint.provide = provide_token;
    options.auth_endpoint.userdata = argv[6];
    options.on_problem = on_problem;
    snprintf(name, sizeof name, "private-user-%s", argv[5]);
    int error = pusher_client_new(&client, &options);
    if (!error)
        error = pusher_client_subscribe(client, name, &channel);
    if (!error)
        error = pusher_channel_bind(channel, "notification", on_notification, NULL, NULL,
                                    NULL);
    if (!error)
        error = pusher_client_run(client); /* connects, and stays */
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(client);
    return error ? 1 : 0;
}
