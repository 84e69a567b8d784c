/*
 * The run of a swarm: browsers come (ramp), stay (hold), and what is still on its way is
 * awaited (drain). Then, or on SIGINT or SIGTERM, the report.
 */
#ifndef CLI_SWARM_RUN_H
#define CLI_SWARM_RUN_H

#include "swarm.h"

/* An exit status; all that is to be said has been. */
int swarm_run(struct swarm *swarm);

#endif
