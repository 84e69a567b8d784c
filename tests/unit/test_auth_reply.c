/*
 * The answer of an auth endpoint: what is read, and each way to be wrong (AUTH-05,
 * AUTH-06, PRES-01, ENC-01, T7).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/auth_reply.h"
#include "support/fail_alloc.h"

/* ENC-08 */
#define SECRET "jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hs="

static enum auth_fault parse(enum auth_purpose purpose, const char *body,
                             struct auth_reply *ret)
{
    /* Of exactly this size, so that a sanitizer sees every byte read past it. */
    size_t len = strlen(body);
    char *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, body, len);
    enum auth_fault fault =
        auth_reply_parse(&mem_default, purpose, (pusher_str){exact, len}, ret);
    free(exact);
    return fault;
}

static void is_text(pusher_str got, const char *wanted)
{
    if (!wanted) {
        assert_null(got.ptr);
        return;
    }
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(wanted));
    assert_string_equal(got.ptr, wanted);
}

static void good(enum auth_purpose purpose, const char *body, const char *channel_data,
                 const char *user_data, const char *user_id)
{
    struct auth_reply reply;
    assert_int_equal(parse(purpose, body, &reply), AUTH_FAULT_NONE);
    is_text(reply.auth, "key:0a");
    is_text(reply.channel_data, channel_data);
    is_text(reply.user_data, user_data);
    is_text(user_id_str(&reply.user_id), user_id);
    auth_reply_release(&mem_default, &reply);
    assert_null(reply.auth.ptr);
    auth_reply_release(&mem_default, &reply);
}

static void good_ones(void **state)
{
    (void)state;
    good(AUTH_FOR_PRIVATE, "{\"auth\":\"key:0a\"}", NULL, NULL, "");
    good(AUTH_FOR_PRIVATE, " {\"more\":[{}], \"auth\" : \"key:0a\"}\n", NULL, NULL, "");
    good(AUTH_FOR_PRIVATE, "{\"\\u0061uth\":\"\\u006bey:0a\"}", NULL, NULL, "");
    good(AUTH_FOR_PRIVATE, "{\"auth\":7,\"auth\":\"key:0a\"}", NULL, NULL, "");
    good(AUTH_FOR_PRIVATE, "{\"auth\":\"key:0a\",\"channel_data\":\"any\"}", "any", NULL,
         "");
    good(AUTH_FOR_PRIVATE, "{\"auth\":\"key:0a\",\"channel_data\":null,\"user_data\":1}",
         NULL, NULL, "");
    good(AUTH_FOR_PRIVATE, "{\"auth\":\"key:0a\",\"shared_secret\":1}", NULL, NULL, "");
    good(AUTH_FOR_PRESENCE, "{\"auth\":\"key:0a\"}", NULL, NULL, "");
    good(AUTH_FOR_PRESENCE,
         "{\"auth\":\"key:0a\",\"channel_data\":\"{\\\"user_id\\\":\\\"u1\\\"}\"}",
         "{\"user_id\":\"u1\"}", NULL, "u1");
    good(AUTH_FOR_PRESENCE,
         "{\"auth\":\"key:0a\",\"channel_data\":\"{\\\"user_id\\\":10}\"}",
         "{\"user_id\":10}", NULL, "10");
    good(AUTH_FOR_USER, "{\"auth\":\"key:0a\",\"user_data\":\"{\\\"id\\\":\\\"u1\\\"}\"}",
         NULL, "{\"id\":\"u1\"}", "u1");
    good(AUTH_FOR_USER,
         "{\"auth\":\"key:0a\",\"channel_data\":1,\"user_data\":\"{\\\"id\\\":7}\"}",
         NULL, "{\"id\":7}", "7");
}

/* AUTH-06: signed, so kept byte for byte, whatever JSON made of it on the way. */
static void kept_byte_for_byte(void **state)
{
    (void)state;
    good(AUTH_FOR_PRESENCE,
         "{\"auth\":\"key:0a\",\"channel_data\":\" { \\\"user_id\\\" : 1.0e0, \\\"a\\/"
         "\\u002f\\\":\\\"\\ud836\\udc00\\u00e4\\\\u00e4\\\\\\/\\\"}\\n\"}",
         " { \"user_id\" : 1.0e0, \"a//\":\"\xf0\x9d\xa0\x80\xc3\xa4\\u00e4\\/\"}\n",
         NULL, "1.0e0");
}

static void bad_ones(void **state)
{
    static const struct {
        enum auth_purpose purpose;
        const char *body;
        enum auth_fault fault;
    } rows[] = {
        {AUTH_FOR_PRIVATE, "", AUTH_FAULT_NOT_JSON},
        {AUTH_FOR_PRIVATE, "<html>", AUTH_FAULT_NOT_JSON},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k:1\"", AUTH_FAULT_NOT_JSON},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k:1\"}x", AUTH_FAULT_NOT_JSON},
        {AUTH_FOR_PRIVATE, "{'auth':'k:1'}", AUTH_FAULT_NOT_JSON},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k:\xff\"}", AUTH_FAULT_NOT_UTF8},
        {AUTH_FOR_PRIVATE, "null", AUTH_FAULT_NOT_OBJECT},
        {AUTH_FOR_PRIVATE, "[{\"auth\":\"k:1\"}]", AUTH_FAULT_NOT_OBJECT},
        {AUTH_FOR_PRIVATE, "\"k:1\"", AUTH_FAULT_NOT_OBJECT},
        {AUTH_FOR_PRIVATE, "{}", AUTH_FAULT_NO_AUTH},
        {AUTH_FOR_PRIVATE, "{\"auth\":null}", AUTH_FAULT_NO_AUTH},
        {AUTH_FOR_PRIVATE, "{\"Auth\":\"k:1\"}", AUTH_FAULT_NO_AUTH},
        {AUTH_FOR_PRIVATE, "{\"auth\":1}", AUTH_FAULT_AUTH_NOT_TEXT},
        {AUTH_FOR_PRIVATE, "{\"auth\":[\"k:1\"]}", AUTH_FAULT_AUTH_NOT_TEXT},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k:1\",\"auth\":{}}", AUTH_FAULT_AUTH_NOT_TEXT},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"\"}", AUTH_FAULT_AUTH_LENGTH},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k 1\"}", AUTH_FAULT_AUTH_CHARACTERS},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k\\\"1\"}", AUTH_FAULT_AUTH_CHARACTERS},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k\\u00001\"}", AUTH_FAULT_AUTH_CHARACTERS},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k\\r\\n\"}", AUTH_FAULT_AUTH_CHARACTERS},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k\xc3\xa4\"}", AUTH_FAULT_AUTH_CHARACTERS},
        {AUTH_FOR_PRIVATE, "{\"auth\":\"k:1\",\"channel_data\":{\"user_id\":1}}",
         AUTH_FAULT_CHANNEL_DATA_NOT_TEXT},
        {AUTH_FOR_PRESENCE, "{\"auth\":\"k:1\",\"channel_data\":\"\"}",
         AUTH_FAULT_CHANNEL_DATA_NOT_OBJECT},
        {AUTH_FOR_PRESENCE, "{\"auth\":\"k:1\",\"channel_data\":\"{\\\"user_id\\\":1\"}",
         AUTH_FAULT_CHANNEL_DATA_NOT_OBJECT},
        {AUTH_FOR_PRESENCE, "{\"auth\":\"k:1\",\"channel_data\":\"[1]\"}",
         AUTH_FAULT_CHANNEL_DATA_NOT_OBJECT},
        {AUTH_FOR_PRESENCE, "{\"auth\":\"k:1\",\"channel_data\":\"{}\"}",
         AUTH_FAULT_NO_USER_ID},
        {AUTH_FOR_PRESENCE,
         "{\"auth\":\"k:1\",\"channel_data\":\"{\\\"user_id\\\":null}\"}",
         AUTH_FAULT_NO_USER_ID},
        {AUTH_FOR_PRESENCE,
         "{\"auth\":\"k:1\",\"channel_data\":\"{\\\"user_id\\\":\\\"\\\"}\"}",
         AUTH_FAULT_NO_USER_ID},
        {AUTH_FOR_USER, "{\"auth\":\"k:1\"}", AUTH_FAULT_NO_USER_DATA},
        {AUTH_FOR_USER, "{\"auth\":\"k:1\",\"user_data\":{\"id\":\"u\"}}",
         AUTH_FAULT_USER_DATA_NOT_TEXT},
        {AUTH_FOR_USER, "{\"auth\":\"k:1\",\"user_data\":\"u\"}",
         AUTH_FAULT_USER_DATA_NOT_OBJECT},
        {AUTH_FOR_USER, "{\"auth\":\"k:1\",\"user_data\":\"{\\\"id\\\":true}\"}",
         AUTH_FAULT_NO_ID},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\"}", AUTH_FAULT_NO_SECRET},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\",\"shared_secret\":32}",
         AUTH_FAULT_SECRET_NOT_TEXT},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\",\"shared_secret\":\"\"}",
         AUTH_FAULT_SECRET_INVALID},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\",\"shared_secret\":\"Zm9v\"}",
         AUTH_FAULT_SECRET_INVALID},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\",\"shared_secret\":\" " SECRET "\"}",
         AUTH_FAULT_SECRET_INVALID},
        {AUTH_FOR_ENCRYPTED, "{\"auth\":\"k:1\",\"shared_secret\":\"Zm9v" SECRET "\"}",
         AUTH_FAULT_SECRET_INVALID},
        /* 33 bytes */
        {AUTH_FOR_ENCRYPTED,
         "{\"auth\":\"k:1\",\"shared_secret\":"
         "\"jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hsA\"}",
         AUTH_FAULT_SECRET_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct auth_reply reply = {.texts_bytes = 77};
        assert_int_equal(parse(rows[i].purpose, rows[i].body, &reply), rows[i].fault);
        assert_int_equal(reply.texts_bytes, 77);
    }
}

/* Two fields can be too long, and the whole. */
static void lengths(void **state)
{
    static const struct {
        const char *before, *after;
        enum auth_purpose purpose;
        size_t longest;
        enum auth_fault fault;
    } rows[] = {
        {"{\"auth\":\"", "\"}", AUTH_FOR_PRIVATE, AUTH_TEXT_MAX, AUTH_FAULT_AUTH_LENGTH},
        {"{\"auth\":\"k\",\"channel_data\":\"", "\"}", AUTH_FOR_PRIVATE, AUTH_DATA_MAX,
         AUTH_FAULT_CHANNEL_DATA_LENGTH},
        {"{\"auth\":\"k\",\"user_data\":\"{\\\"id\\\":1}", "\"}", AUTH_FOR_USER,
         AUTH_DATA_MAX - 8, AUTH_FAULT_USER_DATA_LENGTH},
        {"{\"auth\":\"k\",\"x\":\"", "\"}", AUTH_FOR_PRIVATE, AUTH_BODY_MAX - 19,
         AUTH_FAULT_TOO_LARGE},
    };
    static char body[AUTH_BODY_MAX + 100];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t more = 0; more < 2; more++) {
            size_t filled = rows[i].longest + more;
            size_t before = strlen(rows[i].before);
            struct auth_reply reply = {0};
            memcpy(body, rows[i].before, before);
            memset(body + before, rows[i].purpose == AUTH_FOR_USER ? ' ' : 'x', filled);
            strcpy(body + before + filled, rows[i].after);
            assert_int_equal(parse(rows[i].purpose, body, &reply),
                             more ? rows[i].fault : AUTH_FAULT_NONE);
            auth_reply_release(&mem_default, &reply);
        }
    }
}

/* ENC-01, ENC-08; PHP writes "/" as "\/". */
static void secrets(void **state)
{
    static const unsigned char key_start[] = {0x8c, 0xb9, 0x7b, 0x4f, 0xb5, 0x62};
    static const unsigned char zero[SHARED_SECRET_BYTES];
    struct auth_reply reply;
    (void)state;
    assert_int_equal(parse(AUTH_FOR_ENCRYPTED,
                           "{\"auth\":\"k:1\",\"shared_secret\":\"" SECRET "\"}", &reply),
                     AUTH_FAULT_NONE);
    assert_memory_equal(reply.shared_secret, key_start, sizeof key_start);
    auth_reply_release(&mem_default, &reply);
    assert_memory_equal(reply.shared_secret, zero, sizeof zero);
    assert_int_equal(parse(AUTH_FOR_ENCRYPTED,
                           "{\"shared_secret\":"
                           "\"\\/\\/\\/\\///////////////////////////////////////8=\","
                           "\"auth\":\"k:1\"}",
                           &reply),
                     AUTH_FAULT_NONE);
    assert_int_equal(reply.shared_secret[0], 0xff);
    assert_int_equal(reply.shared_secret[31], 0xff);
    auth_reply_release(&mem_default, &reply);
    assert_int_equal(parse(AUTH_FOR_PRIVATE,
                           "{\"auth\":\"k:1\",\"shared_secret\":\"" SECRET "\"}", &reply),
                     AUTH_FAULT_NONE);
    assert_memory_equal(reply.shared_secret, zero, sizeof zero);
    auth_reply_release(&mem_default, &reply);
}

/* Memory that is given back holds nothing any more. */
static void check_and_free(void *ptr, void *userdata)
{
    size_t *bytes = userdata;
    for (size_t i = 0; ptr && i < *bytes; i++)
        assert_int_equal(((char *)ptr)[i], 0);
    free(ptr);
}

static void *take(size_t size, void *userdata)
{
    *(size_t *)userdata = size;
    return malloc(size);
}

static void wiped(void **state)
{
    size_t bytes = 0;
    const pusher_allocator mem = {take, NULL, check_and_free, &bytes};
    struct auth_reply reply;
    (void)state;
    assert_int_equal(
        auth_reply_parse(
            &mem, AUTH_FOR_PRESENCE,
            STR("{\"auth\":\"k:1\",\"channel_data\":\"{\\\"user_id\\\":1}\"}"), &reply),
        AUTH_FAULT_NONE);
    auth_reply_release(&mem, &reply);
    assert_int_equal(auth_reply_parse(&mem, AUTH_FOR_PRESENCE,
                                      STR("{\"auth\":\"k:1\",\"channel_data\":\"{}\"}"),
                                      &reply),
                     AUTH_FAULT_NO_USER_ID);
}

static void without_memory(void **state)
{
    struct fail_alloc alloc;
    struct auth_reply reply = {0};
    (void)state;
    fail_alloc_init(&alloc);
    alloc.fail_at = 1;
    assert_int_equal(
        auth_reply_parse(&alloc.mem, AUTH_FOR_PRIVATE, STR("{\"auth\":\"k:1\"}"), &reply),
        AUTH_FAULT_MEMORY);
    assert_null(reply.texts);
    assert_int_equal(
        auth_reply_parse(&alloc.mem, AUTH_FOR_PRIVATE, STR("{\"auth\":\"k:1\"}"), &reply),
        AUTH_FAULT_NONE);
    assert_int_equal(alloc.calls, 2);
    auth_reply_release(&alloc.mem, &reply);
    assert_int_equal(alloc.live, 0);
}

static void texts(void **state)
{
    (void)state;
    assert_string_equal(auth_fault_text(AUTH_FAULT_NONE), "");
    for (int fault = AUTH_FAULT_MEMORY; fault <= AUTH_FAULT_SECRET_INVALID; fault++)
        assert_true(strlen(auth_fault_text((enum auth_fault)fault)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones), cmocka_unit_test(kept_byte_for_byte),
        cmocka_unit_test(bad_ones),  cmocka_unit_test(lengths),
        cmocka_unit_test(secrets),   cmocka_unit_test(wiped),
        cmocka_unit_test(texts),     cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests_name("auth_reply", tests, NULL, NULL);
}
