/*
 * What needs the app secret.
 */
#include "signed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pusher/server.h>

#include "base/mem.h"
#include "base/str.h"
#include "server/request_sign.h"
#include "server/sign.h"

enum { PARAMS_MAX = 8, TEXT_MAX = 16384 };

/* JSON text inside a JSON string. */
static void escape(const char *text, char out[TEXT_MAX])
{
    size_t at = 0;
    for (const char *c = text; c && *c; c++) {
        assert_true(at < TEXT_MAX - 3);
        if (*c == '"' || *c == '\\')
            out[at++] = '\\';
        out[at++] = *c;
    }
    out[at] = '\0';
}

void signed_subscribe(struct rig *rig, struct peer *peer, const char *channel,
                      const char *channel_data)
{
    char auth[PUSHER_SERVER_AUTH_SIZE(sizeof RIG_KEY)], escaped[TEXT_MAX];
    escape(channel_data, escaped);
    assert_int_equal(pusher_server_sign_channel(RIG_KEY, RIG_SECRET, peer->socket_id,
                                                channel, channel_data, auth, sizeof auth),
                     0);
    peer_text(
        rig, peer,
        "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"%s\",\"channel\":\"%s\""
        "%s%s%s}}",
        auth, channel, channel_data ? ",\"channel_data\":\"" : "", escaped,
        channel_data ? "\"" : "");
}

void signed_signin(struct rig *rig, struct peer *peer, const char *user_data)
{
    char hex[SHA256_HEX + 1], escaped[TEXT_MAX];
    escape(user_data, escaped);
    assert_int_equal(sign_user(&mem_default, STR(RIG_SECRET), str_of(peer->socket_id),
                               str_of(user_data), hex),
                     0);
    peer_text(rig, peer,
              "{\"event\":\"pusher:signin\",\"data\":{\"auth\":\"" RIG_KEY ":%s\","
              "\"user_data\":\"%s\"}}",
              hex, escaped);
}

/* The query of a signed request, and where its parameters are. */
struct query {
    struct request_param params[PARAMS_MAX];
    size_t count;
    char text[1024];
};

static void add_param(struct query *query, const char *name, const char *value)
{
    size_t len = strlen(query->text);
    assert_true(query->count < PARAMS_MAX);
    query->params[query->count++] = (struct request_param){str_of(name), str_of(value)};
    snprintf(query->text + len, sizeof query->text - len, "%s%s=%s", len ? "&" : "", name,
             value);
}

static void add_signature(struct query *query, const char *method, const char *path)
{
    char hex[SHA256_HEX + 1];
    assert_int_equal(request_sign(&mem_default, STR(RIG_SECRET), str_of(method),
                                  str_of(path), query->params, query->count, hex),
                     0);
    add_param(query, "auth_signature", hex);
}

static void write_timestamp(int64_t skew_s, char ret[24])
{
    snprintf(ret, 24, "%lld", (long long)time(NULL) + (long long)skew_s);
}

static int call(struct rig *rig, const char *method, const char *path,
                const struct query *query, const char *body, char **answer)
{
    char *request;
    int len = asprintf(&request,
                       "%s %s?%s HTTP/1.1\r\nHost: localhost\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       method, path, query->text, strlen(body), body);
    assert_true(len > 0);
    int status = rig_http(rig, request, (size_t)len, answer);
    free(request);
    return status;
}

int signed_post(struct rig *rig, const char *path, const char *body, int64_t skew_s,
                char **answer)
{
    struct query query = {0};
    char md5[MD5_HEX + 1], timestamp[24];
    write_timestamp(skew_s, timestamp);
    assert_int_equal(md5_hex(str_of(body), md5), 0);
    add_param(&query, "auth_key", RIG_KEY);
    add_param(&query, "auth_timestamp", timestamp);
    add_param(&query, "auth_version", "1.0");
    add_param(&query, "body_md5", md5);
    add_signature(&query, "POST", path);
    return call(rig, "POST", path, &query, body, answer);
}

int signed_get(struct rig *rig, const char *path, const char *const *params,
               char **answer)
{
    struct query query = {0};
    char timestamp[24], names[PARAMS_MAX][64];
    write_timestamp(0, timestamp);
    add_param(&query, "auth_key", RIG_KEY);
    add_param(&query, "auth_timestamp", timestamp);
    add_param(&query, "auth_version", "1.0");
    for (size_t i = 0; params && params[i]; i++) {
        assert_true(i < PARAMS_MAX);
        snprintf(names[i], sizeof names[i], "%s", params[i]);
        char *equals = strchr(names[i], '=');
        assert_non_null(equals);
        *equals = '\0';
        add_param(&query, names[i], params[i] + (equals - names[i]) + 1);
    }
    add_signature(&query, "GET", path);
    return call(rig, "GET", path, &query, "", answer);
}
