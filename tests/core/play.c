/*
 * Test programs of scenarios: each scenario as it is, and each again without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario.h"

static void play_plain(void **state)
{
    const struct scenario *scenario = *state;
    struct scene *s = malloc(sizeof *s);
    struct core_config config = scene_config();
    scene_open(s, &config, 0, false);
    scenario->play(s);
    expect(s, ""); /* nothing was left unsaid */
    scene_close(s);
    free(s);
}

static bool play_failing(const struct scenario *scenario, size_t fail_at, bool fail_on)
{
    struct scene *s = malloc(sizeof *s);
    struct core_config config = scene_config();
    scene_open(s, &config, fail_at, fail_on);
    scenario->play(s);
    bool failed = s->alloc.failed > 0;
    recovers(s);
    scene_close(s);
    free(s);
    return failed;
}

static void play_without_memory(void **state)
{
    const struct scenario *scenario = *state;
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        size_t fail_at = 1;
        while (play_failing(scenario, fail_at, fail_on))
            fail_at++;
        assert_true(fail_at > 1);
    }
}

int play_scenarios(const char *group, const struct scenario *list, size_t count)
{
    struct CMUnitTest *tests = calloc(2 * count, sizeof *tests);
    char(*names)[96] = calloc(count, sizeof *names);
    if (!tests || !names)
        return 1;
    for (size_t i = 0; i < count; i++) {
        void *scenario = (void *)(uintptr_t)&list[i];
        snprintf(names[i], sizeof names[i], "%s, without memory", list[i].name);
        tests[2 * i] = (struct CMUnitTest){
            .name = list[i].name, .test_func = play_plain, .initial_state = scenario};
        tests[2 * i + 1] = (struct CMUnitTest){.name = names[i],
                                               .test_func = play_without_memory,
                                               .initial_state = scenario};
    }
    int failed = _cmocka_run_group_tests(group, tests, 2 * count, NULL, NULL);
    free(names);
    free(tests);
    return failed;
}
