/*
 * Everything that an application is told, as lines of text: a client with a callback on
 * everything that takes one.
 */
#ifndef CONFORMANCE_WITNESS_H
#define CONFORMANCE_WITNESS_H

#include <pusher/pusher.h>

enum { WITNESS_LINES = 64, WITNESS_REQUESTS = 32 };

struct witness {
    pusher_client *client;
    char *told[WITNESS_LINES]; /* what was told and not taken yet */
    size_t told_count;
    pusher_id requests[WITNESS_REQUESTS]; /* authorizations to be answered */
    size_t request_count;
    uint32_t retry_in_ms; /* of the last problem that will be tried again later */
};

/* Makes the client of `options`, whose callbacks and authorizer are set here. */
void witness_open(struct witness *witness, pusher_options *options);
void witness_close(struct witness *witness);

/* Subscribes, with a binding to every event of a channel that is new. */
void witness_subscribe(struct witness *witness, const char *channel);

/* The oldest line told, which the caller frees, or NULL. */
char *witness_take(struct witness *witness);

/* The oldest authorization that is to be answered, 0 if there is none. */
pusher_id witness_take_request(struct witness *witness);

/* Answers "channel NAME", "members NAME", "signin" or "user" as things stand. */
void witness_ask(const struct witness *witness, const char *question, char *answer,
                 size_t size);

#endif
