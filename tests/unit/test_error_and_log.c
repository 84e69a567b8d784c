/*
 * Error texts and log lines.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include <pusher/error.h>

#define ROW(name, value, text) {PUSHER_ERR_##name, "PUSHER_ERR_" #name, text},

static void every_error_has_a_name_and_a_text(void **state)
{
    static const struct {
        int error;
        const char *name;
        const char *text;
    } rows[] = {PUSHER_ERRORS(ROW)};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(rows[i].error < 0);
        assert_string_equal(pusher_strerror(rows[i].error), rows[i].text);
        assert_string_equal(pusher_error_name(rows[i].error), rows[i].name);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(rows[i].error, rows[j].error);
    }
    assert_string_equal(pusher_error_name(0), "PUSHER_OK");
    assert_true(strlen(pusher_strerror(0)) > 0);
}

static void other_numbers_are_unknown(void **state)
{
    static const int others[] = {1, -1000, INT_MAX, INT_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_string_equal(pusher_strerror(others[i]), "unknown error");
        assert_string_equal(pusher_error_name(others[i]), "PUSHER_ERR_UNKNOWN");
    }
}

struct lines {
    int count;
    pusher_log_level level;
    char last[600];
};

static void keep(pusher_log_level level, const char *line, void *userdata)
{
    struct lines *lines = userdata;
    lines->count++;
    lines->level = level;
    snprintf(lines->last, sizeof lines->last, "%s", line);
}

static int evaluated;

static int evaluate(void)
{
    return ++evaluated;
}

static void levels(void **state)
{
    struct lines lines = {0};
    pusher_log log = {.level = PUSHER_LOG_WARN, .write = keep, .userdata = &lines};
    (void)state;
    log_line(&log, PUSHER_LOG_ERROR, "error %d", 1);
    log_line(&log, PUSHER_LOG_WARN, "warning %d", 2);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.last, "warning 2");
    assert_int_equal(lines.level, PUSHER_LOG_WARN);
    evaluated = 0;
    log_line(&log, PUSHER_LOG_INFO, "%d", evaluate());
    assert_int_equal(lines.count, 2);
    assert_int_equal(evaluated, 0); /* what is not logged costs nothing */
    log.write = NULL;
    log_line(&log, PUSHER_LOG_ERROR, "%d", evaluate());
    assert_int_equal(evaluated, 0);
}

static void long_lines_are_cut(void **state)
{
    struct lines lines = {0};
    pusher_log log = {.level = PUSHER_LOG_DEBUG, .write = keep, .userdata = &lines};
    (void)state;
    log_line(&log, PUSHER_LOG_DEBUG, "%600d", 7);
    assert_int_equal(lines.count, 1);
    assert_int_equal(strlen(lines.last), 511);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_and_a_text),
        cmocka_unit_test(other_numbers_are_unknown),
        cmocka_unit_test(levels),
        cmocka_unit_test(long_lines_are_cut),
    };
    return cmocka_run_group_tests_name("error_and_log", tests, NULL, NULL);
}
