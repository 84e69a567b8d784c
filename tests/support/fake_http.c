/*
 * HTTP requests that a test answers by hand.
 */
#include "support/fake_http.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"

struct http_request {
    struct list link;
    http_done_fn done;
    void *userdata;
    struct buf text;
};

static struct list waiting = {&waiting, &waiting};
static int refused;

static struct http_request *oldest(void)
{
    return list_empty(&waiting) ? NULL
                                : container_of(waiting.next, struct http_request, link);
}

static void forget(struct http_request *request)
{
    list_remove(&request->link);
    buf_free(&request->text);
    free(request);
}

int http_start(pusher_loop *loop, const struct http_target *target, http_done_fn done,
               void *userdata, struct http_request **ret)
{
    (void)loop;
    if (refused)
        return refused;
    struct http_request *request = calloc(1, sizeof *request);
    assert(request);
    request->done = done;
    request->userdata = userdata;
    buf_init(&request->text, &mem_default, 1 << 20);
    buf_printf(&request->text, "%s %s://%.*s%.*s\n", target->method,
               target->tls ? "https" : "http", STR_ARG(target->host_header),
               STR_ARG(target->request));
    buf_printf(&request->text, "content-type: %.*s\n", STR_ARG(target->content_type));
    for (size_t i = 0; i < target->field_count; i++)
        buf_printf(&request->text, "%.*s: %.*s\n", STR_ARG(target->fields[i].name),
                   STR_ARG(target->fields[i].value));
    buf_printf(&request->text, "\n%.*s", STR_ARG(target->body));
    list_append(&waiting, &request->link);
    *ret = request;
    return 0;
}

void http_cancel(struct http_request *request)
{
    forget(request);
}

unsigned fake_http_waiting(void)
{
    unsigned count = 0;
    for (struct list *at = waiting.next; at != &waiting; at = at->next)
        count++;
    return count;
}

const char *fake_http_asked(void)
{
    struct http_request *request = oldest();
    if (!request)
        return NULL;
    buf_append_byte(&request->text, '\0');
    request->text.len--;
    return request->text.ptr;
}

static void answer(const struct http_response *response)
{
    struct http_request *request = oldest();
    assert(request);
    http_done_fn done = request->done;
    void *userdata = request->userdata;
    forget(request);
    done(userdata, response);
}

void fake_http_answer(int status, const char *body)
{
    answer(&(struct http_response){.status = status, .body = str_of(body)});
}

void fake_http_fail(int error, const char *reason)
{
    answer(&(struct http_response){.error = error, .reason = str_of(reason)});
}

void fake_http_refuse(int error)
{
    refused = error;
}
