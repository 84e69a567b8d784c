/*
 * Channel names and what they say of the channel (CHAN-01, LIM-01, CACHE-01).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/channel_name.h"

static bool valid(const char *name)
{
    return channel_name_valid(str_of(name));
}

/* CHAN-01 */
static void characters(void **state)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_-=@,.;";
    (void)state;
    assert_true(valid(allowed));
    for (int byte = 0; byte < 256; byte++) {
        char name[] = {'a', (char)byte, 'z'};
        bool expected = byte && strchr(allowed, byte);
        assert_int_equal(channel_name_valid((pusher_str){name, 3}), expected);
    }
    assert_false(valid("#server-to-user-7"));
    assert_false(valid("a b"));
    assert_false(valid("caf\xc3\xa9"));
}

/* LIM-01 */
static void lengths(void **state)
{
    char name[CHANNEL_NAME_MAX + 1];
    (void)state;
    memset(name, 'x', sizeof name);
    assert_false(channel_name_valid((pusher_str){name, 0}));
    assert_false(channel_name_valid((pusher_str){NULL, 0}));
    assert_true(channel_name_valid((pusher_str){name, 1}));
    assert_true(channel_name_valid((pusher_str){name, 200}));
    assert_false(channel_name_valid((pusher_str){name, 201}));
}

/* CHAN-01, CACHE-01: by prefix, case and all. */
static void kinds(void **state)
{
    static const struct {
        const char *name;
        enum channel_kind kind;
        bool cache;
    } rows[] = {
        {"room", CHANNEL_PUBLIC, false},
        {"private", CHANNEL_PUBLIC, false},
        {"Private-room", CHANNEL_PUBLIC, false},
        {"my-private-room", CHANNEL_PUBLIC, false},
        {"cache-room", CHANNEL_PUBLIC, true},
        {"cacheroom", CHANNEL_PUBLIC, false},
        {"private-room", CHANNEL_PRIVATE, false},
        {"private-", CHANNEL_PRIVATE, false},
        {"private-cache-room", CHANNEL_PRIVATE, true},
        {"private-encrypted", CHANNEL_PRIVATE, false},
        {"private-encrypted-room", CHANNEL_ENCRYPTED, false},
        {"private-encrypted-cache-room", CHANNEL_ENCRYPTED, true},
        {"presence-room", CHANNEL_PRESENCE, false},
        {"presence-cache-room", CHANNEL_PRESENCE, true},
        {"presence-private-room", CHANNEL_PRESENCE, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(channel_kind_of(str_of(rows[i].name)), rows[i].kind);
        assert_int_equal(channel_is_cache(str_of(rows[i].name)), rows[i].cache);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters),
        cmocka_unit_test(lengths),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests_name("channel_name", tests, NULL, NULL);
}
