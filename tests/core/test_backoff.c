/*
 * The delays between attempts (RETRY-06, I13): properties over many seeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/backoff.h"
#include "core/core.h"
#include "core/random.h"

static struct core_config config; /* of the last one made */

static struct backoff backoff_of(uint32_t min_ms, uint32_t max_ms, uint64_t seed)
{
    struct backoff backoff;
    config = (struct core_config){
        .backoff_min_ms = min_ms,
        .backoff_max_ms = max_ms,
        .stable_after_ms = 10000,
        .reconnect_spread_ms = 9500,
    };
    backoff_init(&backoff, seed);
    return backoff;
}

/* The bound doubles with each failure and stops at the cap. */
static void bound_doubles(void **state)
{
    (void)state;
    static const uint32_t bounds[] = {1000,  2000,  4000,  8000, 16000,
                                      30000, 30000, 30000, 30000};
    struct backoff backoff = backoff_of(1000, 30000, 1);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        assert_int_equal(backoff_bound(&backoff, &config), bounds[i]);
        backoff_count_failure(&backoff);
    }
}

/* No count of failures overflows anything. */
static void bound_saturates(void **state)
{
    (void)state;
    struct backoff backoff = backoff_of(600000, 3600000, 1);
    static const uint32_t counts[] = {30, 31, 32, 33, 63, 64, 65, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        backoff.failures = counts[i];
        assert_int_equal(backoff_bound(&backoff, &config), 3600000);
    }
    backoff_count_failure(&backoff);
    assert_true(backoff.failures == UINT32_MAX);
    backoff = backoff_of(1, UINT32_MAX, 1);
    backoff.failures = 31;
    assert_true(backoff_bound(&backoff, &config) == UINT32_C(1) << 31);
}

/* Each delay lies between the floor and the bound of its attempt. */
static void delays_lie_between(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct backoff backoff = backoff_of(1000, 30000, seed);
        for (int attempt = 0; attempt < 12; attempt++) {
            backoff_count_failure(&backoff);
            uint32_t delay = backoff_draw(&backoff, &config);
            assert_true(delay >= 1000);
            assert_true(delay <= backoff_bound(&backoff, &config));
        }
    }
}

/* Full jitter: all of the range is used, evenly, already for the first delay. A server
 * that lost 10,000 clients must not see them again at one moment. */
static void delays_are_spread(void **state)
{
    (void)state;
    enum { CLIENTS = 10000, BUCKETS = 20 };
    for (uint32_t failures = 1; failures <= 5; failures++) {
        unsigned buckets[BUCKETS] = {0};
        for (uint64_t seed = 0; seed < CLIENTS; seed++) {
            struct backoff backoff = backoff_of(1000, 30000, seed);
            backoff.failures = failures;
            uint32_t range = backoff_bound(&backoff, &config) - 1000 + 1;
            uint64_t place = backoff_draw(&backoff, &config) - 1000;
            buckets[place * BUCKETS / range]++;
        }
        for (int i = 0; i < BUCKETS; i++) {
            assert_in_range(buckets[i], CLIENTS / BUCKETS * 8 / 10,
                            CLIENTS / BUCKETS * 12 / 10);
        }
    }
}

static void floor_and_cap_may_be_equal(void **state)
{
    (void)state;
    struct backoff backoff = backoff_of(700, 700, 3);
    for (int i = 0; i < 100; i++) {
        backoff_count_failure(&backoff);
        assert_int_equal(backoff_draw(&backoff, &config), 700);
    }
}

/* Not by a connection as such, but by one that stayed. */
static void only_stability_starts_anew(void **state)
{
    (void)state;
    struct backoff backoff = backoff_of(1000, 30000, 1);
    backoff.failures = 7;
    backoff_connection_lived(&backoff, &config, 9999);
    assert_int_equal(backoff.failures, 7);
    backoff_connection_lived(&backoff, &config, 10000);
    assert_int_equal(backoff.failures, 0);
}

/* CLOSE-06 C */
static void immediate_once_until_stable(void **state)
{
    (void)state;
    struct backoff backoff = backoff_of(1000, 30000, 1);
    assert_true(backoff_take_immediate(&backoff));
    assert_false(backoff_take_immediate(&backoff));
    backoff_connection_lived(&backoff, &config, 9999);
    assert_false(backoff_take_immediate(&backoff));
    backoff_connection_lived(&backoff, &config, 10000);
    assert_true(backoff_take_immediate(&backoff));
}

/* With every connection stable, a server that closes each with 4200 is still not
 * hammered. */
static void immediate_keeps_the_floor(void **state)
{
    (void)state;
    struct backoff backoff = backoff_of(1000, 30000, 1);
    config.stable_after_ms = 0;
    assert_true(backoff_take_immediate(&backoff));
    backoff_connection_lived(&backoff, &config, 0);
    assert_false(backoff_take_immediate(&backoff));
    backoff_connection_lived(&backoff, &config, 999);
    assert_false(backoff_take_immediate(&backoff));
    backoff_connection_lived(&backoff, &config, 1000);
    assert_true(backoff_take_immediate(&backoff));
}

/* The same seed is the same run; published values of splitmix64 for seed 1234567. */
static void randomness_is_a_seed(void **state)
{
    (void)state;
    uint64_t seed = 1234567;
    assert_true(random_next(&seed) == UINT64_C(6457827717110365317));
    assert_true(random_next(&seed) == UINT64_C(3203168211198807973));
    assert_true(random_next(&seed) == UINT64_C(9817491932198370423));
    uint64_t any = 42;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(random_between(&any, 5, 5), 5);
        assert_in_range(random_between(&any, 0, 1), 0, 1);
        random_between(&any, 0, UINT32_MAX);
    }
}

/* RETRY-06: a connection that the other side has ended. */
static void spread(void **state)
{
    (void)state;
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct backoff backoff = backoff_of(1000, 30000, seed);
        uint32_t delay = backoff_draw_spread(&backoff, &config);
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_in_range(least, 1000, 1100);
    assert_in_range(most, 9400, 9500);
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct backoff backoff = backoff_of(1000, 5000, seed);
        assert_in_range(backoff_draw_spread(&backoff, &config), 1000, 5000); /* the cap */
        backoff = backoff_of(1000, 30000, seed);
        backoff_count_failure(&backoff);
        config.reconnect_spread_ms = 0; /* off */
        assert_in_range(backoff_draw_spread(&backoff, &config), 1000, 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_doubles),
        cmocka_unit_test(bound_saturates),
        cmocka_unit_test(delays_lie_between),
        cmocka_unit_test(delays_are_spread),
        cmocka_unit_test(floor_and_cap_may_be_equal),
        cmocka_unit_test(only_stability_starts_anew),
        cmocka_unit_test(immediate_once_until_stable),
        cmocka_unit_test(immediate_keeps_the_floor),
        cmocka_unit_test(randomness_is_a_seed),
        cmocka_unit_test(spread),
    };
    return cmocka_run_group_tests_name("core: backoff", tests, NULL, NULL);
}
