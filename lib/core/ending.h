/*
 * How attempts and connections end that nobody asked to end. What follows is for
 * attempt.c to say.
 */
#ifndef CORE_ENDING_H
#define CORE_ENDING_H

#include "core/core.h"

/* From a live phase: the transport has ended. */
void ending_by_transport(struct core *core, const struct core_closed *closed);

/* From OPENING, GREETING or PROBING: the deadline of the phase is over. */
void ending_by_time(struct core *core);

#endif
