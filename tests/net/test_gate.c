/*
 * The gate for connection attempts, in virtual time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/gate.h"

enum { PASSES = 1000, START_MS = 5000000 };

static struct gate gate;
static struct gate_pass passes[PASSES];

static void open_gate(uint32_t most_inside, uint32_t per_second)
{
    gate_init(&gate, most_inside, per_second);
    for (int i = 0; i < PASSES; i++)
        passes[i] = (struct gate_pass){0};
}

static unsigned enter(int first, int count, uint64_t now_ms)
{
    unsigned inside = 0;
    for (int i = first; i < first + count; i++)
        inside += gate_enter(&gate, &passes[i], now_ms);
    return inside;
}

static unsigned let_in(uint64_t now_ms)
{
    unsigned count = 0;
    while (gate_next(&gate, now_ms))
        count++;
    return count;
}

static void without_limits(void **state)
{
    (void)state;
    open_gate(0, 0);
    assert_int_equal(enter(0, PASSES, START_MS), PASSES);
    assert_null(gate_next(&gate, START_MS));
    assert_true(gate_due(&gate) == UINT64_MAX);
}

static void places_in_the_order_of_arrival(void **state)
{
    (void)state;
    open_gate(3, 0);
    assert_int_equal(enter(0, 6, START_MS), 3);
    assert_false(gate_is_waiting(&passes[2]));
    assert_true(gate_is_waiting(&passes[3]));
    assert_true(gate_due(&gate) == UINT64_MAX);
    assert_null(gate_next(&gate, START_MS));
    gate_leave(&gate, &passes[1]);
    assert_int_equal(gate_due(&gate), 0);
    assert_int_equal(enter(6, 1, START_MS), 0); /* others are before it */
    assert_ptr_equal(gate_next(&gate, START_MS), &passes[3]);
    assert_null(gate_next(&gate, START_MS));
    gate_leave(&gate, &passes[4]); /* does not want any more */
    gate_leave(&gate, &passes[0]);
    assert_ptr_equal(gate_next(&gate, START_MS), &passes[5]);
    gate_leave(&gate, &passes[2]);
    assert_ptr_equal(gate_next(&gate, START_MS), &passes[6]);
    gate_leave(&gate, &passes[2]); /* twice does no harm */
    assert_null(gate_next(&gate, START_MS));
    assert_int_equal(gate.inside, 3);
    gate_leave(&gate, &passes[9]); /* never entered */
    assert_int_equal(gate.inside, 3);
}

/* Asked at each moment that it names, the gate lets in as many a second as it is to. */
static void the_rate(void **state)
{
    static const uint32_t rates[] = {1, 7, 30, 300};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t now = START_MS;
        open_gate(0, rates[i]);
        unsigned in = enter(0, PASSES, now);
        assert_true(in >= 1 && in <= 1 + rates[i] / 100);
        while (gate_due(&gate) <= START_MS + 3000) {
            assert_true(gate_due(&gate) > now); /* no busy loop */
            now = gate_due(&gate);
            in += let_in(now);
        }
        assert_true(in >= rates[i] * 3);
        assert_true(in <= rates[i] * 3 + 1 + rates[i] / 100);
    }
}

/* After a long time in which nobody came or the loop did not run, there is no crowd. */
static void no_crowd_after_a_pause(void **state)
{
    (void)state;
    open_gate(0, 1000);
    uint64_t now = START_MS;
    unsigned first = enter(0, 500, now);
    assert_true(first <= 11);
    assert_true(let_in(now + 60000) <= 11);
    assert_true(gate_due(&gate) <= now + 60001);
}

/* Both limits hold. */
static void places_and_rate(void **state)
{
    (void)state;
    open_gate(2, 100);
    assert_int_equal(enter(0, 10, START_MS), 2);
    gate_leave(&gate, &passes[0]);
    uint64_t due = gate_due(&gate);
    assert_true(due >= START_MS && due <= START_MS + 20);
    assert_ptr_equal(gate_next(&gate, due), &passes[2]);
    assert_null(gate_next(&gate, due + 1000));
    assert_true(gate_due(&gate) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_limits),
        cmocka_unit_test(places_in_the_order_of_arrival),
        cmocka_unit_test(the_rate),
        cmocka_unit_test(no_crowd_after_a_pause),
        cmocka_unit_test(places_and_rate),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
