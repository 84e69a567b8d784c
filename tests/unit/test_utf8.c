/*
 * UTF-8, against a decoder written from the definition (RFC 3629).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"

/* Character by character, by value: shortest form, no surrogate, up to U+10FFFF. */
static bool valid_by_definition(const unsigned char *at, size_t len)
{
    while (len) {
        size_t bytes = *at < 0x80   ? 1
                       : *at < 0xc0 ? 0
                       : *at < 0xe0 ? 2
                       : *at < 0xf0 ? 3
                       : *at < 0xf8 ? 4
                                    : 0;
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (!bytes || bytes > len)
            return false;
        uint32_t value = bytes == 1 ? *at : *at & (0x7fu >> bytes);
        for (size_t i = 1; i < bytes; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return false;
            value = value << 6 | (at[i] & 0x3f);
        }
        if (value < least[bytes] || value > 0x10ffff ||
            (value >= 0xd800 && value < 0xe000))
            return false;
        at += bytes;
        len -= bytes;
    }
    return true;
}

static void compare(const unsigned char *bytes, size_t len)
{
    assert_int_equal(utf8_valid((pusher_str){(const char *)bytes, len}),
                     valid_by_definition(bytes, len));
}

static void all_of_one_and_two_bytes(void **state)
{
    (void)state;
    compare(NULL, 0);
    for (unsigned i = 0; i < 0x10000; i++) {
        unsigned char bytes[] = {(unsigned char)(i >> 8), (unsigned char)i};
        compare(bytes, 2);
        compare(bytes + 1, 1);
    }
}

/* The edges of each class, in each place. */
static void edges_of_three_and_four_bytes(void **state)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                          0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                          0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { COUNT = sizeof edges };
    (void)state;
    for (unsigned i = 0; i < COUNT * COUNT * COUNT * COUNT; i++) {
        unsigned char bytes[] = {edges[i % COUNT], edges[i / COUNT % COUNT],
                                 edges[i / COUNT / COUNT % COUNT],
                                 edges[i / COUNT / COUNT / COUNT]};
        compare(bytes, 4);
        compare(bytes, 3);
    }
}

/* ASCII is passed over in blocks: whatever lies where in or behind one is seen. */
static void in_and_around_blocks(void **state)
{
    static const char *const pieces[] = {"\xc3\xa4", "\xf0\x9f\x98\x80", "\xff", "\xc3",
                                         "\xe2\x82", "\xed\xa0\x80",     ""};
    (void)state;
    for (size_t before = 0; before < 100; before++) {
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            unsigned char bytes[256];
            size_t len = strlen(pieces[i]);
            memset(bytes, 'a', sizeof bytes);
            memcpy(bytes + before, pieces[i], len);
            compare(bytes, before + len);
            compare(bytes, before + len + 1);
            compare(bytes, before + len + 70);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_one_and_two_bytes),
        cmocka_unit_test(edges_of_three_and_four_bytes),
        cmocka_unit_test(in_and_around_blocks),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
