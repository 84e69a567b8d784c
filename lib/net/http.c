/*
 * One HTTP request over libwebsockets.
 *
 * The end is LWS_CALLBACK_WSI_DESTROY; it was a success only if COMPLETED_CLIENT_HTTP
 * came before (a body cut short has its status too). The caller is told from a task,
 * never inside a callback of the socket.
 *
 * What goes out may hold tokens, what comes back keys: our memory of both is wiped.
 */
#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/dial.h"
#include "net/loop_impl.h"

const char http_protocol_name[] = "libpusher-http";

enum {
    READ_BYTES = 4096,
    SOME_STATUS = 100,
    LEAST_FINAL_STATUS = 200,
    NO_CONTENT = 204,
    NOT_MODIFIED = 304
};

struct http_request {
    struct socket_owner owner;
    pusher_loop *loop;
    http_done_fn done; /* NULL: cancelled */
    void *userdata;
    struct loop_child child;
    struct loop_task task;
    struct loop_timer timer;
    uint64_t deadline;
    struct dial *dial;
    struct lws *wsi;
    bool connecting; /* inside dial_next() */
    bool requested;  /* an address has taken the request: no other is tried */
    bool chunked;    /* the answer is */
    bool completed;
    int error, status;
    char reason[CAUSE_WORDS_MAX];
    struct buf response;
    const char *content_type;
    pusher_str body;
    size_t field_count;
    const char *fields; /* "name:", value, each with a NUL; and so on */
    size_t texts_size;
    char texts[];
};

static void wipe_and_free(struct buf *buf)
{
    if (buf->ptr)
        wipe(buf->ptr, buf->cap);
    buf_free(buf);
}

static void request_free(struct http_request *request)
{
    pusher_loop *loop = request->loop;
    dial_free(request->dial);
    loop_task_cancel(&request->task);
    loop_timer_clear(loop, &request->timer);
    loop_child_detach(&request->child);
    wipe_and_free(&request->response);
    wipe(request->texts, request->texts_size);
    mem_free(&loop->mem, request);
}

static void fail(struct http_request *request, int error, const char *reason)
{
    if (request->error || request->completed)
        return; /* the first cause counts */
    request->error = error;
    snprintf(request->reason, sizeof request->reason, "%s", reason);
}

static void kill_socket(struct http_request *request)
{
    engine_poke(request->loop);
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

/* --- dialling --- */

static void set_timer(struct http_request *request)
{
    uint64_t share = dial_next_deadline(request->dial);
    loop_timer_set(request->loop, &request->timer,
                   share < request->deadline ? share : request->deadline);
}

/* An address failed: the next one, if it was TCP and there is one, or the end. */
static void dial_failed(struct http_request *request, const struct cause *cause)
{
    if (cause->stage != CAUSE_CONNECT || !dial_has_next(request->dial))
        fail(request, PUSHER_ERR_SYSTEM, cause->words);
}

static bool is_over(const struct http_request *request)
{
    return request->error || request->completed || request->requested ||
           !dial_has_next(request->dial);
}

/* In a turn of the loop of its own: the next address, or the end. */
static void run_task(void *userdata)
{
    struct http_request *request = userdata;
    struct cause cause;
    if (is_over(request)) {
        tell(request);
        return;
    }
    set_timer(request);
    request->connecting = true;
    bool dialled = dial_next(request->dial, &request->owner, &request->wsi, &cause);
    if (!dialled)
        dial_failed(request, &cause);
    request->connecting = false;
    if (!dialled)
        loop_task_schedule(request->loop, &request->task);
}

static void ready(void *userdata, const struct cause *error)
{
    struct http_request *request = userdata;
    if (error)
        fail(request, PUSHER_ERR_SYSTEM, error->words);
    loop_task_schedule(request->loop, &request->task);
}

/* The time of an address is over, or that of the whole request. */
static void timed_out(void *userdata)
{
    struct http_request *request = userdata;
    uint64_t now = loop_now(request->loop);
    if (now >= request->deadline || !dial_has_next(request->dial))
        fail(request, PUSHER_ERR_TIMEOUT, "no complete answer within the time allowed");
    else if (request->requested)
        loop_timer_set(request->loop, &request->timer, request->deadline);
    bool ended = request->error || request->completed;
    if (request->wsi && (ended || !request->requested))
        kill_socket(request);
    else if (!request->wsi)
        loop_task_schedule(request->loop, &request->task);
}

static void free_child(void *userdata)
{
    struct http_request *request = userdata;
    request->done = NULL;
    if (!request->wsi)
        request_free(request);
}

/* LWS_CALLBACK_WSI_DESTROY */
static void destroyed(struct socket_owner *owner)
{
    struct http_request *request = container_of(owner, struct http_request, owner);
    request->wsi = NULL;
    if (request->connecting)
        return; /* run_task() goes on when the call is back */
    if (request->done)
        loop_task_schedule(request->loop, &request->task);
    else
        request_free(request);
}

/* As libwebsockets wants them: names in small letters, with a colon. */
static void put_fields(char **at, const struct http_target *target)
{
    for (size_t i = 0; i < target->field_count; i++) {
        pusher_str name = target->fields[i].name;
        for (size_t j = 0; j < name.len; j++)
            *(*at)++ = (char)tolower((unsigned char)name.ptr[j]);
        *(*at)++ = ':';
        *(*at)++ = '\0';
        str_put(at, target->fields[i].value);
    }
}

static size_t fields_size(const struct http_target *target)
{
    size_t size = 0;
    for (size_t i = 0; i < target->field_count; i++)
        size += target->fields[i].name.len + target->fields[i].value.len + 3;
    return size;
}

int http_start(pusher_loop *loop, const struct http_target *target, http_done_fn done,
               void *userdata, struct http_request **ret)
{
    size_t size = target->content_type.len + target->body.len + 2 + fields_size(target);
    struct http_request *request = mem_zalloc(&loop->mem, sizeof *request + size);
    if (!request)
        return PUSHER_ERR_NOMEM;
    struct dial_target where = {
        .host = target->host,
        .port = target->port,
        .tls = target->tls,
        .ca_file = target->ca_file,
        .request = target->request,
        .host_header = target->host_header,
        .method = target->method,
        .protocol = http_protocol_name,
        .timeout_ms = target->timeout_ms,
    };
    static const struct dial_calls calls = {.ready = ready};
    int rc = dial_new(loop, &where, &calls, request, &request->dial);
    if (rc) {
        mem_free(&loop->mem, request);
        return rc;
    }
    char *at = request->texts;
    request->texts_size = size;
    request->owner.destroyed = destroyed;
    request->loop = loop;
    request->deadline = loop_now(loop) + target->timeout_ms;
    request->content_type = str_put(&at, target->content_type);
    request->body = (pusher_str){str_put(&at, target->body), target->body.len};
    request->fields = at;
    request->field_count = target->field_count;
    put_fields(&at, target);
    request->done = done;
    request->userdata = userdata;
    buf_init(&request->response, &loop->mem, target->max_response_bytes);
    loop_task_init(&request->task, run_task, request);
    request->timer.fire = timed_out;
    request->timer.userdata = request;
    request->child.free = free_child;
    request->child.userdata = request;
    loop_child_attach(loop, &request->child);
    loop_timer_set(loop, &request->timer, request->deadline);
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
    const char *field = request->fields;
    for (size_t i = 0; i < request->field_count; i++) {
        const char *value = field + strlen(field) + 1;
        if (add_header(wsi, field, str_of(value), at, end))
            return -1;
        field = value + strlen(value) + 1;
    }
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
    wipe(copy + LWS_PRE, request->body.len);
    mem_free(&request->loop->mem, copy);
    request->body.len = 0;
    return sent < 0 ? -1 : 0;
}

/* What libwebsockets would take for an answer, or for its body, and is neither. */
static const char *misunderstood(struct http_request *request, struct lws *wsi)
{
    char coding[sizeof "chunked"] = "";
    request->chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    if (request->status < SOME_STATUS)
        return "the answer is not HTTP";
    if (request->status < LEAST_FINAL_STATUS)
        return "an interim answer (1xx), which is not understood";
    lws_hdr_copy(wsi, coding, sizeof coding, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
    return request->chunked && strcmp(coding, "chunked") != 0
               ? "the answer has a transfer coding that is not understood"
               : NULL;
}

/* An answer without a body ends here: libwebsockets would wait for more. */
static int answered(struct http_request *request, struct lws *wsi)
{
    char length[24] = "";
    request->status = (int)lws_http_client_http_response(wsi);
    const char *why_not = misunderstood(request, wsi);
    if (why_not) {
        fail(request, PUSHER_ERR_SYSTEM, why_not);
        return -1;
    }
    bool none = request->status == NO_CONTENT || request->status == NOT_MODIFIED;
    if (lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0)
        none = none || atoll(length) == 0;
    request->completed = none;
    return none ? -1 : 0;
}

static int read_some(struct http_request *request, struct lws *wsi)
{
    char buffer[LWS_PRE + READ_BYTES];
    char *at = buffer + LWS_PRE;
    int room = READ_BYTES;
    int rc = lws_http_client_read(wsi, &at, &room) < 0 ? -1 : 0;
    /* libwebsockets takes the end of the connection, where there is nothing to read, for
     * the end of any answer without Content-Length. */
    if (request->chunked && at == buffer + LWS_PRE)
        request->completed = false;
    wipe(buffer, sizeof buffer);
    return rc;
}

/* Grows without leaving a copy behind. */
static int keep(struct buf *response, pusher_str piece)
{
    struct buf grown;
    if (response->cap - response->len >= piece.len)
        return buf_append(response, piece);
    buf_init(&grown, response->mem, response->max);
    int rc = buf_reserve(&grown, response->len + piece.len);
    if (rc)
        return rc;
    buf_append(&grown, buf_str(response));
    buf_append(&grown, piece);
    wipe_and_free(response);
    *response = grown;
    return 0;
}

static int collect(struct http_request *request, pusher_str piece)
{
    /* For a chunk of 2 GiB or more libwebsockets comes with a negative length. */
    size_t room = request->response.max - request->response.len;
    int rc = piece.len > room ? PUSHER_ERR_LIMIT : keep(&request->response, piece);
    if (!rc)
        return 0;
    fail(request, rc,
         rc == PUSHER_ERR_LIMIT ? "the answer is too long" : "out of memory");
    return -1;
}

static void connection_error(struct http_request *request, struct lws *wsi,
                             const char *said)
{
    struct cause cause;
    cause_of_failure(wsi, request->requested, said, &cause);
    dial_failed(request, &cause);
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    struct http_request *request = user;
    if (!request)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        request->requested = true;
        return add_headers(request, wsi, in, len);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return send_body(request, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        return answered(request, wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        /* While it flushes a request that was answered early, it reads that again. */
        if (request->completed) {
            kill_socket(request);
            return 0;
        }
        return read_some(request, wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        return collect(request, (pusher_str){in, len});
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        request->completed = true;
        return -1; /* the connection is not kept for another request */
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        connection_error(request, wsi, in);
        return 0;
    default:
        return 0;
    }
}
