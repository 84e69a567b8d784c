/*
 * The phases of a connection. One enum says everything about where it stands; the table
 * of legal transitions is data, and set_phase() is the only way to move.
 *
 *   phase      means                              deadline           public state
 *   IDLE       not asked to connect               -                  initialized,
 *                                                                    disconnected
 *   OPENING    the transport is dialling          connect timeout    connecting
 *   GREETING   open, the greeting is awaited      the same           connecting
 *   UP         connected                          activity timeout   connected
 *   PROBING    as UP, a ping is owed or sent      pong timeout       connected
 *   WAITING    between two attempts               backoff            connecting
 *   REFUSED    not again before connect()         -                  disconnected
 *
 * For "connecting" read "unavailable" once the unavailable deadline has passed (CONN-05).
 */
#ifndef CORE_PHASE_H
#define CORE_PHASE_H

#include <stdbool.h>
#include <stdint.h>

#include <pusher/client.h>

struct core;

enum phase {
    PHASE_IDLE,
    PHASE_OPENING,
    PHASE_GREETING,
    PHASE_UP,
    PHASE_PROBING,
    PHASE_WAITING,
    PHASE_REFUSED
};

enum { PHASE_COUNT = PHASE_REFUSED + 1 };

/* True when the table allows to go from `from` to `to`. */
bool phase_may_follow(enum phase from, enum phase to);

/* A transport is wanted. */
bool phase_is_live(enum phase phase);

/* The server has greeted us: frames may be sent. */
bool phase_is_connected(enum phase phase);

/* "opening", for logs. */
const char *phase_name(enum phase phase);

/* Moves to `next`, which must be legal. `deadline`: CORE_NEVER in untimed phases. */
void set_phase(struct core *core, enum phase next, uint64_t deadline);

/* The public state (CONN-01): computed, never stored. */
pusher_state phase_public_state(const struct core *core);

#endif
