/*
 * Numbers and times in the data of events.
 */
#include "swarm_measure.h"

#include <stdlib.h>
#include <time.h>

#include "codec/json.h"
#include "codec/json_walk.h"

/* Beyond, a double cannot tell one number from the next. */
#define MAX_NUMBER 9007199254740992.0
#define A_DAY_MS   86400000.0

void measure_own(struct swarm *swarm, struct stream *stream, uint32_t channel,
                 pusher_str data, const struct stream_judge *judge)
{
    uint64_t number;
    if (!publisher_read(&swarm->publisher, channel, data, &number))
        return;
    uint64_t sent_us = publisher_sent_us(&swarm->publisher, channel, number);
    if (stream_take(stream, number, judge) == STREAM_NEW && sent_us)
        histogram_add(&swarm->totals.latency, swarm_clock() - sent_us);
}

/* A number, not negative, that a double holds. */
static bool read_number(pusher_str object, const char *name, double *ret)
{
    pusher_str text = json_number_text(json_find(object, name));
    if (!text.ptr)
        return false;
    double number = strtod(text.ptr, NULL); /* ends at what follows in the object */
    if (!(number >= 0 && number < MAX_NUMBER))
        return false;
    *ret = number;
    return true;
}

static double wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void measure_others(struct swarm *swarm, struct stream *stream, pusher_str data)
{
    struct stream_judge judge = {.tally = &swarm->tally};
    double number, sent_ms;
    if (!json_valid(data) || json_kind_of(data) != JSON_OBJECT)
        return;
    if (read_number(data, swarm->args.seq_member, &number) &&
        stream_take(stream, (uint64_t)number, &judge) != STREAM_NEW)
        return; /* a repetition says nothing about the way here */
    if (!read_number(data, swarm->args.time_member, &sent_ms))
        return;
    double late_ms = wall_ms() - sent_ms;
    if (late_ms > A_DAY_MS)
        return; /* some other number */
    /* Two clocks may disagree; an event is not here before it was sent. */
    histogram_add(&swarm->totals.latency, late_ms > 0 ? (uint64_t)(late_ms * 1000) : 0);
}
