/*
 * Frames that the client sends, byte for byte (MSG-04).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"
#include "codec/json.h"
#include "support/fail_alloc.h"

static void expect(struct buf *out, const char *text)
{
    pusher_str wanted = str_of(text);
    assert_int_equal(out->len, wanted.len);
    assert_memory_equal(out->ptr, wanted.ptr, wanted.len);
    buf_clear(out);
}

static void frames(void **state)
{
    struct fail_alloc alloc;
    struct buf out;
    (void)state;
    fail_alloc_init(&alloc);
    buf_init(&out, &alloc.mem, 1000);
    assert_int_equal(frame_ping(&out), 0);
    expect(&out, "{\"event\":\"pusher:ping\",\"data\":{}}");
    assert_int_equal(frame_pong(&out), 0);
    expect(&out, "{\"event\":\"pusher:pong\",\"data\":{}}");
    assert_int_equal(frame_subscribe_public(&out, STR("room")), 0);
    expect(&out, "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":"
                 "\"room\"}}");
    assert_int_equal(
        frame_subscribe(&out, STR("private-a"), STR("key:0f"), (pusher_str){NULL, 0}), 0);
    expect(&out, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"private-a\","
                 "\"auth\":\"key:0f\"}}");
    assert_int_equal(frame_subscribe(&out, STR("presence-a"), STR("key:0f"),
                                     STR("{\"user_id\":\"7\"}")),
                     0);
    expect(&out,
           "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"presence-a\","
           "\"auth\":\"key:0f\",\"channel_data\":\"{\\\"user_id\\\":\\\"7\\\"}\"}}");
    assert_int_equal(frame_unsubscribe(&out, STR("room")), 0);
    expect(&out, "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"room\"}}");
    buf_free(&out);
    assert_int_equal(alloc.live, 0);
}

/* An authorization is never text of ours: it is escaped like any other. */
static void signed_frames(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    assert_int_equal(frame_subscribe(&out, STR("r"), STR("\""), STR("")), 0);
    expect(&out, "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"r\","
                 "\"auth\":\"\\\"\",\"channel_data\":\"\"}}");
    assert_int_equal(frame_signin(&out, STR("KEY:hex"), STR("{\"id\":\"u1\"}")), 0);
    expect(&out, "{\"event\":\"pusher:signin\",\"data\":{\"auth\":\"KEY:hex\","
                 "\"user_data\":\"{\\\"id\\\":\\\"u1\\\"}\"}}");
    buf_free(&out);
}

/* CEV-02 */
static void client_events(void **state)
{
    const pusher_str channel = STR("presence-r");
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    assert_int_equal(frame_client_event(&out, channel, STR("client-typing"),
                                        PUSHER_DATA_JSON, STR("{\"on\":true}")),
                     0);
    expect(&out, "{\"event\":\"client-typing\",\"data\":{\"on\":true},"
                 "\"channel\":\"presence-r\"}");
    assert_int_equal(frame_client_event(&out, channel, STR("client-\"t"),
                                        PUSHER_DATA_TEXT, STR("{\"on\"\n")),
                     0);
    expect(&out, "{\"event\":\"client-\\\"t\",\"data\":\"{\\\"on\\\"\\n\","
                 "\"channel\":\"presence-r\"}");
    assert_int_equal(frame_client_event(&out, channel, STR("client-t"),
                                        PUSHER_DATA_ABSENT, STR("ignored")),
                     0);
    expect(&out, "{\"event\":\"client-t\",\"channel\":\"presence-r\"}");
    buf_free(&out);
}

static void strings(void **state)
{
    struct fail_alloc alloc;
    struct buf out;
    (void)state;
    fail_alloc_init(&alloc);
    buf_init(&out, &alloc.mem, 1000);
    assert_int_equal(frame_append_string(&out, STR("")), 0);
    expect(&out, "\"\"");
    assert_int_equal(frame_append_string(&out, STR("a\"b\\c\nd\re\tf/\x7f\xc3\xa4")), 0);
    expect(&out, "\"a\\\"b\\\\c\\nd\\re\\tf/\x7f\xc3\xa4\"");
    for (int byte = 0; byte < 0x80; byte++) {
        char text[] = {(char)byte};
        assert_int_equal(frame_append_string(&out, (pusher_str){text, 1}), 0);
        assert_true(json_valid(buf_str(&out)));
        buf_clear(&out);
    }
    buf_free(&out);
}

static int any_frame(struct buf *out, int which)
{
    static const pusher_str name = STR("a-name-that-makes-it-grow-and-\"grow\"-and-grow");
    switch (which) {
    case 0:
        return frame_subscribe_public(out, name);
    case 1:
        return frame_unsubscribe(out, name);
    case 2:
        return frame_subscribe(out, name, name, name);
    case 3:
        return frame_signin(out, name, name);
    case 4:
        return frame_client_event(out, name, name, PUSHER_DATA_TEXT, name);
    default:
        return frame_client_event(out, name, name, PUSHER_DATA_JSON, STR("[1,2,3]"));
    }
}

enum { FRAMES = 6 };

/* On failure the content is as before, wherever memory ends. */
static void without_memory(void **state)
{
    (void)state;
    for (int which = 0; which < FRAMES; which++) {
        for (size_t fail_at = 1, failed = 1; failed; fail_at++) {
            struct fail_alloc alloc;
            struct buf out;
            fail_alloc_init(&alloc);
            alloc.fail_at = fail_at;
            buf_init(&out, &alloc.mem, 4000);
            int rc = buf_append(&out, STR("before"));
            if (!rc && (rc = any_frame(&out, which)))
                expect(&out, "before");
            assert_int_equal(rc, alloc.failed ? PUSHER_ERR_NOMEM : 0);
            failed = alloc.failed;
            buf_free(&out);
            assert_int_equal(alloc.live, 0);
        }
    }
}

static void beyond_the_limit(void **state)
{
    (void)state;
    for (int which = 0; which < FRAMES; which++) {
        int rc = PUSHER_ERR_LIMIT;
        for (size_t max = 0; rc; max++) {
            struct buf out;
            buf_init(&out, &mem_default, max);
            rc = any_frame(&out, which);
            assert_true(rc == 0 || rc == PUSHER_ERR_LIMIT);
            assert_int_equal(out.len, rc ? 0 : max);
            assert_true(rc || json_valid(buf_str(&out)));
            buf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),         cmocka_unit_test(signed_frames),
        cmocka_unit_test(client_events),  cmocka_unit_test(strings),
        cmocka_unit_test(without_memory), cmocka_unit_test(beyond_the_limit),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
