/*
 * The options that say which app on which server, and how to get there: shared by the
 * subcommands that connect.
 */
#ifndef CLI_CONNECT_ARGS_H
#define CLI_CONNECT_ARGS_H

#include "options.h"

struct connect_args {
    const char *key;
    const char *cluster;
    const char *host;
    uint32_t port;
    bool no_tls;
    const char *ca_file;
    pusher_log_level log_level;
};

#define CONNECT_OPTION_COUNT 7
extern const struct option_spec connect_options[CONNECT_OPTION_COUNT];

/* EXIT_DONE, or EXIT_USAGE after a line on standard error: a key and a place to go to are
 * needed, and a CA file that can be read. */
int connect_args_check(const char *command, const struct connect_args *args);

/* Says which of the options the library did not take, for `error` of a constructor;
 * returns EXIT_USAGE. */
int connect_args_refused(const char *command, const struct connect_args *args, int error);

/* Where that is, for people, on standard error: "cluster eu", "ws.local, port 6001". */
void connect_args_print(const struct connect_args *args);

/* Log lines on standard error, from the level that was asked for. */
pusher_log stderr_log(pusher_log_level level);

#endif
