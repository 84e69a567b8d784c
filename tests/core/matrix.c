/*
 * Plays a table of phases and inputs.
 */
#include "matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void matrix_result(struct scene *s, int rc)
{
    const char *word = rc == 0                      ? "ok"
                       : rc == PUSHER_ERR_NOT_FOUND ? "not_found"
                       : rc == PUSHER_ERR_STATE     ? "state"
                                                    : "another";
    size_t used = strlen(s->said);
    snprintf(s->said + used, sizeof s->said - used, "%s-> %s", used ? " " : "", word);
}

static void go_to(struct scene *s, const struct matrix *matrix, enum phase phase)
{
    if (phase == PHASE_IDLE)
        return;
    wants_connection(s);
    if (phase == PHASE_OPENING)
        return;
    opens(s);
    if (phase == PHASE_GREETING)
        return;
    greets(s), matrix->answers(s);
    switch (phase) {
    case PHASE_PROBING:
        pings_now(s);
        return;
    case PHASE_WAITING:
        closes(s, -1);
        return;
    case PHASE_REFUSED:
        closes(s, 4001);
        return;
    case PHASE_IDLE:
    case PHASE_OPENING:
    case PHASE_GREETING:
    case PHASE_UP:
        return;
    }
}

static void play(struct scene *s, const struct matrix *matrix, size_t row,
                 enum phase phase, char *ret, size_t size)
{
    struct core_config config = scene_config();
    scene_open(s, &config, 0, false);
    matrix->wants(s);
    go_to(s, matrix, phase);
    assert_int_equal(s->core->phase, phase);
    s->said[0] = '\0';
    matrix->rows[row].input(s);
    snprintf(ret, size, "%s:%s%s", phase_name(s->core->phase), s->said[0] ? " " : "",
             s->said);
    scene_close(s);
}

void matrix_check(const struct matrix *matrix)
{
    struct scene *s = malloc(sizeof *s);
    assert_non_null(s);
    for (size_t row = 0; row < matrix->count; row++) {
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            char actual[sizeof s->said + 32];
            play(s, matrix, row, (enum phase)phase, actual, sizeof actual);
            const char *expected = matrix->rows[row].cells[phase];
            if (!expected || strcmp(actual, expected) != 0)
                fail_msg("%s in %s: \"%s\" instead of \"%s\"", matrix->rows[row].name,
                         phase_name((enum phase)phase), actual,
                         expected ? expected : "(not written down)");
        }
    }
    free(s);
}
