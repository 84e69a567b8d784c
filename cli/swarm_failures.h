/*
 * What went wrong how often, by reason.
 */
#ifndef CLI_SWARM_FAILURES_H
#define CLI_SWARM_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include <pusher/types.h>

enum { MAX_FAILURES = 64, FAILURE_NAME_BYTES = 16, FAILURE_MESSAGE_BYTES = 400 };

struct swarm_failure {
    char error[FAILURE_NAME_BYTES]; /* as in the lines of `listen`, or "publish" */
    int code;                       /* -1: none */
    int http_status;                /* 0: none */
    uint64_t count;
    char message[FAILURE_MESSAGE_BYTES]; /* of the first of them; cut where too long */
};

struct swarm_failures {
    struct swarm_failure items[MAX_FAILURES];
    size_t count;
    uint64_t others; /* of reasons for which there was no room */
};

void failures_add(struct swarm_failures *failures, const char *error, int code,
                  int http_status, pusher_str message);

#endif
