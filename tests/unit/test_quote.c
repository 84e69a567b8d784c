/*
 * The words of others: what of them may be shown (LOG-01, T4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/quote.h"
#include "base/str.h"

static void expect_quote(const char *words, const char *key, const char *expected)
{
    char out[QUOTE_SIZE];
    size_t len = strlen(words);
    char *exact = malloc(len + 1); /* reading past the end is then seen */
    assert_non_null(exact);
    memcpy(exact + 1, words, len);
    size_t shown = quote((pusher_str){exact + 1, len}, str_of(key), out, sizeof out);
    free(exact);
    assert_int_equal(shown, strlen(out));
    assert_string_equal(out, expected);
}

static void usual_words_stay(void **state)
{
    (void)state;
    expect_quote("", "", "");
    expect_quote("Over capacity, try later (code 4100).", "k",
                 "Over capacity, try later "
                 "(code 4100).");
    expect_quote("grün 漢字 😀", "k", "grün 漢字 😀");
}

static void the_key_is_masked(void **state)
{
    (void)state;
    expect_quote("App key 2ff981bb060680b5 not in this cluster", "2ff981bb060680b5",
                 "App key *** not in this cluster");
    expect_quote("k is key k.", "k", "*** is key ***.");
    expect_quote("k", "k", "***");
    expect_quote("kk k", "k", "kk ***");
    expect_quote("Ak kA zk kz 9k k9 k", "k", "Ak kA zk kz 9k k9 ***");
    expect_quote("Zk kZ ak ka 0k k0 k", "k", "Zk kZ ak ka 0k k0 ***");
    expect_quote("app-key: app-key!", "app-key", "***: ***!");
}

static void secrets_are_masked(void **state)
{
    (void)state;
    expect_quote(
        "expected b3d3d5384f50570866fa82f562b5c377ae79af4dd6f6f35ab099edb3aed7ea02 "
        "for 10.20",
        "", "expected *** for 10.20");
    expect_quote("0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcde", "",
                 "*** 0123456789abcdef0123456789abcde");
    expect_quote("-0123456789abcdef0123456789abcde", "",
                 "-0123456789abcdef0123456789abcde");
    expect_quote("b3d3d5384f50570866fa82f562b5c377", "", "***");
    expect_quote("key:jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hs=", "", "key:***");
    expect_quote(
        "https://example.com/docs/channels/library_auth_reference/auth-signatures", "",
        "https://example.com/docs/channels/library_auth_reference/auth-"
        "signatures");
}

/* What would be a command to a terminal is a space. */
static void controls_are_spaces(void **state)
{
    (void)state;
    expect_quote("a\x1b[31mb\r\nc\x7f"
                 "d\xc2\x9b"
                 "e",
                 "", "a [31mb  c d e");
}

static void bad_utf8_is_replaced(void **state)
{
    (void)state;
    expect_quote("a\xff"
                 "b",
                 "", "a?b");
    expect_quote("\xc3", "", "?");
    expect_quote("\xc0\x80", "", "??");
    expect_quote("\xe0\x80\x80", "", "???");
    expect_quote("\xed\xa0\x80", "", "???");
    expect_quote("\xf4\x90\x80\x80", "", "????");
    expect_quote("\xf0\x80\x80\x80", "", "????");
    expect_quote("\xf5\x80\x80\x80", "", "????");
    expect_quote("\xe2\x82", "", "??");
    /* The first and last of each length, and the neighbours of what is refused. */
    const char *edges = "\xc2\xa0 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 "
                        "\xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf";
    expect_quote(edges, "", edges);
    char out[QUOTE_SIZE];
    quote((pusher_str){"a\0b", 3}, STR(""), out, sizeof out);
    assert_string_equal(out, "a b");
}

/* Cut to fit, at a character. */
static void long_words_are_cut(void **state)
{
    (void)state;
    char words[1000], out[QUOTE_SIZE];
    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 10 ? 'a' : ' ';
    quote((pusher_str){words, sizeof words}, STR(""), out, sizeof out);
    assert_int_equal(strlen(out), QUOTE_SIZE - 1);
    for (size_t lead = 0; lead < 4; lead++) {
        for (size_t i = 0; i < sizeof words; i++)
            words[i] = i < lead ? ' ' : "\xe6\xbc\xa2"[(i - lead) % 3];
        quote((pusher_str){words, sizeof words}, STR(""), out, sizeof out);
        size_t len = strlen(out);
        assert_in_range(len, QUOTE_SIZE - 3, QUOTE_SIZE - 1);
        assert_int_equal((len - lead) % 3, 0);
    }
}

static void names_stay_whole(void **state)
{
    (void)state;
    char out[QUOTE_SIZE];
    assert_int_equal(quote_name(STR("0123456789abcdef0123456789abcdef"), out, sizeof out),
                     32);
    assert_string_equal(out, "0123456789abcdef0123456789abcdef");
    assert_int_equal(quote_name(STR("a\r\nb\x1b\xc2\x9b\xff"), out, sizeof out), 7);
    assert_string_equal(out, "a  b  ?");
    assert_int_equal(quote_name(STR("abc\xc3\xa4"), out, 5), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(quote_name(STR("abc"), out, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_words_stay),     cmocka_unit_test(the_key_is_masked),
        cmocka_unit_test(secrets_are_masked),   cmocka_unit_test(controls_are_spaces),
        cmocka_unit_test(bad_utf8_is_replaced), cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(names_stay_whole),
    };
    return cmocka_run_group_tests_name("base: quote", tests, NULL, NULL);
}
