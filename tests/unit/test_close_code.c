/*
 * Close codes: every one there is, against the rules written down a second time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/close_code.h"

/* CLOSE-01 … CLOSE-07 in words, one after another. */
static enum close_action expected(int code)
{
    if (code == 4000)
        return CLOSE_TLS_ONLY;
    if ((code >= 4001 && code <= 4099) || code >= 4300)
        return CLOSE_REFUSED;
    if (code >= 4200 && code <= 4299)
        return CLOSE_RETRY_NOW;
    if ((code >= 4100 && code <= 4199) || (code >= 1002 && code <= 1004))
        return CLOSE_BACKOFF;
    return CLOSE_RECONNECT;
}

static void every_code(void **state)
{
    (void)state;
    for (int code = -1; code <= UINT16_MAX; code++)
        assert_int_equal(close_action_of(code), expected(code));
}

/* CLOSE-11: those that the documentation lists have a text, others have none. */
static void texts(void **state)
{
    static const int documented[] = {4000, 4001, 4003, 4004, 4005, 4006, 4007, 4008,
                                     4009, 4100, 4200, 4201, 4202, 4301, 4302};
    size_t next = 0;
    (void)state;
    for (int code = 4000; code <= UINT16_MAX; code++) {
        bool known =
            next < sizeof documented / sizeof *documented && documented[next] == code;
        assert_int_equal(close_code_text(code)[0] != '\0', known);
        next += known;
    }
    assert_string_equal(close_code_text(-1), "");
    assert_string_equal(close_code_text(999), "");
    assert_string_equal(close_code_text(1000), "normal closure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests_name("close_code", tests, NULL, NULL);
}
