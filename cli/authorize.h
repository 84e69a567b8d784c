/*
 * How a subcommand comes by authorizations: from an endpoint, or, for tests, signed on
 * the spot with the app secret.
 */
#ifndef CLI_AUTHORIZE_H
#define CLI_AUTHORIZE_H

#include <pusher/pusher.h>

#include "auth_args.h"
#include "connect_args.h"

struct authorize {
    const char *command;
    const struct connect_args *connect;
    const struct auth_args *args;
    pusher_auth_field *headers, *params; /* names and values in one block each */
};

/* Reads what the options say into `options`. EXIT_DONE, or a status to exit with: what is
 * wrong has been said. `auth` and both structs of arguments outlive the client. */
int authorize_read(struct authorize *auth, const char *command,
                   const struct connect_args *connect, const struct auth_args *args,
                   pusher_options *options);
void authorize_free(struct authorize *auth);

#endif
