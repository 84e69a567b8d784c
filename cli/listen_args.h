/*
 * The options of `pusherctl listen`.
 */
#ifndef CLI_LISTEN_ARGS_H
#define CLI_LISTEN_ARGS_H

#include "auth_args.h"
#include "client_args.h"

struct listen_args {
    struct connect_args connect;
    struct client_args client;
    struct auth_args auth;
    struct text_list channels;
    struct text_list events;
    bool signin;
    struct text_list triggers;
    uint32_t count;              /* 0: no end */
    uint32_t timeout_s;          /* 0: none */
    uint32_t activity_timeout_s; /* 0: the library's default; likewise below */
    uint32_t pong_timeout_s;
    uint32_t unavailable_timeout_s;
    bool states;
    bool json;
};

/* True: go on. False: `*status` is that to exit with; --help or what is wrong has been
 * printed. The caller frees `args` in both cases. */
bool listen_args_read(struct listen_args *args, int argc, char **argv, int *status);
void listen_args_free(struct listen_args *args);

#endif
