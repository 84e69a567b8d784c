/*
 * The HTTP API: one request in, one answer out (API-01 … API-04).
 */
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include "base/buf.h"
#include "sandbox/service.h"
#include "server/request_sign.h"

enum {
    API_CHANNELS_MAX = 100,            /* of one event (API-01) */
    API_BATCH_MAX = 10,                /* events of one batch (API-01) */
    API_ANSWER_MAX = 64 * 1024 * 1024, /* bytes of a body */
};

struct api_request {
    pusher_str method;
    char *path;                         /* without escapes; respelled as it was signed */
    const struct request_param *params; /* of the query, unescaped */
    size_t param_count;
    pusher_str body;
};

struct api_answer {
    int status;
    const char *content_type;
    char text[256];  /* the body, … */
    struct buf json; /* … unless there is one here */
};

/* An empty answer; given back with buf_free(&ret->json). */
void api_answer_init(const struct service *service, struct api_answer *ret);

/* The largest body worth reading. */
size_t api_body_max(const struct service *service);

/* Acts on the request and fills `*ret`, which is empty; `now_s` is seconds since 1970. */
void api_handle(struct service *service, const struct api_request *request, int64_t now_s,
                struct api_answer *ret);

/* The value of a parameter of the query; ptr NULL: absent. */
pusher_str api_param(const struct api_request *request, const char *name);

/* An answer with a line of text, whatever was there before. */
void api_answer_text(struct api_answer *ret, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer is ret->json, or, when `rc` is not 0, that it could not be written. */
void api_answer_json(struct api_answer *ret, int rc);

#endif
