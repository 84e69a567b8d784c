/*
 * Names in log lines (LOG-01).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/log_name.h"

static void names(void **state)
{
    (void)state;
    char long_name[1000];
    memset(long_name, 'n', sizeof long_name);
    assert_string_equal(log_name(STR("room")).text, "room");
    assert_string_equal(log_name(STR("")).text, "");
    assert_string_equal(log_name(STR("one\nline")).text, "one line");
    assert_string_equal(log_name((pusher_str){NULL, 0}).text, "the user");
    assert_string_equal(log_name(STR("#server-to-user-7")).text, "#server-to-user-***");
    assert_int_equal(strlen(log_name((pusher_str){long_name, sizeof long_name}).text),
                     QUOTE_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
