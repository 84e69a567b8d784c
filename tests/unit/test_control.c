/*
 * The data of control messages: what is read, what counts as absent, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/control.h"
#include <pusher/error.h>

static int greeting_of(const char *data, struct greeting *ret)
{
    return greeting_parse(str_of(data), ret);
}

/* HS-02 */
static void greetings(void **state)
{
    struct greeting greeting;
    (void)state;
    assert_int_equal(
        greeting_of("{\"socket_id\":\"123.456\",\"activity_timeout\":30}", &greeting), 0);
    assert_string_equal(greeting.socket_id, "123.456");
    assert_int_equal(greeting.activity_timeout_ms, 30000);
    assert_int_equal(greeting_of("{\"socket_id\":\"1.2\",\"more\":[1,2]}", &greeting), 0);
    assert_string_equal(greeting.socket_id, "1.2");
    assert_int_equal(greeting.activity_timeout_ms, 0);
}

/* HS-04, T33 */
static void greetings_without_a_socket_id(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "null",
        "[]",
        "\"1.2\"",
        "{}",
        "{\"socket_id\":null}",
        "{\"socket_id\":1.2}",
        "{\"socket_id\":\"\"}",
        "{\"socket_id\":\"12\"}",
        "{\"socket_id\":\".2\"}",
        "{\"socket_id\":\"1.\"}",
        "{\"socket_id\":\"1.2.3\"}",
        "{\"socket_id\":\"1.2 \"}",
        "{\"socket_id\":\"1.2\\u0000\"}",
        "{\"socket_id\":\"a.b\"}",
        "{\"socket_id\":\"-1.2\"}",
    };
    struct greeting greeting = {.socket_id = "untouched"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(greeting_of(bad[i], &greeting), PUSHER_ERR_INVALID);
    assert_int_equal(greeting_parse((pusher_str){NULL, 0}, &greeting),
                     PUSHER_ERR_INVALID);
    assert_string_equal(greeting.socket_id, "untouched");
}

static void socket_ids_have_a_longest(void **state)
{
    char data[200];
    struct greeting greeting;
    (void)state;
    snprintf(data, sizeof data, "{\"socket_id\":\"1.%0*d\"}", SOCKET_ID_MAX - 2, 7);
    assert_int_equal(greeting_of(data, &greeting), 0);
    assert_int_equal(strlen(greeting.socket_id), SOCKET_ID_MAX);
    snprintf(data, sizeof data, "{\"socket_id\":\"1.%0*d\"}", SOCKET_ID_MAX - 1, 7);
    assert_int_equal(greeting_of(data, &greeting), PUSHER_ERR_INVALID);
}

/* CONN-09: never a ping storm. */
static void activity_timeouts(void **state)
{
    static const struct {
        const char *value;
        uint32_t ms;
    } rows[] = {
        {"1", 1000},  {"120", 120000},   {"86400", 86400000},
        {"0", 0},     {"-1", 0},         {"86401", 0},
        {"0.5", 0},   {"120.5", 0},      {"\"120\"", 0},
        {"null", 0},  {"true", 0},       {"1e400", 0},
        {"[120]", 0}, {"4294967297", 0}, {"99999999999999999999", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char data[100];
        struct greeting greeting;
        snprintf(data, sizeof data, "{\"socket_id\":\"1.2\",\"activity_timeout\":%s}",
                 rows[i].value);
        assert_int_equal(greeting_of(data, &greeting), 0);
        assert_int_equal(greeting.activity_timeout_ms, rows[i].ms);
    }
}

static void expect_error(const char *data, int code, const char *message)
{
    struct server_error error;
    server_error_parse(str_of(data), &error);
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, message);
}

/* HS-03, CLOSE-12 */
static void server_errors(void **state)
{
    struct server_error error;
    (void)state;
    expect_error("{\"code\":4001,\"message\":\"no app\"}", 4001, "no app");
    expect_error("{\"message\":\"no code\",\"code\":null}", -1, "no code");
    expect_error("{\"code\":\"4001\",\"message\":7}", -1, "");
    expect_error("{\"code\":65536}", -1, "");
    expect_error("{\"code\":-1}", -1, "");
    expect_error("{\"code\":4001.5}", -1, "");
    expect_error("nonsense", -1, "");
    expect_error("[]", -1, "");
    expect_error("{\"code\":0,\"message\":\"cut\\u0000here\"}", 0, "cut");
    server_error_parse((pusher_str){NULL, 0}, &error);
    assert_int_equal(error.code, -1);
}

/* Between characters, never inside of one. */
static void long_messages_are_cut(void **state)
{
    char data[2000] = "{\"message\":\"x";
    struct server_error error;
    (void)state;
    for (int i = 0; i < 300; i++)
        strcat(data, "\xc3\xa4");
    strcat(data, "\"}");
    server_error_parse(str_of(data), &error);
    assert_int_equal(strlen(error.message), 255);     /* x and 127 times two bytes */
    memmove(data + 12, data + 13, strlen(data + 12)); /* without the x */
    server_error_parse(str_of(data), &error);
    assert_int_equal(strlen(error.message), 254);
}

/* SUB-10 */
static void subscription_errors(void **state)
{
    struct server_error error;
    (void)state;
    subscription_error_parse(
        STR("{\"type\":\"AuthError\",\"error\":\"bad signature\",\"status\":401}"),
        &error);
    assert_int_equal(error.code, 401);
    assert_string_equal(error.message, "bad signature");
    subscription_error_parse(STR("{\"type\":\"AuthError\"}"), &error);
    assert_int_equal(error.code, -1);
    assert_string_equal(error.message, "AuthError");
    subscription_error_parse(STR(""), &error);
    assert_int_equal(error.code, -1);
    assert_string_equal(error.message, "");
}

/* SUB-14 */
static void subscription_counts(void **state)
{
    static const char *const bad[] = {"{}",
                                      "7",
                                      "{\"subscription_count\":-1}",
                                      "{\"subscription_count\":\"7\"}",
                                      "{\"subscription_count\":1.5}",
                                      "{\"subscription_count\":4294967296}",
                                      "x"};
    uint32_t count = 5;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(subscription_count_parse(str_of(bad[i]), &count),
                         PUSHER_ERR_INVALID);
    assert_int_equal(count, 5);
    assert_int_equal(subscription_count_parse(STR("{\"subscription_count\":0}"), &count),
                     0);
    assert_int_equal(count, 0);
    assert_int_equal(
        subscription_count_parse(STR("{\"subscription_count\":4294967295}"), &count), 0);
    assert_int_equal(count, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greetings),
        cmocka_unit_test(greetings_without_a_socket_id),
        cmocka_unit_test(socket_ids_have_a_longest),
        cmocka_unit_test(activity_timeouts),
        cmocka_unit_test(server_errors),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(subscription_errors),
        cmocka_unit_test(subscription_counts),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
