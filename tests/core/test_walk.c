/*
 * Random walks: whatever comes in whatever order, the invariants hold; and the same seed
 * is the same walk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/random.h"
#include "walk.h"

enum { STEPS = 1500, SEEDS = 1000 };

static uint64_t walk_of(uint64_t seed)
{
    uint8_t script[STEPS];
    for (size_t i = 0; i < sizeof script; i++)
        script[i] = (uint8_t)(random_next(&seed) >> 56);
    return walk(script, sizeof script);
}

static void invariants_hold(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        walk_of(seed);
}

static void same_seed_same_walk(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++)
        assert_true(walk_of(seed) == walk_of(seed));
    assert_true(walk_of(1) != walk_of(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariants_hold),
        cmocka_unit_test(same_seed_same_walk),
    };
    return cmocka_run_group_tests_name("core: random walk", tests, NULL, NULL);
}
