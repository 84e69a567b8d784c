/*
 * How the connection fares: the state callback and the problem callback.
 *
 *   states KEY HOST PORT    (without TLS, as of `pusherctl sandbox`)
 *
 * The library reconnects by itself; these callbacks only tell. It ends when the server
 * refuses for good, or at once when the arguments are wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include <pusher/pusher.h>

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)userdata;
    printf("%s -> %s", pusher_state_name(previous), pusher_state_name(current));
    if (current == PUSHER_STATE_CONNECTED)
        printf(", socket id %s", pusher_client_socket_id(client).ptr);
    printf("\n");
    fflush(stdout);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    (void)userdata;
    printf("%s: %s", pusher_problem_name(problem->kind), problem->message.ptr);
    if (problem->attempt && problem->will_retry)
        printf(" (attempt %u, the next in %u ms)", problem->attempt,
               problem->retry_in_ms);
    printf("\n");
    fflush(stdout);
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
    options.on_state = on_state;
    options.on_problem = on_problem;

    pusher_client *client = NULL;
    int error = pusher_client_new(&client, &options);
    if (!error)
        error = pusher_client_run(client);
    if (error)
        fprintf(stderr, "%s\n", pusher_strerror(error));
    pusher_client_free(client);
    return error ? 1 : 0;
}
