/*
 * Where a client connects: what is accepted, and the texts of the request (CFG-01 …
 * CFG-03, URL-01).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/url.h"
#include <pusher/version.h>

static void only(bool (*valid)(pusher_str text), const char *prefix, const char *allowed)
{
    for (int byte = 0; byte < 256; byte++) {
        char text[8];
        size_t len = strlen(prefix);
        memcpy(text, prefix, len);
        text[len] = (char)byte;
        assert_int_equal(valid((pusher_str){text, len + 1}),
                         byte && strchr(allowed, byte));
    }
}

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void keys_and_clusters(void **state)
{
    (void)state;
    only(url_key_valid, "k", ALPHANUMERIC "_.~-");
    only(url_cluster_valid, "e", ALPHANUMERIC "-");
    assert_false(url_key_valid(STR("")));
    assert_false(url_cluster_valid(STR("")));
    char cluster[64], key[513];
    memset(key, 'k', sizeof key);
    assert_true(url_key_valid((pusher_str){key, 512}));
    assert_false(url_key_valid((pusher_str){key, 513}));
    memset(cluster, 'x', sizeof cluster);
    assert_true(url_cluster_valid((pusher_str){cluster, 63}));
    assert_false(url_cluster_valid((pusher_str){cluster, 64}));
}

static void hosts(void **state)
{
    static const char *const good[] = {
        "localhost", "127.0.0.1", "ws-eu.example.com", "under_score",
        "::1",       "fe80::1",   "::ffff:127.0.0.1",  "2001:DB8::7"};
    static const char *const bad[] = {
        "",          "a b",      "a/b",      "a@b",         "[::1]",
        "h\r\nX: y", "::1%eth0", "host:80x", "caf\xc3\xa9", "127.0.0.1:6001",
        "cafe:80",   ":::"};
    char longest[113];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(url_host_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(url_host_valid(str_of(bad[i])));
    only(url_host_valid, "h", ALPHANUMERIC "-._");
    only(url_host_valid, "::", "0123456789abcdefABCDEF");
    assert_false(url_host_valid((pusher_str){NULL, 0}));
    memset(longest, 'h', sizeof longest);
    assert_true(url_host_valid((pusher_str){longest, 112}));
    assert_false(url_host_valid((pusher_str){longest, 113}));
}

static void paths_and_header_values(void **state)
{
    char all[96] = "/";
    size_t len = 1;
    (void)state;
    for (char c = 0x21; c < 0x7f; c++) {
        if (!strchr("\"<>\\^`{|}?#", c))
            all[len++] = c;
    }
    assert_true(url_path_valid((pusher_str){all, len}));
    for (int byte = 0; byte < 256; byte++) {
        char path[] = {'/', (char)byte};
        assert_int_equal(url_path_valid((pusher_str){path, 2}),
                         byte && memchr(all, byte, len) != NULL);
        assert_int_equal(url_header_value_valid((pusher_str){path + 1, 1}),
                         byte >= 0x20 && byte != 0x7f);
    }
    assert_false(url_path_valid(STR("")));
    assert_false(url_path_valid(STR("app")));
    assert_true(url_header_value_valid(STR("")));
    char path[1025];
    memset(path, '/', sizeof path);
    assert_true(url_path_valid((pusher_str){path, 1024}));
    assert_false(url_path_valid((pusher_str){path, 1025}));
}

static void origins(void **state)
{
    char longest[113];
    (void)state;
    assert_true(url_origin_valid(STR("https://example.com:8443")));
    assert_true(url_origin_valid(STR("null")));
    assert_false(url_origin_valid(STR("a\r\nb")));
    memset(longest, 'o', sizeof longest);
    assert_true(url_origin_valid((pusher_str){longest, 112}));
    assert_false(url_origin_valid((pusher_str){longest, 113}));
}

static void expect(struct buf *out, const char *text)
{
    pusher_str wanted = str_of(text);
    assert_int_equal(out->len, wanted.len);
    assert_memory_equal(out->ptr, wanted.ptr, wanted.len);
    buf_clear(out);
}

static void texts(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    assert_int_equal(url_append_cluster_host(&out, STR("eu")), 0);
    expect(&out, "ws-eu.pusher.com");
    assert_int_equal(url_append_request(&out, STR(""), STR("key")), 0);
    expect(&out, "/app/key?protocol=7&client=libpusher&version=" PUSHER_VERSION);
    assert_int_equal(url_append_request(&out, STR("/a/b"), STR("key")), 0);
    expect(&out, "/a/b/app/key?protocol=7&client=libpusher&version=" PUSHER_VERSION);
    buf_free(&out);
}

/* CFG-03: the port only where it is not the scheme's own. */
static void host_headers(void **state)
{
    static const struct {
        const char *host;
        uint16_t port;
        bool tls;
        const char *text;
    } rows[] = {
        {"h", 80, false, "h"},        {"h", 443, true, "h"},
        {"h", 443, false, "h:443"},   {"h", 80, true, "h:80"},
        {"h", 6001, false, "h:6001"}, {"::1", 80, false, "[::1]"},
        {"::1", 1, false, "[::1]:1"}, {"127.0.0.1", 65535, true, "127.0.0.1:65535"},
    };
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            url_append_host_header(&out, str_of(rows[i].host), rows[i].port, rows[i].tls),
            0);
        expect(&out, rows[i].text);
    }
    buf_free(&out);
    assert_int_equal(url_default_port(true), 443);
    assert_int_equal(url_default_port(false), 80);
}

static void beyond_the_limit(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, &mem_default, 6);
    assert_int_equal(url_append_cluster_host(&out, STR("eu")), PUSHER_ERR_LIMIT);
    assert_int_equal(url_append_request(&out, STR(""), STR("key")), PUSHER_ERR_LIMIT);
    assert_int_equal(url_append_host_header(&out, STR("host"), 6001, false),
                     PUSHER_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void endpoints(void **state)
{
    static const struct {
        const char *url;
        bool tls;
        const char *host;
        int port;
        const char *request;
    } good[] = {
        {"https://example.com/auth", true, "example.com", 443, "/auth"},
        {"http://example.com", false, "example.com", 80, "/"},
        {"HTTP://127.0.0.1:8080/a/b?c=d&e=%20", false, "127.0.0.1", 8080,
         "/a/b?c=d&e=%20"},
        {"https://[::1]:4/x", true, "::1", 4, "/x"},
        {"https://[::1]", true, "::1", 443, "/"},
        {"https://h:65535/", true, "h", 65535, "/"},
    };
    static const char *const bad[] = {
        "",
        "example.com/auth",
        "ftp://example.com/",
        "https://",
        "https:///auth",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:/",
        "https://example.com:8a/",
        "https://example.com: 8/",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com/a#b",
        "https://example.com?a=b",
        "https://example.com/a b",
        "https://example.com/a\r\nX: y",
        "https://exam ple.com/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[example.com]/",
        "https://::1/",
        "https://example.com/\xc3\xa4",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct url_endpoint found;
        assert_int_equal(url_endpoint_parse(str_of(good[i].url), &found), 0);
        assert_true(found.tls == good[i].tls);
        assert_true(str_equal(found.host, str_of(good[i].host)));
        assert_int_equal(found.port, good[i].port);
        assert_true(str_equal(found.request, str_of(good[i].request)));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct url_endpoint found = {.port = 7};
        assert_int_equal(url_endpoint_parse(str_of(bad[i]), &found), PUSHER_ERR_INVALID);
        assert_int_equal(found.port, 7);
    }
    assert_int_equal(url_endpoint_parse((pusher_str){NULL, 0}, NULL), PUSHER_ERR_INVALID);
}

/* libwebsockets would cut it off, and go on with the header in the same line. */
static void endpoints_that_are_too_long(void **state)
{
    char url[2100] = "http://h";
    struct url_endpoint found;
    (void)state;
    memset(url + 8, '/', 2000);
    assert_int_equal(url_endpoint_parse((pusher_str){url, 2008}, &found), 0);
    assert_int_equal(found.request.len, 2000);
    url[2008] = '/';
    assert_int_equal(url_endpoint_parse((pusher_str){url, 2009}, &found),
                     PUSHER_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_clusters),
        cmocka_unit_test(hosts),
        cmocka_unit_test(paths_and_header_values),
        cmocka_unit_test(texts),
        cmocka_unit_test(host_headers),
        cmocka_unit_test(beyond_the_limit),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(endpoints_that_are_too_long),
        cmocka_unit_test(origins),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
