/*
 * What `pusherctl swarm --publish` sends: numbered events at a steady rate, to one
 * channel after the other. It is remembered when each was sent and whether the server
 * took it, for as long as browsers may ask.
 */
#ifndef CLI_SWARM_PUBLISH_H
#define CLI_SWARM_PUBLISH_H

#include <stdbool.h>

#include <pusher/server.h>

#include "base/buf.h"
#include "swarm_stats.h"

struct swarm;
struct publish_record;

/* Begins with zeros. */
struct publisher {
    pusher_server *server;
    struct publish_record *records; /* a ring */
    char mark[40];                  /* how the data of this run begins */
    size_t mark_len;
    struct buf data;
    uint32_t channels;
    uint64_t began_us; /* 0: not yet */
    uint64_t asked;    /* by the rate */
    uint64_t sent;     /* accepted for sending; the next one's serial number */
    uint64_t accepted;
    uint64_t refused;
    uint32_t under_way;
    struct histogram answer;
};

/* EXIT_DONE, or a status to exit with: what is wrong has been said. */
int publisher_init(struct swarm *swarm);
void publisher_free(struct publisher *publisher);

/* Sends what is due by now; the first one is at `began_us`, which stays the same. */
void publisher_send_due(struct swarm *swarm, uint64_t began_us, uint64_t now_us);

/* The number that the next event of that channel will have; from 0. */
uint64_t publisher_next(const struct publisher *publisher, uint32_t channel);

/* The same as it was at that time; exact for what is remembered. */
uint64_t publisher_next_at(const struct publisher *publisher, uint32_t channel,
                           uint64_t time_us);

/* Whether `data` is of this run; the event's number in its channel. */
bool publisher_read(const struct publisher *publisher, uint32_t channel, pusher_str data,
                    uint64_t *ret);

/* When it was sent; 0: too long ago to be remembered. */
uint64_t publisher_sent_us(const struct publisher *publisher, uint32_t channel,
                           uint64_t number);

/* Whether the server has taken it. Taken for true when it is not remembered. */
bool publisher_was_accepted(const struct publisher *publisher, uint32_t channel,
                            uint64_t number);

#endif
