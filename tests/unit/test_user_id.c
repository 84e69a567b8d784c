/*
 * User ids as JSON holds them (PRES-05).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/json_walk.h"
#include "codec/user_id.h"

static void ids(void **state)
{
    static const struct {
        const char *json;
        pusher_str id; /* ptr NULL: refused */
    } rows[] = {
        {"\"7\"", STR("7")},
        {"7", STR("7")},
        {" 7 ", STR("7")},
        {"-1.5e3", STR("-1.5e3")},
        {"99999999999999999999", STR("99999999999999999999")},
        {"\"a\\u0000b\"", STR("a\0b")},
        {"\"\\ud836\\udc00\"", STR("\xf0\x9d\xa0\x80")},
        {"\"\"", STR("")},
        {"null", {NULL, 0}},
        {"true", {NULL, 0}},
        {"[7]", {NULL, 0}},
        {"{\"id\":7}", {NULL, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct user_id id = {"untouched", 9};
        bool read = user_id_read(str_of(rows[i].json), &id);
        assert_int_equal(read, rows[i].id.ptr != NULL);
        pusher_str wanted = read ? rows[i].id : STR("untouched");
        assert_true(str_equal(user_id_str(&id), wanted));
        assert_int_equal(id.text[id.len], '\0');
    }
    struct user_id id;
    assert_false(user_id_read((pusher_str){NULL, 0}, &id));
}

/* A space behind a number is not part of it. */
static void as_a_member(void **state)
{
    struct user_id id;
    (void)state;
    assert_true(user_id_read(json_find(STR("{\"id\" : 10 }"), "id"), &id));
    assert_string_equal(id.text, "10");
}

static void longest(void **state)
{
    char json[USER_ID_MAX + 10];
    struct user_id id;
    (void)state;
    snprintf(json, sizeof json, "\"%0*d\"", USER_ID_MAX, 7);
    assert_true(user_id_read(str_of(json), &id));
    assert_int_equal(id.len, USER_ID_MAX);
    snprintf(json, sizeof json, "\"%0*d\"", USER_ID_MAX + 1, 7);
    assert_false(user_id_read(str_of(json), &id));
    snprintf(json, sizeof json, "1%0*d", USER_ID_MAX - 1, 7);
    assert_true(user_id_read(str_of(json), &id));
    assert_int_equal(id.len, USER_ID_MAX);
    snprintf(json, sizeof json, "1%0*d", USER_ID_MAX, 7);
    assert_false(user_id_read(str_of(json), &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),
        cmocka_unit_test(as_a_member),
        cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests_name("user_id", tests, NULL, NULL);
}
