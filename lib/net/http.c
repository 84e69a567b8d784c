/*
 * One HTTP request over libwebsockets.
 *
 * The end is LWS_CALLBACK_WSI_DESTROY; it was a success only if COMPLETED_CLIENT_HTTP
 * came before (a body cut short has its status too). The caller is told from a task,
 * never inside a callback of the socket.
 */
#include "net/http.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/loop_impl.h"
#include "net/resolver.h"

const char http_protocol_name[] = "libpusher-http";

enum { REASON_MAX = 160, READ_BYTES = 4096 };

struct http_request {
    struct socket_owner owner;
    pusher_loop *loop;
    http_done_fn done; /* NULL: cancelled */
    void *userdata;
    struct loop_child child;
    struct loop_task task;
    struct loop_timer timer;
    struct resolution *resolution;
    struct lws *wsi;
    bool connecting; /* inside lws_client_connect_via_info */
    bool completed;
    bool tls, has_ca;
    uint16_t port;
    int error, status;
    char reason[REASON_MAX];
    struct buf response;
    const char *method, *host, *ca_file, *request, *host_header, *content_type;
    pusher_str body;
    char texts[];
};

static void destroyed(void *owner);

static void request_free(struct http_request *request)
{
    pusher_loop *loop = request->loop;
    if (request->resolution)
        resolver_cancel(request->resolution);
    loop_task_cancel(&request->task);
    loop_timer_clear(loop, &request->timer);
    loop_child_detach(&request->child);
    buf_free(&request->response);
    mem_free(&loop->mem, request);
}

static void fail(struct http_request *request, int error, const char *reason)
{
    if (request->error)
        return; /* the first cause counts */
    request->error = error;
    snprintf(request->reason, sizeof request->reason, "%s", reason);
}

static void kill_socket(struct http_request *request)
{
    request->loop->poke = true;
    lws_set_timeout(request->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void tell(struct http_request *request)
{
    if (!request->completed)
        fail(request, PUSHER_ERR_SYSTEM,
             "the connection ended before the answer was complete");
    http_done_fn done = request->done;
    request->done = NULL;
    if (done)
        done(request->userdata,
             &(struct http_response){.error = request->error,
                                     .status = request->status,
                                     .body = buf_str(&request->response),
                                     .reason = str_of(request->reason)});
    request_free(request);
}

static void finish(struct http_request *request)
{
    loop_timer_clear(request->loop, &request->timer);
    loop_task_schedule(request->loop, &request->task);
}

static void run_task(void *userdata)
{
    tell(userdata);
}

static void timed_out(void *userdata)
{
    struct http_request *request = userdata;
    fail(request, PUSHER_ERR_TIMEOUT, "no complete answer within the time allowed");
    if (request->wsi) {
        kill_socket(request);
        return;
    }
    if (request->resolution)
        resolver_cancel(request->resolution);
    request->resolution = NULL;
    finish(request);
}

static void resolved(void *userdata, const struct resolver_answer *answer)
{
    struct http_request *request = userdata;
    const char *why = "";
    request->resolution = NULL;
    struct lws_vhost *vhost = NULL;
    if (answer->count == 0)
        fail(request, PUSHER_ERR_SYSTEM, answer->error);
    else
        vhost = vhost_get(request->loop, request->tls,
                          request->has_ca ? request->ca_file : NULL, &why);
    if (!vhost) {
        fail(request, PUSHER_ERR_SYSTEM, why);
        finish(request);
        return;
    }
    struct lws_client_connect_info info = {
        .context = loop_lws_context(request->loop),
        .vhost = vhost,
        .address = answer->addresses[0],
        .port = request->port,
        .path = request->request,
        .host = request->host_header,
        .method = request->method,
        .ssl_connection =
            LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (request->tls ? LCCSCF_USE_SSL : 0),
        .local_protocol_name = http_protocol_name,
        .alpn = "http/1.1",
        .userdata = request,
        .pwsi = &request->wsi,
    };
    request->connecting = true;
    struct lws *wsi = lws_client_connect_via_info(&info);
    request->connecting = false;
    if (!wsi) {
        request->wsi = NULL;
        fail(request, PUSHER_ERR_SYSTEM, "no connection");
        finish(request);
    }
}

static void free_child(void *userdata)
{
    struct http_request *request = userdata;
    request->done = NULL;
    if (!request->wsi)
        request_free(request);
}

static const char *put(char **at, pusher_str text)
{
    char *copy = *at;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

int http_start(pusher_loop *loop, const struct http_target *target, http_done_fn done,
               void *userdata, struct http_request **ret)
{
    pusher_str method = str_of(target->method);
    size_t size = method.len + target->host.len + target->ca_file.len +
                  target->request.len + target->host_header.len +
                  target->content_type.len + target->body.len + 7;
    struct http_request *request = mem_zalloc(&loop->mem, sizeof *request + size);
    if (!request)
        return PUSHER_ERR_NOMEM;
    char *at = request->texts;
    request->owner.destroyed = destroyed;
    request->loop = loop;
    request->method = put(&at, method);
    request->host = put(&at, target->host);
    request->has_ca = target->ca_file.ptr != NULL;
    request->ca_file = put(&at, target->ca_file);
    request->request = put(&at, target->request);
    request->host_header = put(&at, target->host_header);
    request->content_type = put(&at, target->content_type);
    request->body = (pusher_str){put(&at, target->body), target->body.len};
    request->port = target->port;
    request->tls = target->tls;
    request->done = done;
    request->userdata = userdata;
    buf_init(&request->response, &loop->mem, target->max_response_bytes);
    loop_task_init(&request->task, run_task, request);
    request->timer.fire = timed_out;
    request->timer.userdata = request;
    request->child.free = free_child;
    request->child.userdata = request;
    list_init(&request->child.link);
    int rc = resolver_start(loop, request->host, resolved, request, &request->resolution);
    if (rc) {
        request_free(request);
        return rc;
    }
    loop_child_attach(loop, &request->child);
    loop_timer_set(loop, &request->timer, loop_now(loop) + target->timeout_ms);
    *ret = request;
    return 0;
}

void http_cancel(struct http_request *request)
{
    request->done = NULL;
    if (request->wsi)
        kill_socket(request);
    else if (!request->connecting)
        request_free(request);
}

/* --- what libwebsockets tells --- */

static int add_header(struct lws *wsi, const char *name, pusher_str value,
                      unsigned char **at, unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value.ptr, (int)value.len,
                                       at, end);
}

static int add_headers(struct http_request *request, struct lws *wsi, unsigned char **at,
                       size_t room)
{
    unsigned char *end = *at + room;
    char length[24];
    if (!request->body.len)
        return 0;
    snprintf(length, sizeof length, "%zu", request->body.len);
    if (add_header(wsi, "content-type:", str_of(request->content_type), at, end) ||
        add_header(wsi, "content-length:", str_of(length), at, end))
        return -1;
    lws_client_http_body_pending(wsi, 1);
    lws_callback_on_writable(wsi);
    return 0;
}

static int send_body(struct http_request *request, struct lws *wsi)
{
    if (!request->body.len)
        return 0;
    unsigned char *copy = mem_alloc(&request->loop->mem, LWS_PRE + request->body.len);
    if (!copy) {
        fail(request, PUSHER_ERR_NOMEM, "out of memory");
        return -1;
    }
    memcpy(copy + LWS_PRE, request->body.ptr, request->body.len);
    lws_client_http_body_pending(wsi, 0);
    int sent = lws_write(wsi, copy + LWS_PRE, request->body.len, LWS_WRITE_HTTP_FINAL);
    mem_free(&request->loop->mem, copy);
    request->body.len = 0;
    return sent < 0 ? -1 : 0;
}

static int read_some(struct lws *wsi)
{
    char buffer[LWS_PRE + READ_BYTES];
    char *at = buffer + LWS_PRE;
    int room = READ_BYTES;
    return lws_http_client_read(wsi, &at, &room) < 0 ? -1 : 0;
}

static int collect(struct http_request *request, pusher_str piece)
{
    int rc = buf_append(&request->response, piece);
    if (!rc)
        return 0;
    fail(request, rc,
         rc == PUSHER_ERR_LIMIT ? "the answer is too long" : "out of memory");
    return -1;
}

static void connection_error(struct http_request *request, const char *text)
{
    int error = 0;
    socklen_t size = sizeof error;
    int fd = request->wsi ? lws_get_socket_fd(request->wsi) : -1;
    if (fd >= 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    fail(request, PUSHER_ERR_SYSTEM,
         error  ? strerror(error)
         : text ? text
                : "no connection");
}

static void destroyed(void *owner)
{
    struct http_request *request = owner;
    request->wsi = NULL;
    if (request->connecting)
        return;
    if (request->done)
        finish(request);
    else
        request_free(request);
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    struct http_request *request = user;
    if (!request)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(request, wsi, in, len);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return send_body(request, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        request->status = (int)lws_http_client_http_response(wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return read_some(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        return collect(request, (pusher_str){in, len});
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        request->completed = true;
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        connection_error(request, in);
        return 0;
    default:
        return 0;
    }
}
