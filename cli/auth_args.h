/*
 * The options that say who authorizes private, presence and encrypted channels: shared by
 * the subcommands that subscribe. Each of them has its own --secret.
 */
#ifndef CLI_AUTH_ARGS_H
#define CLI_AUTH_ARGS_H

#include "options.h"

struct auth_args {
    const char *auth_endpoint;
    struct text_list headers;
    struct text_list params;
    bool json;
    uint32_t timeout_s;        /* 0: the library's default */
    const char *user_endpoint; /* of listen */
    const char *secret;
};

#define AUTH_OPTION_COUNT 5
extern const struct option_spec auth_options[AUTH_OPTION_COUNT];

void auth_args_free(struct auth_args *args);

#endif
