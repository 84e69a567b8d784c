/*
 * A loop with a sandbox and a client of it, connected, for tests of what is around a
 * loop.
 */
#ifndef NET_TEST_SITE_H
#define NET_TEST_SITE_H

#include <pusher/pusher.h>
#include <pusher/sandbox.h>

#include "peer.h"

struct site {
    pusher_loop *loop;
    pusher_sandbox *sandbox; /* NULL: that of another site */
    pusher_client *client;
    uint16_t port;
    bool up;      /* the client is connected */
    int problems; /* that were reported to it */
};

/* `port` 0: a sandbox of its own. Connects, to the name `host`. */
void site_open(struct site *site, const char *host, uint16_t port);
/* The connection carries something there and back, and never had a problem. */
void site_probe(struct site *site);
void site_close(struct site *site);

#endif
