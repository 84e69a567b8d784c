/*
 * One browser of a swarm: a client on the shared loop, its channels, and what it has got
 * of each.
 */
#ifndef CLI_SWARM_BROWSER_H
#define CLI_SWARM_BROWSER_H

#include "swarm.h"

/* A browser on a channel. */
struct place {
    struct browser *browser;
    uint32_t channel; /* its id */
    bool subscribed;
    bool refused; /* for this connection */
    uint64_t asked_us;
    struct stream stream;
};

struct browser {
    struct heap_node leaving; /* while `stays` */
    struct swarm *swarm;
    pusher_client *client;
    uint64_t asked_us; /* for the connection */
    uint64_t lost_us;  /* 0: it was not */
    uint32_t subscribed;
    uint32_t refused;
    bool arrived;
    bool stays; /* until the time in `leaving` */
};

/* Brings the browser `index` to its first page. 0 or an error of the library. */
int browser_start(struct swarm *swarm, uint32_t index);

/* On to the next page. The same. */
int browser_next_page(struct browser *browser);

/* Whether nothing is awaited any more of what was published. */
bool browser_is_complete(const struct browser *browser);

/* Judges what has not come: of what this run published until then, or of what others
 * published before the last that came. */
void browser_settle(struct browser *browser, uint64_t until_us);

#endif
