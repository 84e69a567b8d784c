/*
 * How `pusherctl listen` comes by authorizations: from an endpoint, or, for tests, signed
 * on the spot with the app secret.
 */
#ifndef CLI_LISTEN_AUTH_H
#define CLI_LISTEN_AUTH_H

#include <pusher/pusher.h>

#include "listen_args.h"

struct listen_auth {
    pusher_auth_field *headers, *params; /* names and values in one block each */
    const struct listen_args *args;
};

/* Reads what the options say into `options`. EXIT_DONE, or a status to exit with: what is
 * wrong has been said. `auth` outlives the client. */
int listen_auth_read(struct listen_auth *auth, const struct listen_args *args,
                     pusher_options *options);
void listen_auth_free(struct listen_auth *auth);

#endif
