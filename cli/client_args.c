/*
 * The table of the options of a client, and what becomes of them.
 */
#include "client_args.h"

#include <pusher/error.h>

#include "command.h"

#define FIELD(name) offsetof(struct client_args, name)

const struct option_spec client_options[CLIENT_OPTION_COUNT] = {
    {.name = "path",
     .kind = OPTION_TEXT,
     .offset = FIELD(path),
     .value = "PATH",
     .help = "put before /app/KEY in the address"},
    {.name = "reconnect-spread",
     .kind = OPTION_NUMBER,
     .offset = FIELD(reconnect_spread_s),
     .min = 1,
     .max = 3600,
     .value = "S",
     .help = "spread returns to a lost server over S s; default 9.5"},
    {.name = "connect-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(connect_timeout_s),
     .min = 1,
     .max = 600,
     .value = "S",
     .help = "give up one attempt after S seconds; default 15"},
};

int client_args_check(const char *command, const struct connect_args *connect,
                      const struct client_args *client)
{
    int status = connect_args_check(command, connect);
    if (!status && client->path && client->path[0] != '/')
        return usage_error(command, "--path: \"%s\" does not start with /", client->path);
    return status;
}

void set_seconds(uint32_t *timeout_ms, uint32_t seconds)
{
    if (seconds)
        *timeout_ms = seconds * 1000;
}

void client_args_apply(const struct connect_args *connect,
                       const struct client_args *client, pusher_options *options)
{
    options->key = connect->key;
    options->cluster = connect->cluster;
    options->host = connect->host;
    options->port = (uint16_t)connect->port;
    options->path = client->path;
    options->tls = !connect->no_tls;
    options->ca_file = connect->ca_file;
    set_seconds(&options->reconnect_spread_ms, client->reconnect_spread_s);
    set_seconds(&options->connect_timeout_ms, client->connect_timeout_s);
    options->log = stderr_log(connect->log_level);
}

int client_args_refused(const char *command, const struct connect_args *connect,
                        const struct client_args *client, int error)
{
    if (error == PUSHER_ERR_INVALID && client->path)
        return usage_error(
            command, "--path: \"%s\" is too long or has bytes with no place in a path",
            client->path);
    return connect_args_refused(command, connect, error);
}
