/*
 * Header fields that an application adds (T5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/http_header.h"

static void fields(void **state)
{
    static const struct {
        pusher_str name, value;
        enum http_header_fault fault;
    } rows[] = {
        {STR("Authorization"), STR("Bearer a.b-c"), HTTP_HEADER_OK},
        {STR("Cookie"), STR("a=b; c=\"d\""), HTTP_HEADER_OK},
        {STR("X-Empty"), STR(""), HTTP_HEADER_OK},
        {STR("X-Empty"), {NULL, 0}, HTTP_HEADER_OK},
        {STR("x!#$%&'*+-.^_`|~9"), STR("caf\xc3\xa9"), HTTP_HEADER_OK},
        {STR("Hosts"), STR("x"), HTTP_HEADER_OK},
        {STR(""), STR("x"), HTTP_HEADER_BAD_NAME},
        {{NULL, 0}, STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X:"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X Y"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X\r\nY"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X\0"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X\x7f"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("\xc3\xa9"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("X(Y)"), STR("x"), HTTP_HEADER_BAD_NAME},
        {STR("Host"), STR("x"), HTTP_HEADER_RESERVED},
        {STR("hOST"), STR("x"), HTTP_HEADER_RESERVED},
        {STR("content-length"), STR("0"), HTTP_HEADER_RESERVED},
        {STR("Content-Type"), STR("text/plain"), HTTP_HEADER_RESERVED},
        {STR("TRANSFER-ENCODING"), STR("chunked"), HTTP_HEADER_RESERVED},
        {STR("Connection"), STR("close"), HTTP_HEADER_RESERVED},
        {STR("Upgrade"), STR("h2c"), HTTP_HEADER_RESERVED},
        {STR("TE"), STR("trailers"), HTTP_HEADER_RESERVED},
        {STR("X"), STR("a\r\nEvil: 1"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR("a\nb"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR("a\0b"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR("a\tb"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR("a\x7f"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR(" a"), HTTP_HEADER_BAD_VALUE},
        {STR("X"), STR("a "), HTTP_HEADER_BAD_VALUE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(http_header_check(rows[i].name, rows[i].value), rows[i].fault);
}

static void lengths(void **state)
{
    static char text[HTTP_HEADER_VALUE_MAX + 1];
    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(http_header_check((pusher_str){text, HTTP_HEADER_NAME_MAX},
                                       (pusher_str){text, HTTP_HEADER_VALUE_MAX}),
                     HTTP_HEADER_OK);
    assert_int_equal(
        http_header_check((pusher_str){text, HTTP_HEADER_NAME_MAX + 1}, STR("")),
        HTTP_HEADER_BAD_NAME);
    assert_int_equal(http_header_check(STR("X"), (pusher_str){text, sizeof text}),
                     HTTP_HEADER_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests_name("http_header", tests, NULL, NULL);
}
