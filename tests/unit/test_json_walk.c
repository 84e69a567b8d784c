/*
 * Walking through JSON without a tree: kinds, items, names, texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/json.h"
#include "codec/json_walk.h"

static void same(pusher_str got, const char *wanted)
{
    if (!wanted) {
        assert_null(got.ptr);
        return;
    }
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

static void kinds(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } rows[] = {
        {"null", JSON_NULL},     {"true", JSON_BOOL},   {"false", JSON_BOOL},
        {"-1.5e3", JSON_NUMBER}, {" 0\n", JSON_NUMBER}, {"\"\"", JSON_STRING},
        {"\t[ ]\r", JSON_ARRAY}, {" {} ", JSON_OBJECT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(json_valid(str_of(rows[i].text)));
        assert_int_equal(json_kind_of(str_of(rows[i].text)), rows[i].kind);
    }
    assert_int_equal(json_kind_of((pusher_str){NULL, 0}), JSON_ABSENT);
}

/* Items joined by "|", names before "=". */
static void walked(const char *text, const char *wanted)
{
    char out[200] = "";
    pusher_str name, value;
    assert_true(json_valid(str_of(text)));
    struct json_walk walk = json_walk_into(str_of(text));
    while (json_walk_next(&walk, &name, &value)) {
        strncat(out, name.ptr ? name.ptr : "", name.len);
        strcat(out, name.ptr ? "=" : "");
        strncat(out, value.ptr, value.len);
        strcat(out, "|");
    }
    assert_false(json_walk_next(&walk, NULL, &value));
    assert_string_equal(out, wanted);
}

static void items(void **state)
{
    (void)state;
    walked("[]", "");
    walked(" [ \n] ", "");
    walked("{}", "");
    walked("[1]", "1|");
    walked("[1,[2,3],{\"a\":4},\"b,]\",null]", "1|[2,3]|{\"a\":4}|\"b,]\"|null|");
    walked(" [ 1 , [ 2 ] ] ", "1|[ 2 ]|");
    walked("{\"a\":1,\"b\":{\"a\":[2]},\"\":\"\"}", "a=1|b={\"a\":[2]}|=\"\"|");
    walked(" { \"a\\\"}\" : -1 ,\n\"b\"\t:\"x\\\\\" } ", "a\\\"}=-1|b=\"x\\\\\"|");
    walked("7", "");
    walked("\"[1]\"", "");
    walked("null", "");
}

static void found(const char *text, const char *name, const char *wanted)
{
    assert_true(json_valid(str_of(text)));
    same(json_find(str_of(text), name), wanted);
}

static void members(void **state)
{
    (void)state;
    found("{\"a\":1,\"b\":[2]}", "a", "1");
    found("{\"a\":1,\"b\":[2]}", "b", "[2]");
    found("{\"a\":1,\"b\":[2]}", "c", NULL);
    found("{\"x\":{\"a\":1}}", "a", NULL);
    found("{\"a\":1,\"a\":2}", "a", "2"); /* the last counts */
    found("{\"a\":1,\"\\u0061\":3}", "a", "3");
    found("{\"\\u0061uth\":\"k\"}", "auth", "\"k\"");
    found("{\"a\\u0000\":1}", "a", NULL);
    found("{\"a-name-that-is-longer-than-any-wanted-one\\n\":1}", "a", NULL);
    found("[\"a\",1]", "a", NULL);
    found("\"a\"", "a", NULL);
    same(json_find((pusher_str){NULL, 0}, "a"), NULL);
    same(json_between_quotes(STR(" \"a\\n\" ")), "a\\n");
    same(json_between_quotes(STR("\"\"")), "");
    same(json_between_quotes(STR("1")), NULL);
    same(json_between_quotes((pusher_str){NULL, 0}), NULL);
}

static void unescaped(const char *escaped, pusher_str wanted)
{
    size_t bound = json_unescape_bound(strlen(escaped));
    char *out = malloc(bound);
    assert_non_null(out);
    size_t len = json_unescape(str_of(escaped), out);
    assert_int_equal(len, wanted.len);
    assert_memory_equal(out, wanted.ptr, len + 1);
    for (size_t cap = 1; cap <= wanted.len + 1; cap++) {
        char *small = malloc(cap);
        size_t small_len = 0;
        assert_non_null(small);
        bool fits = json_unescape_short(str_of(escaped), small, cap, &small_len);
        assert_int_equal(fits, cap > wanted.len);
        if (fits) {
            assert_int_equal(small_len, wanted.len);
            assert_memory_equal(small, wanted.ptr, wanted.len + 1);
        }
        free(small);
    }
    free(out);
}

static void texts(void **state)
{
    (void)state;
    unescaped("", STR(""));
    unescaped("plain", STR("plain"));
    unescaped("\\\"\\\\\\/\\b\\f\\n\\r\\t", STR("\"\\/\b\f\n\r\t"));
    unescaped("a\\u0000b", STR("a\0b"));
    unescaped("\\u00e4\\u20AC", STR("\xc3\xa4\xe2\x82\xac"));
    unescaped("\\ud83d\\ude00", STR("\xf0\x9f\x98\x80"));
    unescaped("\\ud836\\udc00", STR("\xf0\x9d\xa0\x80")); /* U+1D800 */
    unescaped("\\ud800", STR("\xef\xbf\xbd"));
    unescaped("\\ud800x\\udc00", STR("\xef\xbf\xbdx\xef\xbf\xbd"));
    unescaped("\\ud800\\n", STR("\xef\xbf\xbd\n"));
    unescaped("\xc3\xa4 a text of more than a block \\\"quoted\\\" and then some",
              STR("\xc3\xa4 a text of more than a block \"quoted\" and then some"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(items),
        cmocka_unit_test(members),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests_name("json_walk", tests, NULL, NULL);
}
