/*
 * Envelopes: what is decoded, what is refused, and that the scanner agrees with json-c
 * (MSG-*).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/str.h"
#include "codec/block.h"
#include "codec/envelope_scan.h"
#include "codec/json.h"

struct row {
    const char *frame;
    bool scanned; /* by the scanner; false: by json-c */
    const char *event, *channel, *user_id, *data;
    pusher_data_kind kind;
};

#define TEXT PUSHER_DATA_TEXT
#define JSON PUSHER_DATA_JSON
#define NONE PUSHER_DATA_ABSENT

static const struct row rows[] = {
    {"{\"event\":\"order\",\"channel\":\"room\",\"data\":\"{\\\"id\\\":7}\"}", true,
     "order", "room", NULL, "{\"id\":7}", TEXT},
    {"{\"event\":\"pusher:ping\",\"data\":\"{}\"}", true, "pusher:ping", NULL, NULL, "{}",
     TEXT},
    {"{\"event\":\"pusher:pong\",\"data\":{}}", true, "pusher:pong", NULL, NULL, "{}",
     JSON},
    {"{\"event\":\"pusher:pong\"}", true, "pusher:pong", NULL, NULL, NULL, NONE},
    {"{\"event\":\"pusher:error\",\"data\":{\"code\":4301,\"message\":\"rate limited\"}}",
     true, "pusher:error", NULL, NULL, "{\"code\":4301,\"message\":\"rate limited\"}",
     JSON},
    {"{\"event\":\"client-typing\",\"channel\":\"presence-r\",\"user_id\":\"2\",\"data\":"
     "{"
     "\"on\":true}}",
     true, "client-typing", "presence-r", "2", "{\"on\":true}", JSON},
    {"{\"data\":\"5\",\"channel\":\"c\",\"event\":\"e\"}", true, "e", "c", NULL, "5",
     TEXT},
    {"{\"data\":5,\"event\":\"e\"}", true, "e", NULL, NULL, "5", JSON},
    {"{\"data\":null,\"event\":\"e\"}", true, "e", NULL, NULL, "null", JSON},
    {"{\"data\":[1,[2,{\"a\":\"]\"}]],\"event\":\"e\"}", true, "e", NULL, NULL,
     "[1,[2,{\"a\":\"]\"}]]", JSON},
    {" \t\r\n{ \"event\" : \"e\" , \"x\" : { \"y\" : [ ] } , \"data\" : \"d\" } \n", true,
     "e", NULL, NULL, "d", TEXT},
    {"{\"event\":\"e\",\"user_id\":\"\"}", true, "e", NULL, NULL, NULL, NONE},
    {"{\"event\":\"e\",\"data\":\"\"}", true, "e", NULL, NULL, "", TEXT},
    {"{\"event\":\"\",\"data\":\"x\"}", true, "", NULL, NULL, "x", TEXT},
    {"{\"event\":\"e\",\"data\":\"\\u00e4\\ud83d\\ude00\\ud83d\\n\\/\\b\\f\\r\\t\\\\\"}",
     true, "e", NULL, NULL, "\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd\n/\b\f\r\t\\", TEXT},
    {"{\"event\":\"e\",\"data\":\"0123456789abcde\\\"0123456789abcdef\\\\\"}", true, "e",
     NULL, NULL, "0123456789abcde\"0123456789abcdef\\", TEXT},
    /* odd ones, decided by json-c */
    {"{\"event\":\"\\u0065\"}", false, "e", NULL, NULL, NULL, NONE},
    {"{\"\\u0065vent\":\"e\",\"data\":\"x\"}", false, "e", NULL, NULL, "x", TEXT},
    {"{\"event\":\"a\",\"event\":\"e\"}", false, "e", NULL, NULL, NULL, NONE},
    {"{\"event\":\"e\",\"data\":1,\"data\":\"x\"}", false, "e", NULL, NULL, "x", TEXT},
    {"{\"event\":\"e\",\"channel\":null}", false, "e", NULL, NULL, NULL, NONE},
    {"{\"event\":\"e\",\"channel\":7}", false, "e", NULL, NULL, NULL, NONE},
    {"{\"event\":\"e\",\"user_id\":7}", false, "e", NULL, "7", NULL, NONE},
    {"{\"event\":\"e\",\"user_id\":{}}", false, "e", NULL, NULL, NULL, NONE},
};

static const char *const refused[] = {
    /* MSG-05, MSG-06 */
    "",
    " ",
    "null",
    "{}",
    "5",
    "[]",
    "\"e\"",
    "{\"event\":5}",
    "{\"event\":null}",
    "{\"event\":\"e\"",
    "{\"event\":\"e\"}x",
    "{\"event\":\"e\"}{}",
    "{\"event\":\"e\",}",
    "{,\"event\":\"e\"}",
    "{\"event\" \"e\"}",
    "{event:\"e\"}",
    "{'event':\"e\"}",
    "{\"event\":'e'}",
    "{\"event\":\"e\",\"data\":NaN}",
    "{\"event\":\"e\",\"data\":01}",
    "{\"event\":\"e\",\"data\":1.}",
    "{\"event\":\"e\",\"data\":-}",
    "{\"event\":\"e\",\"data\":+1}",
    "{\"event\":\"e\",\"data\":tru}",
    "{\"event\":\"e\",\"data\":[1,]}",
    "{\"event\":\"e\",\"data\":{\"a\":1,}}",
    "{\"event\":\"e\",\"data\":{\"a\"}}",
    "{\"event\":\"e\",\"data\":[}",
    "{\"event\":\"e\",\"data\":\"a\nb\"}",
    "{\"event\":\"e\",\"data\":\"\\x\"}",
    "{\"event\":\"e\",\"data\":\"\\u12g4\"}",
    "{\"event\":\"e\",\"data\":\"\\u12",
    "{\"event\":\"e\",\"data\":\"\\",
    "{\"event\":\"e\"} /* c */",
};

/* An exact copy on the heap: reading past the end is found out. */
static pusher_str exact(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return (pusher_str){copy, len};
}

static void same(pusher_str got, const char *wanted)
{
    if (!wanted) {
        assert_null(got.ptr);
        return;
    }
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

static void is_row(const struct message *message, const struct row *row)
{
    same(message->event, row->event);
    same(message->channel, row->channel);
    same(message->user_id, row->user_id);
    assert_int_equal(message->data_kind, row->kind);
    char *out = malloc(message_data_bound(message));
    assert_non_null(out);
    pusher_str data = message_data_copy(message, out);
    same(data, row->data);
    if (data.ptr)
        assert_int_equal(data.ptr[data.len], '\0');
    free(out);
}

static void decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pusher_str frame = exact(rows[i].frame);
        struct message message = {0};
        assert_true(envelope_scan(frame, &message) == rows[i].scanned);
        assert_int_equal(message_decode(frame, &message), 0);
        assert_true((message.tree == NULL) == rows[i].scanned);
        is_row(&message, &rows[i]);
        message_release(&message);
        free((void *)(uintptr_t)frame.ptr);
    }
}

/* The same envelope with an unknown escaped name in front goes through json-c. */
static void both_ways_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *brace = strchr(rows[i].frame, '{');
        char odd[512];
        int size = snprintf(odd, sizeof odd, "{\"\\u007a\":1,%s", brace + 1);
        assert_true(size > 0 && (size_t)size < sizeof odd);
        struct message message = {0};
        assert_int_equal(message_decode(str_of(odd), &message), 0);
        assert_non_null(message.tree);
        is_row(&message, &rows[i]);
        message_release(&message);
    }
}

static void refused_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        pusher_str frame = exact(refused[i]);
        struct message message = {0};
        assert_int_equal(message_decode(frame, &message), PUSHER_ERR_INVALID);
        free((void *)(uintptr_t)frame.ptr);
    }
}

/* Cut anywhere, a frame is refused and nothing past its end is read. */
static void every_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t whole = strlen(rows[i].frame);
        while (whole > 0 && rows[i].frame[whole - 1] != '}')
            whole--;
        for (size_t len = 0; len < whole; len++) {
            char *copy = malloc(len ? len : 1);
            memcpy(copy, rows[i].frame, len);
            struct message message = {0};
            assert_int_equal(message_decode((pusher_str){copy, len}, &message),
                             PUSHER_ERR_INVALID);
            free(copy);
        }
    }
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * JSON_MAX_DEPTH + 3] = {0};
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_true(json_valid(str_of(text)));
    struct json_object *value = NULL;
    assert_int_equal(json_parse(str_of(text), &value), 0);
    json_release(value);
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_false(json_valid(str_of(text)));
}

/* MSG-02 */
static void data_as_json(void **state)
{
    (void)state;
    struct json_object *value = NULL;
    assert_int_equal(message_data_json(TEXT, STR("{\"id\":7}"), &value), 0);
    assert_int_equal(json_object_get_int(json_member(value, "id")), 7);
    json_release(value);
    assert_int_equal(message_data_json(TEXT, STR("5"), &value), 0);
    assert_true(json_object_is_type(value, json_type_int));
    json_release(value);
    assert_int_equal(message_data_json(TEXT, STR("plain"), &value), 0);
    same(json_text(value), "plain");
    json_release(value);
    assert_int_equal(message_data_json(NONE, (pusher_str){NULL, 0}, &value), 0);
    assert_null(value);
}

static void integers_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
    } cases[] = {{"7", true},
                 {"-1", true},
                 {"1.0", false},
                 {"\"7\"", false},
                 {"1e3", false},
                 {"true", false},
                 {"99999999999999999999999", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *value = NULL;
        int64_t number;
        assert_int_equal(json_parse(str_of(cases[i].text), &value), 0);
        assert_true(json_int(value, &number) == cases[i].whole);
        json_release(value);
    }
}

static void blocks_agree(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char block[BLOCK], a[BLOCK], b[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            static const char often[] = {'"', '\\',       0x1f,       0x20,
                                         0,   (char)0x80, (char)0xff, 'a'};
            block[i] = (char)(rand() % 2 ? often[rand() % 8] : rand() % 256);
        }
        struct block fast = block_look(block), slow = block_look_portable(block);
        assert_int_equal(fast.quote, slow.quote);
        assert_int_equal(fast.backslash, slow.backslash);
        assert_int_equal(fast.control, slow.control);
        uint32_t carry = (uint32_t)(round & 1), expected = 0;
        bool next = carry;
        for (int i = 0; i < BLOCK; i++) {
            expected |= (uint32_t)next << i;
            next = !next && block[i] == '\\';
        }
        assert_int_equal(block_escaped(slow.backslash, &carry), expected);
        assert_int_equal(carry, next);
        assert_int_equal(block_copy(a, block), block_copy_portable(b, block));
        assert_memory_equal(a, b, BLOCK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoded),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(refused_ones),
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(data_as_json),
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(blocks_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
