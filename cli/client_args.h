/*
 * The options that say how a client connects and comes back: shared by the subcommands
 * that make clients.
 */
#ifndef CLI_CLIENT_ARGS_H
#define CLI_CLIENT_ARGS_H

#include <pusher/client.h>

#include "connect_args.h"

struct client_args {
    const char *path;
    uint32_t reconnect_spread_s; /* 0: the library's default; likewise below */
    uint32_t connect_timeout_s;
};

#define CLIENT_OPTION_COUNT 3
extern const struct option_spec client_options[CLIENT_OPTION_COUNT];

/* Checks both: EXIT_DONE, or EXIT_USAGE after a line on standard error. */
int client_args_check(const char *command, const struct connect_args *connect,
                      const struct client_args *client);

/* What both say, and the log; texts are borrowed. */
void client_args_apply(const struct connect_args *connect,
                       const struct client_args *client, pusher_options *options);

/* Says which of the options pusher_client_new() did not take; returns EXIT_USAGE. */
int client_args_refused(const char *command, const struct connect_args *connect,
                        const struct client_args *client, int error);

/* 0 leaves it as it is. */
void set_seconds(uint32_t *timeout_ms, uint32_t seconds);

#endif
