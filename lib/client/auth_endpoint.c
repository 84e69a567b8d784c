/*
 * The endpoint as an authorizer: it begins HTTP requests, and gives their answers to
 * pusher_auth_resolve() and pusher_auth_reject() like any other. Nothing of a request or
 * an answer is logged.
 */
#include "client/auth_endpoint.h"

#include "base/mem.h"
#include "base/str.h"
#include "client/auth_extras.h"
#include "codec/auth_reply.h"
#include "codec/url.h"
#include "net/http.h"

struct endpoint_auth {
    pusher_allocator mem;
    uint32_t timeout_ms;
    bool json;
    char *url, *ca_file; /* ca_file NULL: the system's roots */
    struct url_endpoint where;
    struct buf host_header;
    pusher_auth_extras fixed;
    pusher_auth_provide_fn provide;
    void *userdata;
    struct list requests;
};

/* One that is under way. */
struct endpoint_request {
    struct list link;
    struct endpoint_auth *endpoint;
    pusher_client *client;
    pusher_id id;
    struct http_request *http;
};

static void request_drop(struct endpoint_request *request)
{
    list_remove(&request->link);
    mem_free(&request->endpoint->mem, request);
}

static void answered(void *userdata, const struct http_response *response)
{
    struct endpoint_request *request = userdata;
    pusher_client *client = request->client;
    pusher_id id = request->id;
    request_drop(request);
    /* An answer for which there is no memory is one that has not come. */
    if (response->error)
        pusher_auth_reject(client, id, 0, response->reason.ptr);
    else if (response->status < 200 || response->status > 299)
        pusher_auth_reject(client, id, response->status, NULL);
    else
        pusher_auth_resolve(client, id, response->body.ptr ? response->body.ptr : "",
                            response->body.len);
}

/* --- one request --- */

static int append_body(const struct endpoint_auth *endpoint,
                       const pusher_auth_request *asked, const pusher_auth_extras *extras,
                       struct buf *out)
{
    struct auth_request body = {
        .socket_id = asked->socket_id,
        .channel = asked->channel_name,
        .fixed = auth_extras_params(&endpoint->fixed),
        .provided = auth_extras_params(extras),
    };
    return endpoint->json ? form_append_request_json(out, &body)
                          : form_append_request(out, &body);
}

static int start(struct endpoint_auth *endpoint, struct endpoint_request *request,
                 const struct http_field *fields, size_t field_count, pusher_str body)
{
    const struct http_target target = {
        .method = "POST",
        .host = endpoint->where.host,
        .port = endpoint->where.port,
        .tls = endpoint->where.tls,
        .ca_file = str_of(endpoint->ca_file),
        .request = endpoint->where.request,
        .host_header = buf_str(&endpoint->host_header),
        .content_type = endpoint->json ? STR("application/json")
                                       : STR("application/x-www-form-urlencoded"),
        .body = body,
        .fields = fields,
        .field_count = field_count,
        .max_response_bytes = AUTH_BODY_MAX,
        .timeout_ms = endpoint->timeout_ms,
    };
    return http_start(pusher_client_loop(request->client), &target, answered, request,
                      &request->http);
}

/* With what the provider adds. */
static int ask(struct endpoint_auth *endpoint, struct endpoint_request *request,
               const pusher_auth_request *asked, pusher_auth_extras *extras)
{
    struct buf body;
    struct http_field *fields = NULL;
    size_t field_count = 0;
    buf_init(&body, &endpoint->mem, AUTH_BODY_MAX);
    int rc = endpoint->provide ? endpoint->provide(asked, extras, endpoint->userdata) : 0;
    if (!rc)
        rc = append_body(endpoint, asked, extras, &body);
    if (!rc)
        rc = auth_extras_fields(&endpoint->fixed, extras, &fields, &field_count);
    if (!rc)
        rc = start(endpoint, request, fields, field_count, buf_str(&body));
    mem_free(&endpoint->mem, fields);
    if (body.ptr)
        wipe(body.ptr, body.len);
    buf_free(&body);
    return rc;
}

static void begin_one(struct endpoint_auth *endpoint, pusher_client *client,
                      const pusher_auth_request *asked)
{
    pusher_auth_extras extras;
    struct endpoint_request *request = mem_zalloc(&endpoint->mem, sizeof *request);
    if (!request) {
        pusher_auth_reject(client, asked->id, 0, "out of memory");
        return;
    }
    request->endpoint = endpoint;
    request->client = client;
    request->id = asked->id;
    list_append(&endpoint->requests, &request->link);
    auth_extras_init(&extras, &endpoint->mem);
    int rc = ask(endpoint, request, asked, &extras);
    auth_extras_free(&extras);
    if (!rc)
        return;
    request_drop(request);
    pusher_auth_reject(client, asked->id, 0,
                       rc == PUSHER_ERR_NOMEM ? "out of memory"
                                              : "the request could not be made");
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    for (size_t i = 0; i < count; i++)
        begin_one(userdata, client, &requests[i]);
}

static void cancel(pusher_client *client, pusher_id id, void *userdata)
{
    struct endpoint_auth *endpoint = userdata;
    struct list *at = endpoint->requests.next;
    (void)client;
    for (; at != &endpoint->requests; at = at->next) {
        struct endpoint_request *request =
            container_of(at, struct endpoint_request, link);
        if (request->id != id)
            continue;
        http_cancel(request->http);
        request_drop(request);
        return;
    }
}

/* --- life --- */

static void endpoint_free_auth(void *userdata)
{
    struct endpoint_auth *endpoint = userdata;
    pusher_allocator mem = endpoint->mem;
    while (!list_empty(&endpoint->requests)) {
        struct endpoint_request *request =
            container_of(endpoint->requests.next, struct endpoint_request, link);
        http_cancel(request->http);
        request_drop(request);
    }
    auth_extras_free(&endpoint->fixed);
    buf_free(&endpoint->host_header);
    mem_free(&mem, endpoint->url);
    mem_free(&mem, endpoint->ca_file);
    mem_free(&mem, endpoint);
}

static int copy_fixed(struct endpoint_auth *endpoint, const pusher_auth_endpoint *option)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < option->header_count; i++)
        rc = pusher_auth_add_header(&endpoint->fixed, option->headers[i].name,
                                    option->headers[i].value);
    for (size_t i = 0; !rc && i < option->param_count; i++)
        rc = pusher_auth_add_param(&endpoint->fixed, option->params[i].name,
                                   option->params[i].value);
    return rc;
}

static int copy_where(struct endpoint_auth *endpoint, const pusher_auth_endpoint *option)
{
    endpoint->url = mem_dup(&endpoint->mem, str_of(option->url));
    if (option->ca_file)
        endpoint->ca_file = mem_dup(&endpoint->mem, str_of(option->ca_file));
    if (!endpoint->url || (option->ca_file && !endpoint->ca_file))
        return PUSHER_ERR_NOMEM;
    int rc = url_endpoint_parse(str_of(endpoint->url), &endpoint->where);
    if (rc)
        return rc;
    return url_append_host_header(&endpoint->host_header, endpoint->where.host,
                                  endpoint->where.port, endpoint->where.tls);
}

int auth_endpoint_new(const pusher_auth_endpoint *option, const pusher_allocator *mem,
                      uint32_t timeout_ms, pusher_authorizer *ret)
{
    if (option->ca_file && !*option->ca_file)
        return PUSHER_ERR_INVALID;
    struct endpoint_auth *endpoint = mem_zalloc(mem, sizeof *endpoint);
    if (!endpoint)
        return PUSHER_ERR_NOMEM;
    endpoint->mem = *mem;
    endpoint->timeout_ms = timeout_ms;
    endpoint->json = option->json;
    endpoint->provide = option->provide;
    endpoint->userdata = option->userdata;
    list_init(&endpoint->requests);
    buf_init(&endpoint->host_header, &endpoint->mem, 512);
    auth_extras_init(&endpoint->fixed, &endpoint->mem);
    int rc = copy_where(endpoint, option);
    if (!rc)
        rc = copy_fixed(endpoint, option);
    if (rc) {
        endpoint_free_auth(endpoint);
        return rc;
    }
    *ret = (pusher_authorizer){
        .begin = begin,
        .cancel = cancel,
        .userdata = endpoint,
        .free_userdata = endpoint_free_auth,
    };
    return 0;
}
