/*
 * The growing buffer with a limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "support/fail_alloc.h"

static void expect(const struct buf *buf, const char *text)
{
    pusher_str wanted = str_of(text);
    assert_int_equal(buf->len, wanted.len);
    assert_true(str_equal(buf_str(buf), wanted));
}

static void grows_and_shrinks(void **state)
{
    struct fail_alloc alloc;
    struct buf buf;
    (void)state;
    fail_alloc_init(&alloc);
    buf_init(&buf, &alloc.mem, 1000);
    expect(&buf, "");
    assert_non_null(buf_str(&buf).ptr);
    assert_int_equal(alloc.calls, 0); /* nothing before the first byte */
    assert_int_equal(buf_append(&buf, STR("")), 0);
    assert_int_equal(buf_append(&buf, STR("ab")), 0);
    assert_int_equal(buf_append_byte(&buf, 'c'), 0);
    assert_int_equal(buf_printf(&buf, "%d-%s", 7, "x"), 0);
    expect(&buf, "abc7-x");
    size_t calls = alloc.calls;
    buf_clear(&buf);
    expect(&buf, "");
    assert_int_equal(buf_append(&buf, STR("again")), 0);
    assert_int_equal(alloc.calls, calls); /* the memory was kept */
    for (int i = 0; i < 900; i++)
        assert_int_equal(buf_append_byte(&buf, 'y'), 0);
    assert_true(alloc.calls < calls + 8); /* doubling, not byte by byte */
    assert_int_equal(buf.len, 905);
    buf_free(&buf);
    assert_int_equal(alloc.live, 0);
    expect(&buf, "");
    assert_int_equal(buf_append(&buf, STR("used again")), 0);
    expect(&buf, "used again");
    buf_free(&buf);
}

static void never_passes_its_limit(void **state)
{
    struct fail_alloc alloc;
    struct buf buf;
    (void)state;
    fail_alloc_init(&alloc);
    buf_init(&buf, &alloc.mem, 8);
    assert_int_equal(buf_append(&buf, STR("12345678")), 0);
    assert_int_equal(buf_append_byte(&buf, '9'), PUSHER_ERR_LIMIT);
    assert_int_equal(buf_append(&buf, STR("")), 0);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX), PUSHER_ERR_LIMIT);
    expect(&buf, "12345678");
    buf_clear(&buf);
    assert_int_equal(buf_printf(&buf, "%s", "123456789"), PUSHER_ERR_LIMIT);
    expect(&buf, "");
    assert_int_equal(buf_printf(&buf, "%s", "1234567"), 0); /* its NUL needs room too */
    expect(&buf, "1234567");
    buf_free(&buf);
    buf_init(&buf, &alloc.mem, 0);
    assert_int_equal(buf_append_byte(&buf, 'x'), PUSHER_ERR_LIMIT);
    buf_free(&buf);
}

static void keeps_its_content_without_memory(void **state)
{
    struct fail_alloc alloc;
    struct buf buf;
    char much[500];
    (void)state;
    fail_alloc_init(&alloc);
    memset(much, 'z', sizeof much);
    buf_init(&buf, &alloc.mem, 1000);
    alloc.fail_at = 1;
    assert_int_equal(buf_append(&buf, STR("x")), PUSHER_ERR_NOMEM);
    expect(&buf, "");
    assert_int_equal(buf_append(&buf, STR("kept")), 0);
    alloc.fail_at = alloc.calls + 1;
    assert_int_equal(buf_append(&buf, (pusher_str){much, sizeof much}), PUSHER_ERR_NOMEM);
    alloc.fail_at = alloc.calls + 1;
    assert_int_equal(buf_printf(&buf, "%500d", 1), PUSHER_ERR_NOMEM);
    expect(&buf, "kept");
    buf_free(&buf);
    assert_int_equal(alloc.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_shrinks),
        cmocka_unit_test(never_passes_its_limit),
        cmocka_unit_test(keeps_its_content_without_memory),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
