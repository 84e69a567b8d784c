/*
 * What a swarm has found out, at the end: for people, or as a JSON object.
 */
#ifndef CLI_SWARM_REPORT_H
#define CLI_SWARM_REPORT_H

#include "swarm.h"

/* On standard output; 0 or an errno value. `ended`: what ended the run: "duration",
 * "signal", "refusal", "failure". */
int report_show(const struct swarm *swarm, const char *ended);

#endif
