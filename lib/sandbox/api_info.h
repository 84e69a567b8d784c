/*
 * What the HTTP API tells of a channel on request: the parameter or member `info`
 * (API-01).
 */
#ifndef SANDBOX_API_INFO_H
#define SANDBOX_API_INFO_H

#include <stdbool.h>

#include "base/buf.h"
#include "sandbox/service.h"

enum info {
    INFO_USER_COUNT = 1, /* of presence channels */
    INFO_SUBSCRIPTION_COUNT = 2,
    INFO_CACHE = 4, /* of cache channels */
};

#define INFO_NAMES "info may hold user_count, subscription_count and cache only"

/* Names, separated by commas (ptr NULL, or none: 0), as a set of enum info. False: there
 * is another name among them. */
bool info_parse(pusher_str names, unsigned *ret);

/*
 * Appends the members that were asked for and that this kind of channel has, each behind
 * a comma unless `out` ends with "{". 0, PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT.
 */
int info_append(struct buf *out, struct service *service, const struct hub_facts *facts,
                unsigned what);

/* Appends "name":{members}. */
int info_append_channel(struct buf *out, struct service *service,
                        const struct hub_facts *facts, unsigned what);

#endif
