/*
 * Every close code there is, through a live connection (CLOSE-01 … CLOSE-07, I12): what
 * follows, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenario.h"

enum follows { FOLLOWS_WAIT, FOLLOWS_NOW, FOLLOWS_TLS, FOLLOWS_NOTHING };

/* CLOSE-01, written down a second time. */
static const struct {
    int first, last;
    enum follows follows;
} table[] = {
    {-1, 3999, FOLLOWS_WAIT},   {4000, 4000, FOLLOWS_TLS}, {4001, 4099, FOLLOWS_NOTHING},
    {4100, 4199, FOLLOWS_WAIT}, {4200, 4299, FOLLOWS_NOW}, {4300, 65535, FOLLOWS_NOTHING},
};

static enum follows follows_of(int code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (code >= table[i].first && code <= table[i].last)
            return table[i].follows;
    }
    fail_msg("code %d is not in the table", code);
    return FOLLOWS_NOTHING;
}

enum moment { MOMENT_GREETING, MOMENT_UP, MOMENT_PROBING, MOMENT_COUNT };

static void go_to(struct scene *s, enum moment moment)
{
    wants_connection(s);
    opens(s);
    if (moment == MOMENT_GREETING)
        return;
    greets(s);
    if (moment == MOMENT_PROBING)
        after(s, 120000);
}

static void expect_stopped(struct scene *s)
{
    assert_int_equal(s->state, PUSHER_STATE_DISCONNECTED);
    assert_false(s->problem.will_retry);
    after(s, 24 * 3600 * 1000);
    assert_int_equal(s->dials, 1);
    wants_connection(s); /* CLOSE-03: until connect() */
    assert_int_equal(s->dials, 2);
}

static void expect_now(struct scene *s, bool tls)
{
    assert_true(s->problem.will_retry);
    assert_int_equal(s->problem.retry_in_ms, 0);
    assert_int_equal(s->dials, 2);
    assert_true(s->want.tls == tls);
}

static void expect_wait(struct scene *s)
{
    assert_true(s->problem.will_retry);
    assert_in_range(s->problem.retry_in_ms, 1000, 2000);
    uint64_t lost = s->now;
    after(s, 999);
    assert_int_equal(s->dials, 1);
    after(s, 1001);
    assert_int_equal(s->dials, 2);
    assert_int_equal(s->dialled_at, lost + s->problem.retry_in_ms);
}

static void try_code(struct scene *s, int code, enum moment moment, bool tls)
{
    struct core_config config = scene_config();
    config.tls = tls;
    config.seed = (uint64_t)code;
    scene_open(s, &config, 0, false);
    go_to(s, moment);
    closes(s, code);
    assert_int_equal(s->problem.attempt, 1); /* CLOSE-08: one report */
    assert_int_equal(s->problem.code, code);
    assert_int_not_equal(s->state, PUSHER_STATE_CONNECTED);
    switch (follows_of(code)) {
    case FOLLOWS_WAIT:
        expect_wait(s);
        break;
    case FOLLOWS_NOW:
        expect_now(s, tls);
        break;
    case FOLLOWS_TLS:
        if (tls)
            expect_stopped(s);
        else
            expect_now(s, true);
        break;
    case FOLLOWS_NOTHING:
        expect_stopped(s);
        break;
    }
    scene_close(s);
}

static void all_codes(void **state)
{
    struct scene *s = *state;
    for (int code = -1; code <= 65535; code++)
        try_code(s, code, MOMENT_UP, code % 2 == 0);
}

/* The codes at the edges of each class, in each phase, with and without TLS. */
static void edges_in_each_phase(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < 2 * sizeof table / sizeof *table; i++) {
        int code = i % 2 ? table[i / 2].last : table[i / 2].first;
        for (int moment = 0; moment < MOMENT_COUNT; moment++) {
            try_code(s, code, (enum moment)moment, false);
            try_code(s, code, (enum moment)moment, true);
        }
    }
}

/* L6, I12: a server that answers every connection with one code is never hammered. */
static void a_day_of_each_class(void **state)
{
    struct scene *s = *state;
    static const int codes[] = {-1, 1000, 1003, 1006, 4100, 4200, 4299};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct core_config config = scene_config();
        config.seed = i;
        scene_open(s, &config, 0, false);
        wants_connection(s);
        while (s->now < 24 * 3600 * 1000) {
            opens(s), greets(s), closes(s, codes[i]);
            after(s, s->problem.retry_in_ms);
            s->said[0] = '\0';
        }
        /* Full jitter up to 30 s is 15.5 s in the mean: 5574 attempts. */
        assert_in_range(s->dials, 5000, 6200);
        scene_close(s);
    }
}

static int make_scene(void **state)
{
    *state = malloc(sizeof(struct scene));
    return *state ? 0 : -1;
}

static int drop_scene(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_codes),
        cmocka_unit_test(edges_in_each_phase),
        cmocka_unit_test(a_day_of_each_class),
    };
    return cmocka_run_group_tests_name("core: close codes", tests, make_scene,
                                       drop_scene);
}
