/*
 * Signing: the vectors of AUTH-10 and API-03, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pusher/server.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "memory.h"
#include "server/publish.h"
#include "server/request_sign.h"
#include "server/sign.h"

#define SECRET "test-secret"
#define KEY    "test-key"

enum { AUTH_SIZE = PUSHER_SERVER_AUTH_SIZE(sizeof KEY - 1) };

static void channel_vectors(void **state)
{
    char auth[AUTH_SIZE];
    (void)state;
    assert_int_equal(pusher_server_sign_channel(KEY, SECRET, "10.20", "private-room",
                                                NULL, auth, sizeof auth),
                     0);
    assert_string_equal(
        auth, KEY ":b3d3d5384f50570866fa82f562b5c377ae79af4dd6f6f35ab099edb3aed7ea02");
    assert_int_equal(
        pusher_server_sign_channel(KEY, SECRET, "10.20", "presence-room",
                                   "{\"user_id\":\"u1\",\"user_info\":{\"n\":\"A\"}}",
                                   auth, sizeof auth),
        0);
    assert_string_equal(
        auth, KEY ":aa95aef50f006c2f058a97f92ca42b329bbc82acd33bc5321c353e7db0739b72");
}

static void user_vector(void **state)
{
    char auth[AUTH_SIZE];
    (void)state;
    assert_int_equal(pusher_server_sign_user(KEY, SECRET, "10.20", "{\"id\":\"u1\"}",
                                             auth, sizeof auth),
                     0);
    assert_string_equal(
        auth, KEY ":75da9ef3469f1b78848d0d9a5e2fbce4868b1c6c6a295a8d6810d57c78d61a2c");
}

struct refused_channel {
    const char *key, *secret, *socket_id, *channel, *channel_data;
    int error;
};

static void channel_refusals(void **state)
{
    static const struct refused_channel cases[] = {
        {NULL, SECRET, "1.2", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, NULL, "1.2", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, "", "1.2", "private-a", NULL, PUSHER_ERR_INVALID},
        {"a b", SECRET, "1.2", "private-a", NULL, PUSHER_ERR_BAD_KEY},
        {KEY, SECRET, NULL, "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2:private-b", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "12", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, ".2", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2.3", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2\n", "private-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", NULL, NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "room", NULL, PUSHER_ERR_BAD_CHANNEL},
        {KEY, SECRET, "1.2", "private-a:b", NULL, PUSHER_ERR_BAD_CHANNEL},
        {KEY, SECRET, "1.2", "", NULL, PUSHER_ERR_BAD_CHANNEL},
        {KEY, SECRET, "1.2", "private-a", "{\"user_id\":\"1\"}", PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "presence-a", NULL, PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "presence-a", "{}", PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "presence-a", "{\"user_id\":\"\"}", PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "presence-a", "{\"user_id\":\"1\"", PUSHER_ERR_INVALID},
        {KEY, SECRET, "1.2", "presence-a", "{\"user_id\":\"\xff\"}", PUSHER_ERR_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct refused_channel *c = &cases[i];
        char auth[AUTH_SIZE] = "untouched";
        assert_int_equal(pusher_server_sign_channel(c->key, c->secret, c->socket_id,
                                                    c->channel, c->channel_data, auth,
                                                    sizeof auth),
                         c->error);
        assert_string_equal(auth, "untouched");
    }
}

static void user_refusals(void **state)
{
    static const char *const cases[] = {
        NULL, "", "[]", "{\"id\":5}", "{\"id\":\"\"}", "{\"user_id\":\"1\"}"};
    char auth[AUTH_SIZE] = "untouched";
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            pusher_server_sign_user(KEY, SECRET, "1.2", cases[i], auth, sizeof auth),
            PUSHER_ERR_INVALID);
    assert_string_equal(auth, "untouched");
}

static void room_for_auth(void **state)
{
    char auth[AUTH_SIZE] = "untouched";
    (void)state;
    assert_int_equal(pusher_server_sign_channel(KEY, SECRET, "1.2", "private-a", NULL,
                                                auth, AUTH_SIZE - 1),
                     PUSHER_ERR_LIMIT);
    assert_string_equal(auth, "untouched");
    assert_int_equal(pusher_server_sign_channel(KEY, SECRET, "1.2", "private-a", NULL,
                                                NULL, AUTH_SIZE),
                     PUSHER_ERR_INVALID);
    assert_int_equal(pusher_server_sign_channel(KEY, SECRET, "1.2", "presence-a",
                                                "{\"user_id\":17}", auth, AUTH_SIZE),
                     0);
}

/* API-03. */
static const char body_text[] =
    "{\"name\":\"ev\",\"channels\":[\"room\"],\"data\":\"{\\\"a\\\":1}\"}";
static const char body_signature[] =
    "fd46b7751724c025c8847c540a36334d5af42678ad1a589f1c07f1f877fa3e69";

static void request_vector(void **state)
{
    /* In no order, in upper case, and with the signature that came along. */
    const struct request_param params[] = {
        {STR("body_md5"), STR("9792596ba62e112049430c145b4c75e9")},
        {STR("auth_signature"), STR("0123")},
        {STR("auth_version"), STR("1.0")},
        {STR("Auth_Key"), STR("test-key")},
        {STR("AUTH_TIMESTAMP"), STR("1700000000")},
    };
    char hex[SHA256_HEX + 1];
    (void)state;
    assert_int_equal(request_sign(&mem_default, STR(SECRET), STR("POST"),
                                  STR("/apps/7/events"), params, 5, hex),
                     0);
    assert_string_equal(hex, body_signature);
}

static void request_limits(void **state)
{
    struct request_param params[REQUEST_PARAMS_MAX + 1];
    static char long_value[REQUEST_QUERY_MAX];
    char hex[SHA256_HEX + 1];
    (void)state;
    for (size_t i = 0; i <= REQUEST_PARAMS_MAX; i++)
        params[i] = (struct request_param){STR("a"), STR("b")};
    assert_int_equal(request_sign(&mem_default, STR(SECRET), STR("GET"), STR("/"), params,
                                  REQUEST_PARAMS_MAX + 1, hex),
                     PUSHER_ERR_LIMIT);
    assert_int_equal(request_sign(&mem_default, STR(SECRET), STR("GET"), STR("/"), params,
                                  REQUEST_PARAMS_MAX, hex),
                     0);
    memset(long_value, 'x', sizeof long_value);
    params[0].value = (pusher_str){long_value, sizeof long_value};
    assert_int_equal(
        request_sign(&mem_default, STR(SECRET), STR("GET"), STR("/"), params, 1, hex),
        PUSHER_ERR_LIMIT);
}

static pusher_server_event sample_event(void)
{
    static const char *const channels[] = {"room"};
    pusher_server_event event;
    pusher_server_event_init(&event);
    event.name = "ev";
    event.data = STR("{\"a\":1}");
    event.channels = channels;
    event.channel_count = 1;
    return event;
}

static void event_to_request(void **state)
{
    pusher_server_event event = sample_event();
    struct buf body, line;
    (void)state;
    buf_init(&body, &mem_default, 4096);
    buf_init(&line, &mem_default, 4096);
    assert_int_equal(publish_append_body(&body, &event), 0);
    assert_true(str_equal(buf_str(&body), str_of(body_text)));
    assert_int_equal(publish_append_request(&line, STR("7"), STR(KEY), STR(SECRET),
                                            buf_str(&body), 1700000000),
                     0);
    assert_true(str_equal(
        buf_str(&line),
        STR("/apps/7/events?auth_key=test-key&auth_timestamp=1700000000&auth_version=1.0"
            "&body_md5=9792596ba62e112049430c145b4c75e9&auth_signature="
            "fd46b7751724c025c8847c540a36334d5af42678ad1a589f1c07f1f877fa3e69")));
    buf_clear(&body);
    event.socket_id = "1.2";
    event.name = "a\"\n";
    assert_int_equal(publish_append_body(&body, &event), 0);
    assert_true(str_equal(buf_str(&body),
                          STR("{\"name\":\"a\\\"\\n\",\"channels\":[\"room\"],\"data\":"
                              "\"{\\\"a\\\":1}\",\"socket_id\":\"1.2\"}")));
    buf_free(&body);
    buf_free(&line);
}

static void event_survives_lack_of_memory(void **state)
{
    pusher_server_event event = sample_event();
    struct memory memory;
    (void)state;
    memory_init(&memory);
    for (long nth = 1;; nth++) {
        struct buf body, line;
        buf_init(&body, &memory.mem, 4096);
        buf_init(&line, &memory.mem, 4096);
        memory_fail(&memory, nth);
        int rc = publish_append_body(&body, &event);
        if (!rc)
            rc = publish_append_request(&line, STR("7"), STR(KEY), STR(SECRET),
                                        buf_str(&body), 1700000000);
        assert_int_equal(rc, memory.failed ? PUSHER_ERR_NOMEM : 0);
        buf_free(&body);
        buf_free(&line);
        assert_int_equal(memory.live, 0);
        if (!rc)
            break;
    }
}

static void event_checks(void **state)
{
    static const char *many[PUBLISH_CHANNELS_MAX + 1];
    static const char *const wrong[] = {"room", "a b"};
    static const char *const user[] = {"#server-to-user-1"};
    static const char *const hole[] = {NULL};
    static const char *const sealed[] = {"private-encrypted-a"};
    char long_name[202];
    const char *why = NULL;
    (void)state;
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i <= PUBLISH_CHANNELS_MAX; i++)
        many[i] = "room";

#define REFUSED(error, ...)                                                              \
    do {                                                                                 \
        pusher_server_event event = sample_event();                                      \
        __VA_ARGS__;                                                                     \
        why = NULL;                                                                      \
        assert_int_equal(publish_check(&event, 10, &why), (error));                      \
        assert_true(!(error) == !why);                                                   \
    } while (0)
    REFUSED(0, (void)0);
    REFUSED(PUSHER_ERR_INVALID, event.name = NULL);
    REFUSED(PUSHER_ERR_INVALID, event.name = "");
    REFUSED(PUSHER_ERR_INVALID, event.name = "\xc3");
    REFUSED(PUSHER_ERR_LIMIT, event.name = long_name);
    REFUSED(0, event.name = long_name + 1);
    REFUSED(PUSHER_ERR_INVALID, event.data = ((pusher_str){NULL, 0}));
    REFUSED(0, event.data = STR(""));
    REFUSED(0, event.data = STR("0123456789"));
    REFUSED(PUSHER_ERR_LIMIT, event.data = STR("0123456789a"));
    REFUSED(PUSHER_ERR_INVALID, event.data = STR("\xed\xa0\x80"));
    REFUSED(PUSHER_ERR_INVALID, event.channels = NULL);
    REFUSED(PUSHER_ERR_INVALID, event.channel_count = 0);
    REFUSED(PUSHER_ERR_LIMIT, event.channels = many;
            event.channel_count = PUBLISH_CHANNELS_MAX + 1);
    REFUSED(0, event.channels = many; event.channel_count = PUBLISH_CHANNELS_MAX);
    REFUSED(PUSHER_ERR_BAD_CHANNEL, event.channels = wrong; event.channel_count = 2);
    REFUSED(PUSHER_ERR_BAD_CHANNEL, event.channels = user);
    REFUSED(PUSHER_ERR_BAD_CHANNEL, event.channels = hole);
    REFUSED(PUSHER_ERR_UNSUPPORTED, event.channels = sealed);
    REFUSED(PUSHER_ERR_INVALID, event.socket_id = "1.2:3");
    REFUSED(0, event.socket_id = "1.2");
#undef REFUSED

    pusher_server_event event = sample_event();
    event.channels = sealed;
    event.data = STR("{\"nonce\":\"bm9uY2U=\",\"ciphertext\":\"eA==\"}");
    assert_int_equal(publish_check(&event, 100, &why), 0);
}

static void utf8(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid(STR("a\0b")));
    assert_true(utf8_valid(STR("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
                               "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
    static const pusher_str wrong[] = {
        {"\x80", 1},
        {"\xc0\x80", 2},
        {"\xc1\xbf", 2},
        {"\xe0\x9f\xbf", 3},
        {"\xed\xa0\x80", 3},
        {"\xf0\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 4},
        {"\xf5\x80\x80\x80", 4},
        {"\xc2", 1},
        {"\xe1\x80", 2},
        {"\xf1\x80\x80", 3},
        {"\xe1\x80\x41", 3},
        {"\xc2\x41", 2},
        {"\xff", 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(utf8_valid(wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel_vectors),
        cmocka_unit_test(user_vector),
        cmocka_unit_test(channel_refusals),
        cmocka_unit_test(user_refusals),
        cmocka_unit_test(room_for_auth),
        cmocka_unit_test(request_vector),
        cmocka_unit_test(request_limits),
        cmocka_unit_test(event_to_request),
        cmocka_unit_test(event_survives_lack_of_memory),
        cmocka_unit_test(event_checks),
        cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
