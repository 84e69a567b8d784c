/*
 * How attempts begin and end, and what follows: a wait, an immediate retry, or no more.
 */
#ifndef CORE_ATTEMPT_H
#define CORE_ATTEMPT_H

#include "core/core.h"

struct greeting;

/* Why an attempt, or the connection it had become, ended. */
struct attempt_failure {
    pusher_problem_kind kind;
    int code;          /* close code or in-band code by which it is judged; -1: none */
    int http_status;   /* 0: none */
    int system_error;  /* 0: none */
    const char *what;  /* what happened, without a full stop */
    const char *hint;  /* what to look at, or NULL */
    pusher_str reason; /* the words of the server or of the layer below; may be empty */
};

/* From a phase without a transport: a new generation, dialling. */
void attempt_start(struct core *core);

/* From OPENING or WAITING: a new generation, dialling at once; no failure is counted. */
void attempt_restart(struct core *core);

/* From GREETING: connected, with this greeting (HS-02). */
void attempt_succeed(struct core *core, const struct greeting *greeting);

/* From a live phase: leaves it, decides what comes next and reports it, once. */
void attempt_fail(struct core *core, const struct attempt_failure *failure);

/* From any phase but IDLE: nothing is wanted any more (CONN-07). */
void attempt_abandon(struct core *core);

#endif
