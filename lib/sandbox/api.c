/*
 * The HTTP API: which path means what, who may ask (API-02), and the answer. What is
 * published is in api_events.c.
 */
#include "sandbox/api.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "sandbox/api_channels.h"
#include "sandbox/api_events.h"

void api_answer_init(const struct service *service, struct api_answer *ret)
{
    *ret = (struct api_answer){.status = 500, .content_type = "text/plain"};
    buf_init(&ret->json, service->mem, API_ANSWER_MAX);
}

void api_answer_text(struct api_answer *ret, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_free(&ret->json);
    ret->status = status;
    ret->content_type = "text/plain; charset=utf-8";
    vsnprintf(ret->text, sizeof ret->text, format, args);
    va_end(args);
}

void api_answer_json(struct api_answer *ret, int rc)
{
    if (rc) {
        api_answer_text(ret, 500, "The sandbox is out of memory");
        return;
    }
    ret->status = 200;
    ret->content_type = "application/json";
}

size_t api_body_max(const struct service *service)
{
    /* A batch of the largest events, every byte of them escaped to six and names besides.
     */
    return API_BATCH_MAX * (service->max_data_bytes * 6 + 4096) +
           API_CHANNELS_MAX * (CHANNEL_NAME_MAX + 3);
}

pusher_str api_param(const struct api_request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (str_equal(request->params[i].name, str_of(name)))
            return request->params[i].value;
    return (pusher_str){NULL, 0};
}

/* Seconds since 1970 from digits; false for anything else. */
static bool parse_timestamp(pusher_str text, int64_t *ret)
{
    int64_t value = 0;
    if (!text.len || text.len > 15)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *ret = value;
    return true;
}

/* True when the body is the one that was signed; without a body no digest is needed. */
static bool body_md5_good(const struct api_request *request)
{
    pusher_str given = api_param(request, "body_md5");
    char md5[MD5_HEX + 1];
    if (!given.ptr)
        return request->body.len == 0;
    return !md5_hex(request->body, md5) && str_equal(given, str_of(md5));
}

static bool signed_as(const struct service *service, const struct api_request *request,
                      const char *path)
{
    char hex[SHA256_HEX + 1];
    if (request_sign(service->mem, str_of(service->secret), request->method, str_of(path),
                     request->params, request->param_count, hex))
        return false;
    bool good = constant_time_equal(api_param(request, "auth_signature"), str_of(hex));
    wipe(hex, sizeof hex);
    return good;
}

static void respell(char *text, char space, char semicolon)
{
    for (; *text; text++) {
        if (*text == ' ')
            *text = space;
        else if (*text == ';')
            *text = semicolon;
    }
}

/* Libraries do not escape the id of a user in a path, and libwebsockets makes " " of "+"
 * and one thing of "&" and ";": the signature tells which was meant. */
static bool signed_otherwise(const struct service *service,
                             const struct api_request *request)
{
    static const char spellings[][2] = {{'+', ';'}, {' ', '&'}, {'+', '&'}};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char *path = mem_dup(service->mem, str_of(request->path));
        if (!path)
            return false;
        respell(path, spellings[i][0], spellings[i][1]);
        bool good = signed_as(service, request, path);
        if (good)
            memcpy(request->path, path, strlen(path));
        mem_free(service->mem, path);
        if (good)
            return true;
    }
    return false;
}

static bool signature_good(const struct service *service,
                           const struct api_request *request)
{
    return signed_as(service, request, request->path) ||
           (strpbrk(request->path, " ;") && signed_otherwise(service, request));
}

/* API-02. True, or false with the answer filled in. */
static bool authenticate(const struct service *service, const struct api_request *request,
                         int64_t now_s, struct api_answer *ret)
{
    int64_t timestamp;
    if (!str_equal(api_param(request, "auth_key"), str_of(service->key)))
        api_answer_text(ret, 401, "auth_key is missing or not the key of this app");
    else if (!str_equal(api_param(request, "auth_version"), STR("1.0")))
        api_answer_text(ret, 401, "auth_version must be 1.0");
    else if (!parse_timestamp(api_param(request, "auth_timestamp"), &timestamp))
        api_answer_text(ret, 401, "auth_timestamp is missing or not a number");
    else if (llabs(now_s - timestamp) > REQUEST_CLOCK_SKEW_S)
        api_answer_text(ret, 401,
                        "Timestamp expired: given timestamp (%" PRId64
                        ") not within %ds of server time (%" PRId64 ")",
                        timestamp, REQUEST_CLOCK_SKEW_S, now_s);
    else if (!body_md5_good(request))
        api_answer_text(ret, 401, "body_md5 is missing or not the digest of the body");
    else if (!signature_good(service, request))
        api_answer_text(ret, 401,
                        "Invalid signature: not the HMAC SHA256 hex digest of method, "
                        "path and query with the app secret");
    else
        return true;
    return false;
}

/* A path after /apps/{id} is `prefix`, a name that is not empty, and `suffix`; or,
 * without a suffix, just `prefix`. The first that fits is meant. */
struct route {
    const char *method;
    const char *prefix;
    const char *suffix;
    void (*run)(struct service *service, const struct api_request *request,
                pusher_str name, struct api_answer *ret);
};

static const struct route routes[] = {
    {"POST", "/events", NULL, api_events},
    {"POST", "/batch_events", NULL, api_batch_events},
    {"GET", "/channels", NULL, api_channels},
    {"GET", "/channels/", "/users", api_channel_users},
    {"GET", "/channels/", "", api_channel},
    {"POST", "/users/", "/terminate_connections", api_terminate_user},
};

static bool path_fits(const struct route *route, pusher_str path, pusher_str *name)
{
    pusher_str prefix = str_of(route->prefix), suffix = str_of(route->suffix);
    *name = (pusher_str){NULL, 0};
    if (!route->suffix)
        return str_equal(path, prefix);
    if (!str_starts_with(path, prefix) || path.len <= prefix.len + suffix.len ||
        !str_equal(str_skip(path, path.len - suffix.len), suffix))
        return false;
    *name = (pusher_str){path.ptr + prefix.len, path.len - prefix.len - suffix.len};
    return true;
}

static const struct route *find_route(pusher_str method, pusher_str path,
                                      pusher_str *name)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (str_equal(method, str_of(routes[i].method)) &&
            path_fits(&routes[i], path, name))
            return &routes[i];
    return NULL;
}

static void handle_app(struct service *service, const struct api_request *request,
                       int64_t now_s, struct api_answer *ret)
{
    pusher_str rest = str_skip(str_of(request->path), STR("/apps/").len);
    pusher_str app_id = {rest.ptr, 0};
    while (app_id.len < rest.len && rest.ptr[app_id.len] != '/')
        app_id.len++;
    pusher_str name;
    const struct route *route =
        find_route(request->method, str_skip(rest, app_id.len), &name);
    if (!str_equal(app_id, str_of(service->app_id)))
        api_answer_text(ret, 404, "There is no app with this id");
    else if (!route)
        api_answer_text(ret, 404,
                        "The sandbox offers, under /apps/{id}, POST /events, "
                        "/batch_events and /users/{id}/terminate_connections, and GET "
                        "/channels, /channels/{name} and /channels/{name}/users");
    else if (authenticate(service, request, now_s, ret))
        route->run(service, request, name, ret);
}

void api_handle(struct service *service, const struct api_request *request, int64_t now_s,
                struct api_answer *ret)
{
    pusher_str path = str_of(request->path);
    if (str_starts_with(path, STR("/apps/")))
        handle_app(service, request, now_s, ret);
    else if (str_equal(path, STR("/")) && str_equal(request->method, STR("GET")))
        api_answer_text(ret, 200,
                        "This is a sandbox for development; in production use Pusher, "
                        "soketi, Reverb or Sockudo.\n");
    else
        api_answer_text(ret, 404, "There is nothing at this address");
    if (ret->status != 200)
        log_line(&service->log, PUSHER_LOG_WARN, "HTTP request answered %d: %s",
                 ret->status, ret->text);
}
