/*
 * What one subscriber has got of a numbered sequence of events, whose numbers rise by
 * one: which came twice, and which never came.
 *
 * Events may overtake each other, so a number that is skipped is judged only when
 * STREAM_WINDOW later ones have come, or when the connection ends. It is lost when it was
 * sent while the subscription stood, and missed when it was sent while the connection was
 * lost, which is the service's way (SUB-16).
 */
#ifndef CLI_SWARM_STREAM_H
#define CLI_SWARM_STREAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    STREAM_WINDOW = 1024,
    STREAM_LEAP = 1000000 /* the sender has begun anew when a number is so far away */
};

/* What came of all streams. */
struct stream_tally {
    uint64_t received; /* for the first time */
    uint64_t duplicates;
    uint64_t late; /* after they were judged, or too long after to tell */
    uint64_t lost;
    uint64_t missed;
};

/* Judges what has not come. */
struct stream_judge {
    struct stream_tally *tally;
    /* Whether that number was sent at all; NULL: every one was. */
    bool (*was_sent)(void *userdata, uint64_t number);
    void *userdata;
};

/* Begins with zeros. */
struct stream {
    bool begun;
    bool away;          /* the connection was lost; the next number says until when */
    uint64_t first;     /* lower ones were sent before the subscription */
    uint64_t base;      /* lower ones are judged */
    uint64_t next;      /* one above the highest that came */
    uint64_t gap_until; /* lower ones were sent before the last subscription */
    /* Bit `number % STREAM_WINDOW` for each of the STREAM_WINDOW numbers below `next`. */
    uint64_t seen[STREAM_WINDOW / 64];
};

enum stream_verdict {
    STREAM_NEW,
    STREAM_DUPLICATE,
    STREAM_LATE,
    STREAM_BEFORE, /* sent before the subscription: not counted */
};

/* The subscription stands; the next event to be sent has number `next`. */
void stream_subscribed(struct stream *stream, uint64_t next);

/* The same where nobody knows that number: the next one to come is taken for it. */
void stream_subscribed_somewhere(struct stream *stream);

/* An event has come. */
enum stream_verdict stream_take(struct stream *stream, uint64_t number,
                                const struct stream_judge *judge);

/* Judges all below `end` that have not come. */
void stream_settle(struct stream *stream, uint64_t end, const struct stream_judge *judge);

/* Whether none below `end` is awaited: neither judged, nor sent while the connection was
 * lost. */
bool stream_is_complete(const struct stream *stream, uint64_t end,
                        const struct stream_judge *judge);

#endif
