/*
 * One HTTP request on a loop: POST or GET with a body, headers and a deadline; the answer
 * is collected up to a limit. Redirects are not followed, nothing is retried.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include <pusher/loop.h>

struct http_request;

/* A field of the header; judged by whoever asks for it. */
struct http_field {
    pusher_str name;
    pusher_str value;
};

struct http_target {
    const char *method; /* "POST" or "GET" */
    pusher_str host;    /* name or numeric address */
    uint16_t port;
    bool tls;
    pusher_str ca_file;      /* ptr NULL: the system's roots */
    pusher_str request;      /* path and query */
    pusher_str host_header;  /* value of Host */
    pusher_str content_type; /* of the body; ptr NULL without one */
    pusher_str body;
    const struct http_field *fields; /* more fields of the header */
    size_t field_count;
    size_t max_response_bytes;
    uint32_t timeout_ms; /* of everything */
};

struct http_response {
    int error;  /* 0: an answer came; else PUSHER_ERR_TIMEOUT, PUSHER_ERR_LIMIT (answer
                   too large), PUSHER_ERR_NOMEM, PUSHER_ERR_SYSTEM (no answer; see
                   reason) */
    int status; /* 0: none */
    pusher_str body;   /* lives until the callback returns */
    pusher_str reason; /* the cause in words, when error is not 0 */
};

typedef void (*http_done_fn)(void *userdata, const struct http_response *response);

/* Starts a request; texts are copied. 0 and `*ret`, or PUSHER_ERR_NOMEM. `done` runs
 * once, never inside this call; `*ret` is invalid from then on. */
int http_start(pusher_loop *loop, const struct http_target *target, http_done_fn done,
               void *userdata, struct http_request **ret);

/* Ends it; `done` does not run any more. */
void http_cancel(struct http_request *request);

#endif
