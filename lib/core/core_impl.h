/*
 * The core's insides, shared by the files of this directory.
 *
 *   core.c          inputs, one function each, and the levels
 *   phase.c         the phases and the legal transitions
 *   attempt.c       how attempts begin and end, and what follows from that
 *   ending.c        what the ends are called, and by which code they are judged
 *   backoff.c       how long to wait between them
 *   inbound.c       what a received message means
 *   core_channel.c  channels: which there are
 *   subscription.c  channels: how each goes on
 *   auth.c          authorizations
 *   presence.c      what the server says of members; roster.c: who is there
 *   cipher.c        events of encrypted channels
 *   user.c          the signed-in user
 *   trigger.c       client events on their way out
 *   said.c          events that the library makes itself
 *   outbox.c        the next frame
 *   round_trip.c    times from a ping to its pong
 *   problem.c       reports in words
 */
#ifndef CORE_CORE_IMPL_H
#define CORE_CORE_IMPL_H

#include "codec/control.h"
#include "core/backoff.h"
#include "core/core.h"
#include "core/core_channel.h"
#include "core/phase.h"
#include "core/round_trip.h"
#include "core/trigger.h"

struct core {
    struct core_config config;

    enum phase phase;
    uint32_t generation;     /* of the present or the last attempt; 0: none yet */
    enum core_stage reached; /* by that attempt; only to name what is missing */
    bool disconnected; /* once, by the user: IDLE does not read initialized any more */
    bool tls;          /* the option, or moved up by 4000 (CLOSE-04) */
    bool problem_pending;
    bool delivery_pending;
    uint64_t now; /* as of the last input */
    /* In UP it may be too early: messages only move heard_at. */
    uint64_t phase_deadline;
    uint64_t unavailable_at; /* CORE_NEVER unless attempts go on (CONN-05) */
    struct backoff backoff;

    /* Of the present connection; meaningless unless connected. */
    int inband_code; /* of the last message if it was an in-band error 4000 … 4299; else
                        -1, also when not connected */
    uint32_t activity_timeout_ms; /* the effective one (CONN-09) */
    uint64_t connected_at;
    uint64_t probed_at;  /* in PROBING: since when */
    uint64_t heard_at;   /* the last decoded message (PING-01) */
    uint64_t arrived_at; /* see core_on_arrival() */
    char socket_id[SOCKET_ID_MAX + 1];
    bool ping_owed;
    bool pong_owed;

    /* Instead of the effective one, after a connection that was lost in silence early
     * (PING-07); 0: none. */
    uint32_t cautious_timeout_ms;
    struct round_trip round_trip;

    struct channel_set channels;
    struct core_user *user;         /* NULL: a sign-in was not asked for yet */
    struct trigger_queue *triggers; /* NULL: there was no client event yet */
    struct auth_set *auth;          /* NULL: no channel has needed one yet */

    struct message message; /* the last one that was decoded */
    struct core_delivery delivery;

    pusher_problem problem;
    struct buf problem_text; /* what `problem` points into */
};

/* Stores the time of this input; it never goes back. */
void core_tick(struct core *core, uint64_t now);

#endif
