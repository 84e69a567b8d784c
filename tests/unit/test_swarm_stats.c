/*
 * The histogram of durations: its percentiles against those of the sorted values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "swarm_stats.h"

enum { VALUES = 5000 };

static struct histogram histogram;

static int clear(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void empty(void **state)
{
    (void)state;
    assert_int_equal(histogram_percentile(&histogram, 500), 0);
    assert_int_equal(histogram_mean(&histogram), 0);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    assert_int_equal(histogram_percentile(&histogram, 0), 1);
    assert_int_equal(histogram_percentile(&histogram, 10), 1);
    assert_int_equal(histogram_percentile(&histogram, 500), 50);
    assert_int_equal(histogram_percentile(&histogram, 501), 51);
    assert_int_equal(histogram_percentile(&histogram, 990), 99);
    assert_int_equal(histogram_percentile(&histogram, 1000), 100);
    assert_int_equal(histogram_mean(&histogram), 50);
    assert_int_equal(histogram.min_us, 1);
    assert_int_equal(histogram.max_us, 100);
}

/* At and around each power of two, alone in the histogram. */
static void one_value_is_every_percentile(void **state)
{
    for (unsigned power = 0; power < 40; power++) {
        for (uint64_t near = 0; near < 3; near++) {
            clear(state);
            uint64_t value = ((uint64_t)1 << power) + near - 1;
            histogram_add(&histogram, value);
            assert_int_equal(histogram_percentile(&histogram, 1), value);
            assert_int_equal(histogram_percentile(&histogram, 1000), value);
        }
    }
}

static void percentiles_against_sorting(void **state)
{
    (void)state;
    static uint64_t values[VALUES];
    srand(1);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = (uint64_t)rand() >> (rand() % 31);
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof *values, compare);
    for (uint32_t per_mille = 1; per_mille <= 1000; per_mille++) {
        uint64_t exact = values[(VALUES * per_mille + 999) / 1000 - 1];
        uint64_t told = histogram_percentile(&histogram, per_mille);
        assert_in_range(told, exact, exact + exact / HISTOGRAM_STEPS);
    }
}

static void enormous_values_are_the_largest(void **state)
{
    (void)state;
    histogram_add(&histogram, 5);
    histogram_add(&histogram, UINT64_MAX / 2);
    assert_int_equal(histogram_percentile(&histogram, 500), 5);
    assert_int_equal(histogram_percentile(&histogram, 1000), UINT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty, clear),
        cmocka_unit_test_setup(small_values_are_exact, clear),
        cmocka_unit_test_setup(one_value_is_every_percentile, clear),
        cmocka_unit_test_setup(percentiles_against_sorting, clear),
        cmocka_unit_test_setup(enormous_values_are_the_largest, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
