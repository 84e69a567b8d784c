/*
 * All phases, all inputs: what each input does in each phase, written down in tables. A
 * cell reads "phase it leads to: what the core put out" in the words of scenario.h.
 */
#ifndef CORE_TEST_MATRIX_H
#define CORE_TEST_MATRIX_H

#include "scenario.h"

/* An input. Cells in the order of the phases: idle, opening, greeting, up, probing,
 * waiting, refused. */
struct matrix_row {
    const char *name;
    void (*input)(struct scene *s);
    const char *cells[PHASE_COUNT];
};

struct matrix {
    void (*wants)(struct scene *s);   /* what is wanted in every phase */
    void (*answers)(struct scene *s); /* what the server and authorizers did when the
                                         connection came up */
    const struct matrix_row *rows;
    size_t count;
};

/* Plays each cell, and fails with the name of the first that is not as written down. */
void matrix_check(const struct matrix *matrix);

/* Ends the line of what was said with the result of a call: "-> ok", "-> not_found". */
void matrix_result(struct scene *s, int rc);

#endif
