/*
 * Reports in words: what happened, to what, and what to do. They never hold a key, a
 * secret or a payload; what a server says is quoted by quote().
 *
 * A core holds one report at most, the one of its last input; its text lives in a bounded
 * buffer, and a report survives that there is no memory for it.
 */
#ifndef CORE_PROBLEM_H
#define CORE_PROBLEM_H

#include "core/attempt.h"

struct server_error;

/* The problem of a failed attempt; all but the texts is filled in. */
void problem_attempt(struct core *core, const pusher_problem *problem,
                     const struct attempt_failure *failure);

/* A message was dropped, the connection goes on. `what`: a static text. */
void problem_dropped(struct core *core, pusher_problem_kind kind, size_t bytes,
                     const char *what);

/* An in-band error on a connection that goes on (CLOSE-12). */
void problem_server(struct core *core, const struct server_error *error);

/* The server refused the subscription of `channel` (SUB-10). `retry_in_ms` 0: not tried
 * again on this connection. */
void problem_subscribe(struct core *core, pusher_str channel,
                       const struct server_error *error, uint32_t retry_in_ms);

/* The server did not answer a subscribe (SUB-13). */
void problem_subscribe_late(struct core *core, pusher_str channel, uint32_t retry_in_ms);

/* A confirmed subscription was of no use. `why`: static. */
void problem_renewed(struct core *core, pusher_str channel, const char *why,
                     uint32_t retry_in_ms);

/* `left_out` members, beyond max_members, are not in the roster; `bare` ones are there
 * without their info, which is longer than max_member_bytes. One of them is not 0. */
void problem_roster(struct core *core, pusher_str channel, size_t left_out, size_t bare);

/* Why an authorization failed. */
struct auth_failure {
    const char *what;  /* static */
    pusher_str reason; /* the words of the endpoint or the authorizer; may be empty */
    int http_status;   /* 0: no answer */
};

/* An authorization of `channel` failed (SUB-06). `retry_in_ms` 0: not tried again on this
 * connection. */
void problem_auth(struct core *core, pusher_str channel,
                  const struct auth_failure *failure, uint32_t retry_in_ms);

/* Another key for the subscription of `channel` is not to be had (ENC-05): it goes on. */
void problem_refresh(struct core *core, pusher_str channel,
                     const struct auth_failure *failure);

/* Data of a control message for `channel` was dropped. `what`: a static text. */
void problem_channel(struct core *core, pusher_problem_kind kind, pusher_str channel,
                     const char *what);

/* An event of an encrypted channel was dropped (ENC-04). `why`: static. */
void problem_decrypt(struct core *core, pusher_str channel, const char *why);

/* Gives the memory of the last report back, unless it is still to be taken. */
void problem_forget(struct core *core);

#endif
