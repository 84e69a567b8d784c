/*
 * A hub and peers without sockets: what is delivered to a peer waits in its inbox.
 */
#ifndef TESTS_SANDBOX_WORLD_H
#define TESTS_SANDBOX_WORLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "memory.h"
#include "sandbox/hub.h"

enum { PEERS = 3, INBOX = 16 };

struct peer {
    struct hub_peer hub;
    struct packet *inbox[INBOX];
    size_t count, read;
    bool ended;
};

struct world {
    struct memory memory;
    struct hub hub;
    struct peer peers[PEERS];
};

/* A member of no presence channel. */
extern const struct hub_member nobody;

void open_world(struct world *world);

/* All peers leave; nothing may be left. */
void close_world(struct world *world);

/* One peer more, which the test lets leave itself. */
void world_peer(struct world *world, struct peer *peer);

void clear_inbox(struct peer *peer);

/* The next message of this peer is `text`. */
void expect(struct peer *peer, const char *text);

/* All messages have been looked at. */
void expect_no_more(struct world *world);

enum hub_verdict subscribe(struct world *world, int peer, const char *channel);
enum hub_verdict enter(struct world *world, int peer, const char *channel, const char *id,
                       const char *info);
enum hub_verdict publish(struct world *world, const char *channel, const char *data,
                         const char *except, uint64_t now_ms);

#define SUCCEEDED(channel)                                                               \
    "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" channel       \
    "\",\"data\":\"{}\"}"

#endif
