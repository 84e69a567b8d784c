/*
 * Plays the tests of one script: each [section] is a test of cmocka.
 *
 *     conformance FILE
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "player.h"
#include "script.h"

struct play {
    const struct script *script;
    const struct script_section *section;
};

static void run(void **state)
{
    const struct play *play = *state;
    player_play(play->script, play->section);
}

/* How many tests there are. */
static size_t list_tests(const struct script *script, struct play *plays,
                         struct CMUnitTest *tests)
{
    size_t count = 0;
    for (size_t i = 0; i < script->section_count; i++) {
        if (!script->sections[i].is_test)
            continue;
        plays[count] = (struct play){script, &script->sections[i]};
        tests[count] = (struct CMUnitTest){
            .name = script->sections[i].name,
            .test_func = run,
            .initial_state = &plays[count],
        };
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct script script;
    if (argc != 2)
        return 2;
    script_read(&script, argv[1]);
    struct CMUnitTest *tests = calloc(script.section_count + 1, sizeof *tests);
    struct play *plays = calloc(script.section_count + 1, sizeof *plays);
    size_t count = tests && plays ? list_tests(&script, plays, tests) : 0;
    int rc = count ? _cmocka_run_group_tests(argv[1], tests, count, NULL, NULL) : 2;
    free(plays);
    free(tests);
    script_free(&script);
    return rc;
}
