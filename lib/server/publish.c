/*
 * Publishing over the HTTP API (API-01, API-02): the server object and its requests. What
 * a request says is in event.c.
 */
#include "server/publish.h"

#include <string.h>
#include <time.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/str.h"
#include "codec/url.h"
#include "net/http.h"
#include "net/loop.h"
#include "server/answer.h"

enum {
    RESPONSE_MAX = 64 * 1024, /* bytes of an answer */
    BODY_SLACK = 64 * 1024,   /* of a body, besides the data: names and syntax */
    REQUEST_LINE_MAX = 4 * 1024,
    HOST_MAX = 300,
};

struct pusher_server {
    pusher_allocator mem;
    pusher_log log;
    pusher_loop *loop;
    char *app_id, *key, *secret, *host, *host_header, *ca_file;
    uint16_t port;
    bool tls;
    uint32_t timeout_ms;
    size_t max_data_bytes;
    uint32_t max_requests;
    uint32_t request_count;
    struct list requests;
};

struct request {
    struct list link; /* in the server's requests */
    pusher_server *server;
    struct http_request *http;
    pusher_server_done_fn done;
    void *userdata;
    pusher_free_fn free_userdata;
};

/* ---- options ---- */

void pusher_server_options_init_sized(pusher_server_options *options, size_t struct_size)
{
    const pusher_server_options defaults = {
        .struct_size = struct_size,
        .tls = true,
        .timeout_ms = 10000,
        .max_data_bytes = 10240,
        .max_requests = 256,
    };
    if (!options)
        return;
    memset(options, 0, struct_size);
    memcpy(options, &defaults,
           struct_size < sizeof defaults ? struct_size : sizeof defaults);
}

void pusher_server_event_init_sized(pusher_server_event *event, size_t struct_size)
{
    if (!event)
        return;
    memset(event, 0, struct_size);
    if (struct_size >= sizeof event->struct_size)
        event->struct_size = struct_size;
}

static bool in_range(size_t value, size_t min, size_t max)
{
    return value >= min && value <= max;
}

static int check_options(const pusher_server_options *o)
{
    if (!o || o->struct_size != sizeof *o || !o->loop || !o->app_id || !o->key ||
        !o->secret || !*o->secret)
        return PUSHER_ERR_INVALID;
    if (!url_key_valid(str_of(o->app_id)) || !in_range(o->timeout_ms, 100, 600000) ||
        !in_range(o->max_data_bytes, 1, 1u << 24) || !in_range(o->max_requests, 1, 65536))
        return PUSHER_ERR_INVALID;
    if (!url_key_valid(str_of(o->key)))
        return PUSHER_ERR_BAD_KEY;
    if (o->host ? !url_host_valid(str_of(o->host))
                : !o->cluster || !url_cluster_valid(str_of(o->cluster)))
        return PUSHER_ERR_BAD_HOST;
    return 0;
}

/* ---- life cycle ---- */

/* Takes the text of a buffer over as a C string. */
static char *take_text(struct buf *text)
{
    char *copy = mem_dup(text->mem, buf_str(text));
    buf_free(text);
    return copy;
}

static int copy_host(pusher_server *server, const pusher_server_options *options)
{
    struct buf text;
    buf_init(&text, &server->mem, HOST_MAX);
    int rc = options->host ? buf_append(&text, str_of(options->host))
                           : buf_printf(&text, "api-%s.pusher.com", options->cluster);
    server->host = rc ? NULL : take_text(&text);
    if (server->host)
        rc = url_append_host_header(&text, str_of(server->host), server->port,
                                    server->tls);
    server->host_header = rc || !server->host ? NULL : take_text(&text);
    buf_free(&text);
    if (rc == PUSHER_ERR_LIMIT)
        return PUSHER_ERR_BAD_HOST;
    return rc ? rc : server->host_header ? 0 : PUSHER_ERR_NOMEM;
}

static int copy_texts(pusher_server *server, const pusher_server_options *options)
{
    server->app_id = mem_dup(&server->mem, str_of(options->app_id));
    server->key = mem_dup(&server->mem, str_of(options->key));
    server->secret = mem_dup(&server->mem, str_of(options->secret));
    if (options->ca_file)
        server->ca_file = mem_dup(&server->mem, str_of(options->ca_file));
    if (!server->app_id || !server->key || !server->secret ||
        (options->ca_file && !server->ca_file))
        return PUSHER_ERR_NOMEM;
    return copy_host(server, options);
}

int pusher_server_new(pusher_server **ret, const pusher_server_options *options)
{
    int rc = ret ? check_options(options) : PUSHER_ERR_INVALID;
    if (rc)
        return rc;
    loop_check(options->loop);
    pusher_allocator mem = options->allocator ? *options->allocator : mem_default;
    pusher_server *server = mem_zalloc(&mem, sizeof *server);
    if (!server)
        return PUSHER_ERR_NOMEM;
    server->mem = mem;
    server->log = options->log;
    server->loop = options->loop;
    server->tls = options->tls;
    server->port = options->port ? options->port : url_default_port(options->tls);
    server->timeout_ms = options->timeout_ms;
    server->max_data_bytes = options->max_data_bytes;
    server->max_requests = options->max_requests;
    list_init(&server->requests);

    rc = copy_texts(server, options);
    if (rc) {
        pusher_server_free(server);
        return rc;
    }
    *ret = server;
    return 0;
}

/* Frees a request that is on no list any more, with its userdata. */
static void drop_request(const pusher_allocator *mem, struct request *request)
{
    if (request->free_userdata)
        request->free_userdata(request->userdata);
    mem_free(mem, request);
}

void pusher_server_free(pusher_server *server)
{
    /* What a forked child cancels, it would cancel for the parent. */
    if (!server || loop_is_inherited(server->loop))
        return;
    loop_check(server->loop);
    pusher_allocator mem = server->mem;
    while (!list_empty(&server->requests)) {
        struct request *request =
            container_of(server->requests.next, struct request, link);
        list_remove(&request->link);
        http_cancel(request->http);
        drop_request(&mem, request);
    }
    if (server->secret)
        wipe(server->secret, strlen(server->secret));
    mem_free(&mem, server->app_id);
    mem_free(&mem, server->key);
    mem_free(&mem, server->secret);
    mem_free(&mem, server->host);
    mem_free(&mem, server->host_header);
    mem_free(&mem, server->ca_file);
    mem_free(&mem, server);
}

/* ---- one request ---- */

static int result_error(const struct http_response *response)
{
    int status = answer_status(response);
    if (response->error)
        return response->error;
    return status >= 200 && status < 300 ? 0 : PUSHER_ERR_INVALID;
}

/* What the answer says, as one line of UTF-8 without key and signatures, which servers
 * repeat when they refuse them; NUL-terminated. NULL without memory. */
static char *result_text(const struct pusher_server *server,
                         const struct http_response *response)
{
    pusher_str said = response->error ? response->reason : response->body;
    if (!result_error(response) || !said.ptr)
        said = STR("");
    size_t size = 3 * said.len + 1; /* a key of one character becomes three */
    char *text = mem_alloc(&server->mem, size);
    if (text)
        quote(said, str_of(server->key), text, size);
    return text;
}

static void on_response(void *userdata, const struct http_response *response)
{
    struct request *request = userdata;
    pusher_server *server = request->server;
    pusher_allocator mem = server->mem; /* `done` may free the server */
    list_remove(&request->link);
    server->request_count--;

    char *text = result_text(server, response);
    pusher_server_result result = {
        .error = result_error(response),
        .http_status = answer_status(response),
        .message = str_of(text ? text : ""),
    };
    log_line(&server->log, result.error ? PUSHER_LOG_WARN : PUSHER_LOG_INFO,
             "publish: HTTP status %d, %s", result.http_status,
             pusher_error_name(result.error));
    if (request->done)
        request->done(server, &result, request->userdata);
    mem_free(&mem, text);
    drop_request(&mem, request);
}

static int send_request(struct request *request, pusher_str line, pusher_str body)
{
    pusher_server *server = request->server;
    const struct http_target target = {
        .method = "POST",
        .host = str_of(server->host),
        .port = server->port,
        .tls = server->tls,
        .ca_file = str_of(server->ca_file),
        .request = line,
        .host_header = str_of(server->host_header),
        .content_type = STR("application/json"),
        .body = body,
        .max_response_bytes = RESPONSE_MAX,
        .timeout_ms = server->timeout_ms,
    };
    return http_start(server->loop, &target, on_response, request, &request->http);
}

static int start_request(struct request *request, const pusher_server_event *event)
{
    pusher_server *server = request->server;
    struct buf body, line;
    /* Escaping makes six bytes of one at worst; so do names. */
    buf_init(&body, &server->mem, server->max_data_bytes * 6 + BODY_SLACK);
    buf_init(&line, &server->mem, REQUEST_LINE_MAX);
    int rc = publish_append_body(&body, event);
    if (!rc)
        rc = publish_append_request(&line, str_of(server->app_id), str_of(server->key),
                                    str_of(server->secret), buf_str(&body),
                                    (int64_t)time(NULL));
    if (!rc)
        rc = send_request(request, buf_str(&line), buf_str(&body));
    buf_free(&line);
    buf_free(&body);
    return rc;
}

static int check_publish(const pusher_server *server, const pusher_server_event *event)
{
    if (!server || !event || event->struct_size != sizeof *event)
        return PUSHER_ERR_INVALID;
    const char *why = "too many requests are under way";
    int rc = server->request_count >= server->max_requests
                 ? PUSHER_ERR_LIMIT
                 : publish_check(event, server->max_data_bytes, &why);
    if (rc)
        log_line(&server->log, PUSHER_LOG_ERROR, "publish: %s", why);
    return rc;
}

int pusher_server_publish(pusher_server *server, const pusher_server_event *event,
                          pusher_server_done_fn done, void *userdata,
                          pusher_free_fn free_userdata)
{
    if (server)
        loop_check(server->loop);
    int rc = check_publish(server, event);
    struct request *request = rc ? NULL : mem_zalloc(&server->mem, sizeof *request);
    if (!rc && !request)
        rc = PUSHER_ERR_NOMEM;
    if (request) {
        request->server = server;
        request->done = done;
        request->userdata = userdata;
        request->free_userdata = free_userdata;
        rc = start_request(request, event);
    }
    if (!rc) {
        list_append(&server->requests, &request->link);
        server->request_count++;
        return 0;
    }
    if (request)
        mem_free(&server->mem, request);
    if (free_userdata)
        free_userdata(userdata);
    return rc;
}
