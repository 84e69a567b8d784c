/*
 * The body of a request to an auth endpoint (AUTH-01, AUTH-02, T6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/form.h"
#include "codec/json.h"
#include "support/fail_alloc.h"

#define PARAMS(list)                                                                     \
    {                                                                                    \
        (list), sizeof(list) / sizeof *(list)                                            \
    }

static void expect(struct buf *out, const char *text)
{
    assert_int_equal(out->len, strlen(text));
    assert_memory_equal(buf_str(out).ptr, text, out->len);
    buf_clear(out);
}

/* Each ASCII character as encodeURIComponent writes it. */
static void encoding(void **state)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_.!~*'()";
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    for (int c = 0; c < 0x80; c++) {
        char text[] = {(char)c};
        char wanted[4];
        assert_int_equal(form_append_encoded(&out, (pusher_str){text, 1}), 0);
        if (c && strchr(plain, c))
            snprintf(wanted, sizeof wanted, "%c", c);
        else
            snprintf(wanted, sizeof wanted, "%%%02X", (unsigned)c);
        expect(&out, wanted);
    }
    assert_int_equal(
        form_append_encoded(&out, STR("a b+c&d=e%f/\xc3\xa4\xf0\x9f\x98\x80")), 0);
    expect(&out, "a%20b%2Bc%26d%3De%25f%2F%C3%A4%F0%9F%98%80");
    assert_int_equal(form_append_encoded(&out, STR("")), 0);
    assert_int_equal(form_append_encoded(&out, (pusher_str){NULL, 0}), 0);
    expect(&out, "");
    assert_int_equal(form_append_encoded(&out, STR("\xff")), PUSHER_ERR_INVALID);
    /* A surrogate is an error to encodeURIComponent, too. */
    assert_int_equal(form_append_encoded(&out, STR("\xed\xa0\x80")), PUSHER_ERR_INVALID);
    expect(&out, "");
    buf_free(&out);
}

static void bodies(void **state)
{
    static const struct form_param one[] = {{STR("a"), STR("b c")}};
    static const struct form_param quote[] = {{STR("q\""), STR("\r\n\\")}};
    struct auth_request request = {
        .socket_id = STR("1.2"),
        .channel = STR("private-a@b"),
        .fixed = PARAMS(one),
    };
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    assert_int_equal(form_append_request(&out, &request), 0);
    expect(&out, "socket_id=1.2&channel_name=private-a%40b&a=b%20c");
    assert_int_equal(form_append_request_json(&out, &request), 0);
    expect(&out,
           "{\"socket_id\":\"1.2\",\"channel_name\":\"private-a@b\",\"a\":\"b c\"}");

    request = (struct auth_request){.socket_id = STR("1.2"), .provided = PARAMS(quote)};
    assert_int_equal(form_append_request(&out, &request), 0);
    expect(&out, "socket_id=1.2&q%22=%0D%0A%5C");
    assert_int_equal(form_append_request_json(&out, &request), 0);
    expect(&out, "{\"socket_id\":\"1.2\",\"q\\\"\":\"\\r\\n\\\\\"}");
    buf_free(&out);
}

/* AUTH-02: what is provided replaces what is fixed. */
static void names_again(void **state)
{
    static const struct form_param fixed[] = {
        {STR("t"), STR("old")}, {STR("k[]"), STR("1")}, {STR("k[]"), STR("2")}};
    static const struct form_param provided[] = {{STR("t"), STR("new")},
                                                 {STR("t"), STR("")}};
    struct auth_request request = {
        .socket_id = STR("1.2"),
        .fixed = PARAMS(fixed),
        .provided = PARAMS(provided),
    };
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    assert_int_equal(form_append_request(&out, &request), 0);
    expect(&out, "socket_id=1.2&k%5B%5D=1&k%5B%5D=2&t=new&t=");
    assert_int_equal(form_append_request_json(&out, &request), 0);
    expect(&out, "{\"socket_id\":\"1.2\",\"k[]\":\"2\",\"t\":\"\"}");
    buf_free(&out);
}

static void refused(void **state)
{
    static const struct form_param bad[] = {
        {STR(""), STR("x")},
        {{NULL, 0}, STR("x")},
        {STR("a\r"), STR("x")},
        {STR("a\n"), STR("x")},
        {STR("a\0"), STR("x")},
        {STR("a\x1f"), STR("x")},
        {STR("a\x7f"), STR("x")},
        {STR("\xff"), STR("x")},
        {STR("socket_id"), STR("9.9")},
        {STR("channel_name"), STR("private-other")},
        {STR("a"), STR("\xc3")},
        {STR("a"), {NULL, 1}},
    };
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct auth_request request = {.socket_id = STR("1.2"), .fixed = {&bad[i], 1}};
        assert_int_equal(form_append_request(&out, &request), PUSHER_ERR_INVALID);
        assert_int_equal(form_append_request_json(&out, &request), PUSHER_ERR_INVALID);
        request =
            (struct auth_request){.socket_id = STR("1.2"), .provided = {&bad[i], 1}};
        assert_int_equal(form_append_request(&out, &request), PUSHER_ERR_INVALID);
        assert_int_equal(form_append_request_json(&out, &request), PUSHER_ERR_INVALID);
    }
    /* Nor is a bad one passed over because another replaces it. */
    static const struct form_param replaced[] = {{STR("a"), STR("\xff")},
                                                 {STR("a"), STR("x")}};
    struct auth_request both = {
        .socket_id = STR("1.2"), .fixed = {replaced, 1}, .provided = {replaced + 1, 1}};
    assert_int_equal(form_append_request(&out, &both), PUSHER_ERR_INVALID);
    both = (struct auth_request){.socket_id = STR("1.2"), .fixed = PARAMS(replaced)};
    assert_int_equal(form_append_request_json(&out, &both), PUSHER_ERR_INVALID);
    expect(&out, "");
    buf_free(&out);
    char longest[FORM_NAME_MAX + 1];
    memset(longest, 'n', sizeof longest);
    assert_true(form_name_valid((pusher_str){longest, FORM_NAME_MAX}));
    assert_false(form_name_valid((pusher_str){longest, FORM_NAME_MAX + 1}));
}

static const struct form_param many[] = {
    {STR("first"), STR("a value that is long enough to make the buffer grow, and grow")},
    {STR("second"),
     STR("another such value, \xe2\x82\xac 7.50, and then some more of it")},
};
static const struct auth_request long_request = {
    .socket_id = STR("123.456"),
    .channel = STR("presence-room"),
    .fixed = PARAMS(many),
};

static int append(struct buf *out, bool json)
{
    return json ? form_append_request_json(out, &long_request)
                : form_append_request(out, &long_request);
}

static void without_memory(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        for (size_t fail_at = 1;; fail_at++) {
            struct fail_alloc alloc;
            struct buf out;
            fail_alloc_init(&alloc);
            alloc.fail_at = fail_at;
            buf_init(&out, &alloc.mem, 4000);
            int rc = append(&out, json);
            assert_int_equal(rc, alloc.failed ? PUSHER_ERR_NOMEM : 0);
            if (rc)
                assert_int_equal(out.len, 0);
            buf_free(&out);
            assert_int_equal(alloc.live, 0);
            if (!rc)
                break;
        }
    }
}

static void beyond_the_limit(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        int rc = PUSHER_ERR_LIMIT;
        for (size_t max = 0; rc; max++) {
            struct buf out;
            buf_init(&out, &mem_default, max);
            rc = append(&out, json);
            assert_true(rc == 0 || rc == PUSHER_ERR_LIMIT);
            assert_int_equal(out.len, rc ? 0 : max);
            assert_true(rc || !json || json_valid(buf_str(&out)));
            buf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding),       cmocka_unit_test(bodies),
        cmocka_unit_test(names_again),    cmocka_unit_test(refused),
        cmocka_unit_test(without_memory), cmocka_unit_test(beyond_the_limit),
    };
    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
