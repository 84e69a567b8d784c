/*
 * How a swarm fares while it runs: a line on the terminal that is written anew, or with
 * --json an object a second.
 */
#ifndef CLI_SWARM_PROGRESS_H
#define CLI_SWARM_PROGRESS_H

#include "swarm.h"

/* What is called at an end. */
enum swarm_phase { SWARM_RAMP, SWARM_HOLD, SWARM_DRAIN, SWARM_PHASES };

/* "ramp" */
const char *swarm_phase_name(enum swarm_phase phase);

/* 0 or an errno value of standard output. */
int progress_show(const struct swarm *swarm, enum swarm_phase phase);

/* Takes the line away from the terminal. */
void progress_clear(const struct swarm *swarm);

#endif
