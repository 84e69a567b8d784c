/*
 * Round-trip times: the last one, and a mean that follows by an eighth of the difference,
 * as TCP's does (RFC 6298).
 */
#include "core/round_trip.h"

enum { SHARE = 8 };

void round_trip_pinged(struct round_trip *trip, uint64_t now)
{
    trip->ambiguous = trip->unanswered > 0;
    trip->unanswered++;
    trip->pinged_at = now;
}

static void measured(struct round_trip *trip, uint32_t ms)
{
    uint32_t now_8ths = ms * SHARE;
    if (!trip->known)
        trip->smoothed_8ths = now_8ths;
    else
        trip->smoothed_8ths = trip->smoothed_8ths - trip->smoothed_8ths / SHARE + ms;
    trip->last_ms = ms;
    trip->known = true;
}

void round_trip_ponged(struct round_trip *trip, uint64_t now)
{
    if (trip->unanswered == 0)
        return; /* nobody asked */
    trip->unanswered--;
    uint64_t took = now - trip->pinged_at;
    if (!trip->ambiguous && took <= UINT32_MAX / SHARE)
        measured(trip, (uint32_t)took);
    if (trip->unanswered == 0)
        trip->ambiguous = false;
}

void round_trip_forget_pings(struct round_trip *trip)
{
    trip->unanswered = 0;
    trip->ambiguous = false;
}

uint32_t round_trip_smoothed_ms(const struct round_trip *trip)
{
    return (trip->smoothed_8ths + SHARE / 2) / SHARE;
}
