/*
 * What the data of one event tells: how late it is, and its place in the sequence.
 */
#ifndef CLI_SWARM_MEASURE_H
#define CLI_SWARM_MEASURE_H

#include "swarm.h"

/* An event that this run may have published. */
void measure_own(struct swarm *swarm, struct stream *stream, uint32_t channel,
                 pusher_str data, const struct stream_judge *judge);

/* An event of others: an object with a number and a time, if it has them. */
void measure_others(struct swarm *swarm, struct stream *stream, pusher_str data);

#endif
