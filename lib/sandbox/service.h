/*
 * What all parts of one sandbox share: the app, the limits, the hub.
 */
#ifndef SANDBOX_SERVICE_H
#define SANDBOX_SERVICE_H

#include <pusher/log.h>
#include <pusher/loop.h>

#include "net/loop.h"
#include "sandbox/hub.h"

struct service {
    const pusher_allocator *mem;
    pusher_log log;
    pusher_loop *loop;
    char *app_id;
    char *key;
    char *secret;
    uint32_t activity_timeout_s;
    uint32_t max_connections;
    size_t max_message_bytes;
    size_t max_queue_bytes;
    size_t max_data_bytes;
    uint32_t max_client_events_per_s;
    struct hub hub;
    struct loop_timer counts_timer; /* for hub_send_counts() */
    uint32_t connection_count;      /* that were greeted and are not closed */
};

/* How long a client may owe something: a pong, or the rest of a request. */
uint64_t service_patience_ms(const struct service *service);

#endif
