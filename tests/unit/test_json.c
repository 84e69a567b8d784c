/*
 * JSON values: what is one (RFC 8259, stricter than json-c), and how they are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/json.h"
#include <pusher/error.h>

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12.5e+3",
    "1E400",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\"",
    "[]",
    "[ ]",
    "[1,[2],{}]",
    "{}",
    "{\"a\":1}",
    "{\"a\":{\"b\":[null]},\"a\":2}",
    " \t\r\n{ \"a\" : 1 } ",
    "\"\xc3\xa4\"",
    "\"\\ud83d\"",
    "123456789012345678901234567890",
};

static const char *const bad[] = {
    "",           " ",      "nul",     "nulL",        "True",       "NaN",
    "Infinity",   "-",      "01",      "-01",         "1.",         ".5",
    "1e",         "1e+",    "+1",      "0x1",         "'a'",        "\"",
    "\"a",        "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\n\"",
    "\"\t\"",     "[",      "]",       "[1",          "[1,",        "[1,]",
    "[,1]",       "[1 2]",  "{",       "}",           "{\"a\"}",    "{\"a\":}",
    "{\"a\":1,}", "{a:1}",  "{1:1}",   "{\"a\":1]",   "[1}",        "1 2",
    "{}x",        "{} {}",  "/**/1",   "1//",         "\"a\"\"b\"", "\xef\xbb\xbf{}",
};

static void validity(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct json_object *value = NULL;
        assert_true(json_valid(str_of(good[i])));
        assert_int_equal(json_parse(str_of(good[i]), &value), 0);
        json_release(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_object *value = NULL;
        assert_false(json_valid(str_of(bad[i])));
        assert_int_equal(json_parse(str_of(bad[i]), &value), PUSHER_ERR_INVALID);
        assert_null(value);
    }
    assert_false(json_valid((pusher_str){"{}\0", 3}));
    assert_false(json_valid((pusher_str){"\"\0\"", 3}));
}

/* Every beginning of a valid text that is not a number is not valid. */
static void truncation(void **state)
{
    pusher_str text = STR("{\"a\":[\"\\u00e4\",true,{\"b\":null}],\"c\":\"d\"}");
    (void)state;
    for (size_t len = 0; len < text.len; len++)
        assert_false(json_valid((pusher_str){text.ptr, len}));
    assert_true(json_valid(text));
}

/* T13: depth is bounded, also without end. */
static void depth(void **state)
{
    char text[200];
    (void)state;
    for (unsigned deep = 1; deep < 64; deep++) {
        memset(text, '[', deep);
        memset(text + deep, ']', deep);
        struct json_object *value = NULL;
        int wanted = deep <= JSON_MAX_DEPTH ? 0 : PUSHER_ERR_INVALID;
        assert_int_equal(json_parse((pusher_str){text, 2 * (size_t)deep}, &value),
                         wanted);
        json_release(value);
    }
    memset(text, '{', sizeof text);
    assert_false(json_valid((pusher_str){text, sizeof text}));
}

static void skipping(void **state)
{
    pusher_str text = STR(" [1,\"]\"] ,next");
    (void)state;
    const char *after = json_skip(text.ptr, text.ptr + text.len);
    assert_ptr_equal(after, text.ptr + 8);
    assert_null(json_skip(text.ptr, text.ptr + 7));
}

static void reading(void **state)
{
    struct json_object *tree = NULL;
    int64_t number = 5;
    (void)state;
    assert_int_equal(json_parse(STR("{\"text\":\"a\\u0000b\",\"number\":-7,\"none\":null,"
                                    "\"half\":0.5,\"huge\":1e99,\"big\":"
                                    "9223372036854775808,\"max\":9223372036854775806}"),
                                &tree),
                     0);
    pusher_str text = json_text(json_member(tree, "text"));
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.ptr, "a\0b", 3);
    assert_true(json_int(json_member(tree, "number"), &number));
    assert_int_equal(number, -7);
    assert_true(json_int(json_member(tree, "max"), &number));
    assert_true(number == INT64_MAX - 1);
    assert_false(json_int(json_member(tree, "half"), &number));
    assert_false(json_int(json_member(tree, "huge"), &number));
    assert_false(json_int(json_member(tree, "big"), &number)); /* saturated by json-c */
    assert_false(json_int(json_member(tree, "text"), &number));
    assert_null(json_member(tree, "none"));
    assert_null(json_member(tree, "absent"));
    assert_null(json_member(NULL, "a"));
    assert_null(json_member(json_member(tree, "text"), "a"));
    assert_null(json_text(NULL).ptr);
    assert_null(json_text(json_member(tree, "number")).ptr);
    json_release(tree);
    json_release(NULL);
}

/* MSG: what the transport did not check is refused here too. */
static void bad_utf8_is_refused(void **state)
{
    struct json_object *value = NULL;
    (void)state;
    assert_int_equal(json_parse(STR("\"\xff\""), &value), PUSHER_ERR_INVALID);
    assert_null(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validity), cmocka_unit_test(truncation),
        cmocka_unit_test(depth),    cmocka_unit_test(skipping),
        cmocka_unit_test(reading),  cmocka_unit_test(bad_utf8_is_refused),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
