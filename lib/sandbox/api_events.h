/*
 * Publishing over the HTTP API: the bodies of events and batch_events (API-01).
 */
#ifndef SANDBOX_API_EVENTS_H
#define SANDBOX_API_EVENTS_H

#include "sandbox/api.h"

/* Both check everything first: a refused request publishes nothing. `name` means nothing.
 */
void api_events(struct service *service, const struct api_request *request,
                pusher_str name, struct api_answer *ret);
void api_batch_events(struct service *service, const struct api_request *request,
                      pusher_str name, struct api_answer *ret);

#endif
