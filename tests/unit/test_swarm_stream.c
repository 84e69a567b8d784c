/*
 * Numbered events at one subscriber: what is new, comes twice, is lost, is missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "swarm_stream.h"

static struct stream stream;
static struct stream_tally tally;
static struct stream_judge judge;

static int clear(void **state)
{
    (void)state;
    memset(&stream, 0, sizeof stream);
    memset(&tally, 0, sizeof tally);
    judge = (struct stream_judge){.tally = &tally};
    return 0;
}

static enum stream_verdict take(uint64_t number)
{
    return stream_take(&stream, number, &judge);
}

static void take_all(uint64_t from, uint64_t end)
{
    for (uint64_t number = from; number < end; number++)
        assert_int_equal(take(number), STREAM_NEW);
}

static void assert_tally(uint64_t received, uint64_t duplicates, uint64_t late,
                         uint64_t lost, uint64_t missed)
{
    assert_int_equal(tally.received, received);
    assert_int_equal(tally.duplicates, duplicates);
    assert_int_equal(tally.late, late);
    assert_int_equal(tally.lost, lost);
    assert_int_equal(tally.missed, missed);
}

static void all_in_order(void **state)
{
    (void)state;
    stream_subscribed(&stream, 7);
    take_all(7, 5000);
    assert_true(stream_is_complete(&stream, 5000, &judge));
    stream_settle(&stream, 5000, &judge);
    assert_tally(4993, 0, 0, 0, 0);
}

static void overtaking_is_no_loss(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    assert_int_equal(take(2), STREAM_NEW);
    assert_int_equal(take(0), STREAM_NEW);
    assert_false(stream_is_complete(&stream, 3, &judge));
    assert_int_equal(take(1), STREAM_NEW);
    assert_true(stream_is_complete(&stream, 3, &judge));
    stream_settle(&stream, 3, &judge);
    assert_tally(3, 0, 0, 0, 0);
}

static void twice(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 3);
    assert_int_equal(take(1), STREAM_DUPLICATE);
    assert_int_equal(take(2), STREAM_DUPLICATE);
    assert_tally(3, 2, 0, 0, 0);
}

static void lost_when_the_window_has_passed(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(1, STREAM_WINDOW);
    assert_tally(STREAM_WINDOW - 1, 0, 0, 0, 0);
    take_all(STREAM_WINDOW, STREAM_WINDOW + 1);
    assert_tally(STREAM_WINDOW, 0, 0, 1, 0);
    assert_int_equal(take(0), STREAM_LATE);
    assert_tally(STREAM_WINDOW, 0, 1, 1, 0);
}

static void a_jump_over_the_whole_window(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 10);
    take_all(100000, 100010);
    stream_settle(&stream, 100010, &judge);
    assert_tally(20, 0, 0, 100000 - 10, 0);
}

/* What was judged is still known, one window back. */
static void twice_though_judged(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 3);
    take_all(4, 6);
    stream_settle(&stream, 8, &judge);
    assert_tally(5, 0, 0, 3, 0);
    assert_int_equal(take(2), STREAM_DUPLICATE);
    assert_int_equal(take(3), STREAM_LATE);
    assert_int_equal(take(3), STREAM_DUPLICATE);
    assert_int_equal(take(7), STREAM_LATE);
    take_all(8, 4 + STREAM_WINDOW);
    assert_int_equal(take(5), STREAM_DUPLICATE);
    assert_int_equal(take(2), STREAM_LATE); /* too long ago to tell */
    stream_settle(&stream, 4 + STREAM_WINDOW, &judge);
    assert_tally(5 + STREAM_WINDOW - 4, 3, 3, 3, 0);
}

/* A jump leaves nothing of what had the same place in the window. */
static void a_jump_after_a_judgement(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 10);
    stream_settle(&stream, 10, &judge);
    take_all(STREAM_WINDOW + 5, STREAM_WINDOW + 6);
    take_all(STREAM_WINDOW + 4, STREAM_WINDOW + 5);
    stream_settle(&stream, STREAM_WINDOW + 6, &judge);
    assert_tally(12, 0, 0, STREAM_WINDOW + 4 - 10, 0);
}

static void lost_at_the_end(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 5);
    stream_settle(&stream, 8, &judge);
    assert_tally(5, 0, 0, 3, 0);
    assert_int_equal(take(7), STREAM_LATE);
    assert_int_equal(take(8), STREAM_NEW);
}

static void sent_before_the_subscription(void **state)
{
    (void)state;
    stream_subscribed(&stream, 5);
    assert_int_equal(take(4), STREAM_BEFORE);
    assert_tally(0, 0, 0, 0, 0);
}

/* 3 and 4 were sent while the connection was lost; 6 never came. */
static void missed_while_away(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 3);
    assert_false(stream_is_complete(&stream, 5, &judge));
    stream_subscribed(&stream, 5);
    assert_true(stream_is_complete(&stream, 5, &judge));
    take_all(5, 6);
    take_all(7, 8);
    assert_false(stream_is_complete(&stream, 8, &judge));
    stream_settle(&stream, 8, &judge);
    assert_tally(5, 0, 0, 1, 2);
}

/* An event that was sent just before the subscription stood again may well come. */
static void in_time_though_sent_while_away(void **state)
{
    (void)state;
    stream_subscribed(&stream, 0);
    take_all(0, 3);
    stream_subscribed(&stream, 5);
    take_all(4, 6);
    stream_settle(&stream, 6, &judge);
    assert_tally(5, 0, 0, 0, 1);
}

/* Others publish: only the numbers that come tell what was sent. */
static void a_sequence_of_others(void **state)
{
    (void)state;
    stream_subscribed_somewhere(&stream);
    take_all(41, 44);
    stream_subscribed_somewhere(&stream);
    assert_int_equal(take(43), STREAM_DUPLICATE); /* a cached event comes again */
    take_all(46, 47);
    take_all(48, 49);
    stream_settle(&stream, stream.next, &judge);
    assert_tally(5, 1, 0, 1, 2);
}

static void a_sequence_that_begins_anew(void **state)
{
    (void)state;
    take_all(5000000, 5000003);
    take_all(1, 4);
    take_all(9000000, 9000001);
    stream_settle(&stream, stream.next, &judge);
    assert_tally(7, 0, 0, 0, 0);
}

static bool is_even(void *userdata, uint64_t number)
{
    (void)userdata;
    return number % 2 == 0;
}

static void what_the_server_refused_is_not_lost(void **state)
{
    (void)state;
    judge.was_sent = is_even;
    stream_subscribed(&stream, 0);
    take_all(0, 1);
    assert_true(stream_is_complete(&stream, 2, &judge));
    assert_false(stream_is_complete(&stream, 3, &judge));
    stream_settle(&stream, 10, &judge);
    assert_tally(1, 0, 0, 4, 0);
}

static void never_subscribed(void **state)
{
    (void)state;
    stream_settle(&stream, 10, &judge);
    assert_true(stream_is_complete(&stream, 10, &judge));
    assert_tally(0, 0, 0, 0, 0);
}

/* Each number comes, is dropped or comes twice, at most a window late: every one is
 * accounted for. */
static void random_arrivals_add_up(void **state)
{
    enum { NUMBERS = 20000, SPREAD = STREAM_WINDOW / 2 };
    static uint64_t arrivals[2 * NUMBERS];
    for (unsigned seed = 1; seed <= 5; seed++) {
        size_t count = 0, dropped = 0, doubled = 0;
        clear(state);
        srand(seed);
        for (uint64_t number = 0; number < NUMBERS; number++) {
            int fate = rand() % 10;
            dropped += fate == 0;
            doubled += fate == 1;
            for (int copies = fate == 0 ? 0 : fate == 1 ? 2 : 1; copies; copies--)
                arrivals[count++] = number;
        }
        for (size_t i = 0; i + SPREAD < count; i += SPREAD) { /* shuffled in blocks */
            for (size_t k = 0; k < SPREAD; k++) {
                size_t other = i + (size_t)rand() % SPREAD;
                uint64_t swapped = arrivals[i + k];
                arrivals[i + k] = arrivals[other];
                arrivals[other] = swapped;
            }
        }
        stream_subscribed(&stream, 0);
        for (size_t i = 0; i < count; i++)
            take(arrivals[i]);
        stream_settle(&stream, NUMBERS, &judge);
        assert_tally(NUMBERS - dropped, doubled, 0, dropped, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_in_order, clear),
        cmocka_unit_test_setup(overtaking_is_no_loss, clear),
        cmocka_unit_test_setup(twice, clear),
        cmocka_unit_test_setup(lost_when_the_window_has_passed, clear),
        cmocka_unit_test_setup(a_jump_over_the_whole_window, clear),
        cmocka_unit_test_setup(twice_though_judged, clear),
        cmocka_unit_test_setup(a_jump_after_a_judgement, clear),
        cmocka_unit_test_setup(lost_at_the_end, clear),
        cmocka_unit_test_setup(sent_before_the_subscription, clear),
        cmocka_unit_test_setup(missed_while_away, clear),
        cmocka_unit_test_setup(in_time_though_sent_while_away, clear),
        cmocka_unit_test_setup(a_sequence_of_others, clear),
        cmocka_unit_test_setup(a_sequence_that_begins_anew, clear),
        cmocka_unit_test_setup(what_the_server_refused_is_not_lost, clear),
        cmocka_unit_test_setup(never_subscribed, clear),
        cmocka_unit_test_setup(random_arrivals_add_up, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
