/*
 * The round-trip time to the server, from pings and their pongs (PING-02). Pure: the time
 * is an argument.
 */
#ifndef CORE_ROUND_TRIP_H
#define CORE_ROUND_TRIP_H

#include <stdbool.h>
#include <stdint.h>

struct round_trip {
    uint64_t pinged_at;
    uint32_t unanswered; /* pings of this connection without a pong so far */
    bool ambiguous;      /* of several pings it is not known which one a pong answers */
    bool known;          /* the two below hold something; they outlive a connection */
    uint32_t last_ms;
    uint32_t smoothed_8ths; /* of a millisecond, so that small times do not get lost */
};

void round_trip_pinged(struct round_trip *trip, uint64_t now);
void round_trip_ponged(struct round_trip *trip, uint64_t now);

/* The connection is gone, and the pings with it. */
void round_trip_forget_pings(struct round_trip *trip);

uint32_t round_trip_smoothed_ms(const struct round_trip *trip);

#endif
