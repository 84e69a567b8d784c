/*
 * Who is on a presence channel (PRES-02 … PRES-05, PRES-09, T19).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/presence.h"
#include <pusher/error.h>

/* "id=info|", info "-" when absent. */
static void append(char *out, const struct presence_member *member)
{
    assert_int_equal(member->id.text[member->id.len], '\0');
    strncat(out, member->id.text, member->id.len);
    strcat(out, "=");
    strncat(out, member->info.ptr ? member->info.ptr : "-",
            member->info.ptr ? member->info.len : 1);
    strcat(out, "|");
}

static void roster(const char *text, const char *wanted)
{
    char out[300] = "";
    struct presence_walk walk;
    struct presence_member member;
    size_t count = 99, seen = 0;
    size_t len = strlen(text);
    char *data = malloc(len);
    assert_non_null(data);
    memcpy(data, text, len);
    assert_int_equal(presence_roster_parse((pusher_str){data, len}, &walk, &count), 0);
    for (; presence_roster_next(&walk, &member); seen++)
        append(out, &member);
    assert_false(presence_roster_next(&walk, &member));
    assert_string_equal(out, wanted);
    assert_int_equal(seen, count);
    free(data);
}

/* PRES-02, PRES-09 */
static void rosters(void **state)
{
    (void)state;
    roster("{\"presence\":{\"ids\":[\"1\"],\"hash\":{\"1\":{\"n\":\"A\"}},\"count\":1}}",
           "1={\"n\":\"A\"}|");
    roster("{\"presence\":{\"hash\":{}}}", "");
    roster("{\"presence\":{\"hash\":[],\"ids\":[],\"count\":0}}", "");
    roster("{\"presence\":{\"hash\":[{\"n\":\"A\"},[],null]}}",
           "0={\"n\":\"A\"}|1=[]|2=-|");
    roster("{\"presence\":{\"hash\":{\"b\":null,\"a\":7,\"c\":\"x\"}}}",
           "b=-|a=7|c=\"x\"|");
    roster(
        " { \"x\" : 1 , \"presence\" : { \"hash\" : { \"1\" : { } , \"2\" : [ ] } } } ",
        "1={ }|2=[ ]|");
    /* What else the payload says is not believed. */
    roster("{\"presence\":{\"ids\":{},\"count\":-1e99,\"hash\":{\"1\":0}}}", "1=0|");
    roster("{\"presence\":{\"ids\":[\"9\"],\"count\":4294967296,\"hash\":{\"1\":0}}}",
           "1=0|");
    /* Escapes, an empty id, and one id twice. */
    roster("{\"presence\":{\"hash\":{\"\\u00e4\\\"\":1,\"\":2,\"a\":3,\"\\u0061\":4}}}",
           "\xc3\xa4\"=1|=2|a=3|a=4|");
    roster("{\"presence\":{\"hash\":{\"\\ud836\\udc00\":{}}}}", "\xf0\x9d\xa0\x80={}|");
    roster("{\"presence\":{\"hash\":7},\"presence\":{\"hash\":{\"last\":1}}}", "last=1|");
}

static void malformed_rosters(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"presence\":null}",
        "{\"presence\":[]}",
        "{\"presence\":{}}",
        "{\"presence\":{\"hash\":null}}",
        "{\"presence\":{\"hash\":\"{}\"}}",
        "{\"presence\":{\"hash\":1}}",
        "{\"hash\":{}}",
        "{\"presence\":{\"hash\":{}}}x",
        "{\"presence\":{\"hash\":{1:2}}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct presence_walk walk = {.index = 7};
        size_t count = 7;
        assert_int_equal(presence_roster_parse(str_of(bad[i]), &walk, &count),
                         PUSHER_ERR_INVALID);
        assert_int_equal(walk.index + count, 14);
    }
    struct presence_walk walk;
    size_t count;
    assert_int_equal(presence_roster_parse((pusher_str){NULL, 0}, &walk, &count),
                     PUSHER_ERR_INVALID);
}

static void longest_ids(void **state)
{
    char data[USER_ID_MAX + 100];
    struct presence_walk walk;
    struct presence_member member;
    size_t count;
    (void)state;
    for (int more = 0; more < 2; more++) {
        int rc = more ? PUSHER_ERR_INVALID : 0;
        snprintf(data, sizeof data, "{\"presence\":{\"hash\":{\"a\":1,\"%0*d\":{}}}}",
                 USER_ID_MAX + more, 7);
        assert_int_equal(presence_roster_parse(str_of(data), &walk, &count), rc);
        snprintf(data, sizeof data, "{\"user_id\":\"%0*d\"}", USER_ID_MAX + more, 7);
        assert_int_equal(presence_member_parse(str_of(data), &member), rc);
    }
}

/* PRES-03 … PRES-05 */
static void members(void **state)
{
    static const char *const rows[][2] = {
        {"{\"user_id\":\"2\",\"user_info\":{\"n\":\"B\"}}", "2={\"n\":\"B\"}|"},
        {"{\"user_id\":10,\"user_info\":null}", "10=-|"},
        {"{\"user_info\":[1, 2],\"user_id\":\"10\"}", "10=[1, 2]|"},
        {"{\"user_id\":\"2\"}", "2=-|"},
        {"{\"user_id\":\"\\n\",\"user_info\":\"text\",\"more\":{}}", "\n=\"text\"|"},
        {"{\"user_id\":\"\"}", "=-|"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[100] = "";
        struct presence_member member;
        assert_int_equal(presence_member_parse(str_of(rows[i][0]), &member), 0);
        append(out, &member);
        assert_string_equal(out, rows[i][1]);
    }
}

static void malformed_members(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "\"2\"",
        "null",
        "{\"user_id\":null}",
        "{\"user_id\":true}",
        "{\"user_id\":{}}",
        "{\"user_id\":[\"2\"]}",
        "{\"user_info\":{\"user_id\":2}}",
        "{\"user_id\":2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct presence_member member = {.id.len = 7};
        assert_int_equal(presence_member_parse(str_of(bad[i]), &member),
                         PUSHER_ERR_INVALID);
        assert_int_equal(member.id.len, 7);
    }
    struct presence_member member;
    assert_int_equal(presence_member_parse((pusher_str){NULL, 0}, &member),
                     PUSHER_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rosters),           cmocka_unit_test(malformed_rosters),
        cmocka_unit_test(longest_ids),       cmocka_unit_test(members),
        cmocka_unit_test(malformed_members),
    };
    return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}
