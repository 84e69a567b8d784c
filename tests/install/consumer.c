/*
 * A program of somebody else: finds the installed library through pkg-config, and sees a
 * connection to a port where nobody listens fail with a report. Valid as C and as C++.
 */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pusher/pusher.h>

#define DEADLINE_MS 20000

/* A port that stays taken and refuses connections: bound, and not listening. */
static int bind_port(uint16_t *port)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) ||
        getsockname(fd, (struct sockaddr *)&address, &len))
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    int *connect_problems = (int *)userdata;
    *connect_problems += problem->kind == PUSHER_PROBLEM_CONNECT && problem->will_retry;
    pusher_loop_stop(pusher_client_loop(client));
}

int main(void)
{
    if (strcmp(pusher_version(), PUSHER_VERSION) != 0)
        return 2;
    int connect_problems = 0;
    pusher_client *client = NULL;
    pusher_options options;
    pusher_options_init(&options);
    options.key = "not a key";
    options.host = "127.0.0.1";
    options.tls = false;
    options.on_problem = on_problem;
    options.userdata = &connect_problems;
    if (pusher_client_new(&client, &options) != PUSHER_ERR_BAD_KEY)
        return 3;

    options.key = "app-key";
    int fd = bind_port(&options.port);
    if (fd < 0 || pusher_client_new(&client, &options) ||
        pusher_client_subscribe(client, "room", NULL) || pusher_client_connect(client))
        return 4;
    int rc = pusher_loop_run_for(pusher_client_loop(client), DEADLINE_MS);
    pusher_client_free(client);
    close(fd);
    if (rc || connect_problems != 1)
        return 5;
    printf("works with %s\n", pusher_version());
    return 0;
}
