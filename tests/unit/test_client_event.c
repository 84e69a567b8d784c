/*
 * Client events: which ones a server would take (CEV-01, CEV-04, LIM-02).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/client_event.h"

enum { MAX = 20 };

static void rows(void **state)
{
    static const struct {
        const char *channel;
        pusher_str event;
        pusher_data_kind kind;
        pusher_str data;
        enum client_event_fault fault;
    } table[] = {
        {"private-r", STR("client-x"), PUSHER_DATA_JSON, STR("{\"a\":1}"), 0},
        {"presence-r", STR("client-x"), PUSHER_DATA_JSON, STR(" 1 "), 0},
        {"private-cache-r", STR("client-\xc3\xa4"), PUSHER_DATA_TEXT, STR("{"), 0},
        {"private-r", STR("client-x"), PUSHER_DATA_TEXT, {NULL, 0}, 0},
        {"private-r", STR("client-x"), PUSHER_DATA_ABSENT, {NULL, 0}, 0},
        {"private-r", STR("client-x"), PUSHER_DATA_TEXT, STR("12345678901234567890"), 0},
        {"private-r", STR("client-x"), PUSHER_DATA_TEXT, STR("a\0b\n"), 0},
        {"private-r", STR("x"), PUSHER_DATA_ABSENT, {NULL, 0}, CLIENT_EVENT_NAME_PREFIX},
        {"private-r", STR(""), PUSHER_DATA_ABSENT, {NULL, 0}, CLIENT_EVENT_NAME_PREFIX},
        {"private-r", STR("client"), PUSHER_DATA_ABSENT, {0}, CLIENT_EVENT_NAME_PREFIX},
        {"private-r", STR("Client-x"), PUSHER_DATA_ABSENT, {0}, CLIENT_EVENT_NAME_PREFIX},
        {"private-r", STR("pusher:x"), PUSHER_DATA_ABSENT, {0}, CLIENT_EVENT_NAME_PREFIX},
        {"private-r",
         STR("client-\n"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_NAME_CHARACTERS},
        {"private-r",
         STR("client-\0"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_NAME_CHARACTERS},
        {"private-r",
         STR("client-\x7f"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_NAME_CHARACTERS},
        {"private-r",
         STR("client-\xc3"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_NAME_CHARACTERS},
        {"room", STR("client-x"), PUSHER_DATA_ABSENT, {0}, CLIENT_EVENT_PUBLIC_CHANNEL},
        {"cache-room",
         STR("client-x"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_PUBLIC_CHANNEL},
        {"#server-to-user-1",
         STR("client-x"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_PUBLIC_CHANNEL},
        {"private-encrypted-r",
         STR("client-x"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_ENCRYPTED_CHANNEL},
        {"private-encrypted-cache-r",
         STR("client-x"),
         PUSHER_DATA_ABSENT,
         {0},
         CLIENT_EVENT_ENCRYPTED_CHANNEL},
        {"private-r", STR("client-x"), PUSHER_DATA_TEXT, STR("123456789012345678901"),
         CLIENT_EVENT_DATA_SIZE},
        {"private-r", STR("client-x"), PUSHER_DATA_TEXT, STR("\xed\xa0\x80"),
         CLIENT_EVENT_DATA_NOT_UTF8},
        {"private-r", STR("client-x"), PUSHER_DATA_JSON, STR("\"\xff\""),
         CLIENT_EVENT_DATA_NOT_UTF8},
        {"private-r", STR("client-x"), PUSHER_DATA_JSON, STR("{\"a\":1},"),
         CLIENT_EVENT_DATA_NOT_JSON},
        {"private-r", STR("client-x"), PUSHER_DATA_JSON, STR("1,\"channel\":\"x\""),
         CLIENT_EVENT_DATA_NOT_JSON},
        {"private-r",
         STR("client-x"),
         PUSHER_DATA_JSON,
         {NULL, 0},
         CLIENT_EVENT_DATA_NOT_JSON},
        {"private-r", STR("client-x"), PUSHER_DATA_JSON, STR("plain"),
         CLIENT_EVENT_DATA_NOT_JSON},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(client_event_check(str_of(table[i].channel), table[i].event,
                                            table[i].kind, table[i].data, MAX),
                         table[i].fault);
}

static void longest_name(void **state)
{
    char name[EVENT_NAME_MAX + 1] = "client-";
    (void)state;
    memset(name + 7, 'x', sizeof name - 7);
    assert_int_equal(client_event_check(STR("private-r"),
                                        (pusher_str){name, EVENT_NAME_MAX},
                                        PUSHER_DATA_ABSENT, STR(""), MAX),
                     CLIENT_EVENT_OK);
    assert_int_equal(client_event_check(STR("private-r"),
                                        (pusher_str){name, EVENT_NAME_MAX + 1},
                                        PUSHER_DATA_ABSENT, STR(""), MAX),
                     CLIENT_EVENT_NAME_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(longest_name),
    };
    return cmocka_run_group_tests_name("client_event", tests, NULL, NULL);
}
