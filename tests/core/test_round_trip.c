/*
 * Round-trip times from pings and pongs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/round_trip.h"

static void measure(struct round_trip *trip, uint64_t at, uint32_t ms)
{
    round_trip_pinged(trip, at);
    round_trip_ponged(trip, at + ms);
}

static void first_is_the_mean(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    assert_false(trip.known);
    measure(&trip, 1000, 80);
    assert_true(trip.known);
    assert_int_equal(trip.last_ms, 80);
    assert_int_equal(round_trip_smoothed_ms(&trip), 80);
}

static void mean_follows_by_an_eighth(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    measure(&trip, 0, 80);
    measure(&trip, 1000, 160);
    assert_int_equal(trip.last_ms, 160);
    assert_int_equal(round_trip_smoothed_ms(&trip), 90);
    for (unsigned i = 0; i < 100; i++)
        measure(&trip, 2000 + 10 * i, 8);
    assert_in_range(round_trip_smoothed_ms(&trip), 8, 9);
}

static void a_pong_that_nobody_asked_for(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    round_trip_ponged(&trip, 5);
    assert_false(trip.known);
    measure(&trip, 10, 0);
    assert_true(trip.known);
    assert_int_equal(trip.last_ms, 0);
    round_trip_ponged(&trip, 500);
    assert_int_equal(trip.last_ms, 0);
}

/* Which of two pings a pong answers cannot be told. */
static void two_pings_measure_nothing(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    round_trip_pinged(&trip, 0);
    round_trip_pinged(&trip, 100);
    round_trip_ponged(&trip, 110);
    round_trip_ponged(&trip, 120);
    assert_false(trip.known);
    measure(&trip, 200, 7);
    assert_int_equal(trip.last_ms, 7);
}

static void pings_end_with_their_connection(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    measure(&trip, 0, 20);
    round_trip_pinged(&trip, 100);
    round_trip_forget_pings(&trip);
    round_trip_ponged(&trip, 5000);
    assert_int_equal(trip.last_ms, 20); /* what was known stays known */
    measure(&trip, 6000, 30);
    assert_int_equal(trip.last_ms, 30);
}

/* A clock that jumped for weeks is no round trip. */
static void absurd_times_do_not_count(void **state)
{
    struct round_trip trip = {0};
    (void)state;
    round_trip_pinged(&trip, 0);
    round_trip_ponged(&trip, UINT64_C(1) << 40);
    assert_false(trip.known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_the_mean),
        cmocka_unit_test(mean_follows_by_an_eighth),
        cmocka_unit_test(a_pong_that_nobody_asked_for),
        cmocka_unit_test(two_pings_measure_nothing),
        cmocka_unit_test(pings_end_with_their_connection),
        cmocka_unit_test(absurd_times_do_not_count),
    };
    return cmocka_run_group_tests_name("round_trip", tests, NULL, NULL);
}
