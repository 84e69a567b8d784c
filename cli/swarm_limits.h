/*
 * Descriptors: every connection takes one, and systems allow a process few unless asked.
 */
#ifndef CLI_SWARM_LIMITS_H
#define CLI_SWARM_LIMITS_H

#include "swarm_args.h"

/* How many descriptors all of it takes, at most. */
uint32_t swarm_descriptors(const struct swarm_args *args);

/* Raises the limit as far as allowed. EXIT_DONE, or EXIT_USAGE after saying that it is
 * not enough. Before the
 * loop is made, which looks at the limit. */
int swarm_allow_descriptors(const struct swarm_args *args);

#endif
