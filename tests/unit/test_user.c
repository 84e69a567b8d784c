/*
 * The signed-in user, and those who are watched (USER-04, USER-09).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/user.h"
#include "support/fail_alloc.h"

/* USER-04 */
static void sign_in(void **state)
{
    static const struct {
        const char *data, *user_data, *id;
    } rows[] = {
        {"{\"user_data\":\"{\\\"id\\\":\\\"u1\\\"}\"}", "{\"id\":\"u1\"}", "u1"},
        {"{\"user_data\":\" {\\\"id\\\" : 7}\\n\",\"auth\":1}", " {\"id\" : 7}\n", "7"},
        {"{\"user_data\":1,\"user_data\":\"{\\\"id\\\":1,\\\"id\\\":"
         "\\\"\\ud836\\udc00\\\"}\"}",
         "{\"id\":1,\"id\":\"\xf0\x9d\xa0\x80\"}", "\xf0\x9d\xa0\x80"},
    };
    struct fail_alloc alloc;
    struct buf out;
    (void)state;
    fail_alloc_init(&alloc);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct user_id id;
        pusher_str data = str_of(rows[i].data);
        buf_init(&out, &alloc.mem, data.len + 64);
        assert_int_equal(user_signin_parse(data, &out, &id), 0);
        assert_int_equal(out.len, strlen(rows[i].user_data));
        assert_string_equal(out.ptr, rows[i].user_data);
        assert_string_equal(id.text, rows[i].id);
        buf_free(&out);
    }
    assert_int_equal(alloc.live, 0);
}

static void no_sign_in(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"user_data\":null}",
        "{\"user_data\":{\"id\":\"u1\"}}",
        "{\"user_data\":\"\"}",
        "{\"user_data\":\"u1\"}",
        "{\"user_data\":\"{}\"}",
        "{\"user_data\":\"{\\\"id\\\":\\\"\\\"}\"}",
        "{\"user_data\":\"{\\\"id\\\":null}\"}",
        "{\"user_data\":\"{\\\"id\\\":[1]}\"}",
        "{\"user_data\":\"{\\\"id\\\":1}x\"}",
    };
    struct fail_alloc alloc;
    struct buf out;
    struct user_id id = {.len = 7};
    (void)state;
    fail_alloc_init(&alloc);
    buf_init(&out, &alloc.mem, 1000);
    assert_int_equal(buf_append(&out, STR("before")), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(user_signin_parse(str_of(bad[i]), &out, &id),
                         PUSHER_ERR_INVALID);
        assert_int_equal(out.len, 6);
        assert_memory_equal(out.ptr, "before", 6);
    }
    assert_int_equal(id.len, 7);
    assert_int_equal(user_signin_parse((pusher_str){NULL, 0}, &out, &id),
                     PUSHER_ERR_INVALID);
    buf_free(&out);
    const pusher_str good = STR("{\"user_data\":\"{\\\"id\\\":1}\"}");
    buf_init(&out, &alloc.mem, 10);
    assert_int_equal(user_signin_parse(good, &out, &id), PUSHER_ERR_LIMIT);
    buf_init(&out, &alloc.mem, 1000);
    alloc.fail_at = alloc.calls + 1;
    assert_int_equal(user_signin_parse(good, &out, &id), PUSHER_ERR_NOMEM);
    assert_int_equal(out.len, 0);
    assert_int_equal(id.len, 7);
    assert_int_equal(alloc.live, 0);
}

static void watched(const char *data, const char *wanted)
{
    char out[200] = "";
    struct watchlist_walk walk;
    struct watchlist_event event;
    assert_int_equal(watchlist_parse(str_of(data), &walk), 0);
    while (watchlist_next(&walk, &event)) {
        assert_int_equal(event.name_len, strlen(event.name));
        strcat(out, event.name);
        strcat(out, " ");
        strncat(out, event.json.ptr, event.json.len);
        strcat(out, "|");
    }
    assert_false(watchlist_next(&walk, &event));
    assert_string_equal(out, wanted);
}

/* USER-09: the entries are as they were received. */
static void watchlists(void **state)
{
    (void)state;
    watched("{\"events\":[]}", "");
    watched("{\"events\":[ {\"name\":\"online\", \"user_ids\":[\"2\"]} ]}",
            "online {\"name\":\"online\", \"user_ids\":[\"2\"]}|");
    watched(
        "{\"events\":[{\"user_ids\":[\"2\",3,\"\\u00e4\"],\"name\":\"off\\u006cine\"},"
        "{\"name\":\"online\",\"user_ids\":[]} , {\"name\":\"else\",\"user_id\":\"4\"}]}",
        "offline {\"user_ids\":[\"2\",3,\"\\u00e4\"],\"name\":\"off\\u006cine\"}|"
        "online {\"name\":\"online\",\"user_ids\":[]}|"
        "else {\"name\":\"else\",\"user_id\":\"4\"}|");
    watched("{\"events\":[{\"name\":\"x\",\"user_id\":[],\"user_ids\":[1,2]}]}",
            "x {\"name\":\"x\",\"user_id\":[],\"user_ids\":[1,2]}|");
}

/* SUB-14 */
static void malformed_watchlists(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"events\":null}",
        "{\"events\":{}}",
        "{\"events\":[1]}",
        "{\"events\":[{}]}",
        "{\"events\":[{\"name\":\"online\"}]}",
        "{\"events\":[{\"user_ids\":[\"2\"]}]}",
        "{\"events\":[{\"name\":\"\",\"user_ids\":[\"2\"]}]}",
        "{\"events\":[{\"name\":7,\"user_ids\":[\"2\"]}]}",
        "{\"events\":[{\"name\":\"online\",\"user_ids\":\"2\"}]}",
        "{\"events\":[{\"name\":\"online\",\"user_ids\":{\"0\":\"2\"}}]}",
        "{\"events\":[{\"name\":\"online\",\"user_ids\":[\"2\",null]}]}",
        "{\"events\":[{\"name\":\"online\",\"user_id\":[\"2\"]}]}",
        "{\"events\":[{\"name\":\"online\",\"user_ids\":[]},[]]}",
    };
    struct watchlist_walk walk;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(watchlist_parse(str_of(bad[i]), &walk), PUSHER_ERR_INVALID);
    assert_int_equal(watchlist_parse((pusher_str){NULL, 0}, &walk), PUSHER_ERR_INVALID);
    for (int more = 0; more < 2; more++) {
        char data[EVENT_NAME_MAX + 100];
        snprintf(data, sizeof data, "{\"events\":[{\"name\":\"%0*d\",\"user_ids\":[]}]}",
                 EVENT_NAME_MAX + more, 7);
        assert_int_equal(watchlist_parse(str_of(data), &walk),
                         more ? PUSHER_ERR_INVALID : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_in),
        cmocka_unit_test(no_sign_in),
        cmocka_unit_test(watchlists),
        cmocka_unit_test(malformed_watchlists),
    };
    return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
