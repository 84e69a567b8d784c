/*
 * Base64, strict, with the vectors of RFC 4648.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/str.h"
#include <pusher/error.h>

static const struct {
    const char *plain;
    const char *coded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char out[16];
        size_t written = 99;
        size_t bytes = strlen(vectors[i].plain);
        assert_int_equal(
            base64_encode(vectors[i].plain, bytes, out, sizeof out, &written), 0);
        assert_string_equal(out, vectors[i].coded);
        assert_int_equal(written, strlen(vectors[i].coded));
        assert_int_equal(base64_encoded_size(bytes), written + 1);
        assert_int_equal(
            base64_decode(str_of(vectors[i].coded), out, sizeof out, &written), 0);
        assert_int_equal(written, bytes);
        assert_memory_equal(out, vectors[i].plain, bytes);
    }
}

static void every_byte(void **state)
{
    unsigned char all[256], back[256];
    char coded[400];
    size_t written;
    (void)state;
    for (unsigned i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    assert_int_equal(base64_encode(all, sizeof all, coded, sizeof coded, &written), 0);
    assert_int_equal(
        base64_decode((pusher_str){coded, written}, back, sizeof back, &written), 0);
    assert_int_equal(written, sizeof all);
    assert_memory_equal(all, back, sizeof all);
}

static void only_strict_text(void **state)
{
    static const char *const bad[] = {
        "Z",         "Zg",   "Zg=",  "Zg===",    "Zg==\n", "Z g=",
        "=Zg=",      "Zg=g", "====", "Zm9v-A==", "Zm9_",   "Zm9v\r\nZm9v",
        "Zm9v Zm9v", "Zh==", "Zm9=", "Zm9\xc3",  "Zm9`",   "Zm9{",
        "Zm9@",      "Zm9[", "Zm9:", "Zm9.",     "Zm9,"};
    char out[32];
    size_t written = 7;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(base64_decode(str_of(bad[i]), out, sizeof out, &written),
                         PUSHER_ERR_INVALID);
    assert_int_equal(base64_decode((pusher_str){NULL, 0}, out, sizeof out, &written),
                     PUSHER_ERR_INVALID);
}

static void room(void **state)
{
    char out[16];
    size_t written;
    (void)state;
    assert_int_equal(base64_encode("foobar", 6, out, 8, &written), PUSHER_ERR_LIMIT);
    assert_int_equal(base64_encode("foobar", 6, out, 9, &written), 0);
    assert_int_equal(base64_decode(STR("Zm9vYmFy"), out, 5, &written), PUSHER_ERR_LIMIT);
    assert_int_equal(base64_decode(STR("Zm9vYmFy"), out, 6, &written), 0);
}

/* Each byte as a digit, alone in its group's last place. */
static void each_digit(void **state)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[] = {'A', 'A', 'A', (char)c}, again[5];
        unsigned char out[3];
        size_t written = 0;
        int rc = base64_decode((pusher_str){text, 4}, out, sizeof out, &written);
        const char *digit = memchr(digits, c, sizeof digits - 1);
        if (c == '=') {
            assert_int_equal(rc, 0);
            assert_int_equal(written, 2);
            continue;
        }
        assert_int_equal(rc, digit ? 0 : PUSHER_ERR_INVALID);
        if (!digit)
            continue;
        assert_int_equal(written, 3);
        assert_int_equal(out[2], digit - digits);
        assert_int_equal(base64_encode(out, 3, again, sizeof again, &written), 0);
        assert_memory_equal(again, text, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),        cmocka_unit_test(every_byte),
        cmocka_unit_test(only_strict_text), cmocka_unit_test(room),
        cmocka_unit_test(each_digit),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
