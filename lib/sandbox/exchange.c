/*
 * One HTTP request as it arrives, and the bytes of its answer.
 */
#include "sandbox/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "sandbox/api.h"

enum {
    PARAM_MAX = 1024,   /* bytes of one name=value */
    HEAD_MAX = 256,     /* bytes of an answer before its body */
    PIECE_MAX = 16384,  /* bytes written in one go */
    LENGTH_DIGITS = 12, /* of a Content-Length */
};

/* Instead of a length. */
enum { NO_PIECE = -1, LONG_PIECE = -2 };

/* How the request stands; the first trouble wins. */
enum trouble { FINE, NO_MEMORY, TOO_LARGE, NO_LENGTH, BAD_QUERY };

struct exchange {
    struct service *service;
    enum trouble trouble;
    pusher_str method;
    char *path;
    char *texts[REQUEST_PARAMS_MAX]; /* what params point into */
    struct request_param params[REQUEST_PARAMS_MAX];
    size_t param_count;
    bool has_body;
    struct buf body;
    struct buf answer;   /* room for libwebsockets, then head and body */
    size_t answer_start; /* what has been written lies before */
};

static void set_trouble(struct exchange *exchange, enum trouble trouble)
{
    if (exchange->trouble == FINE)
        exchange->trouble = trouble;
}

static pusher_str read_method(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        return STR("GET");
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
        return STR("POST");
    return STR("OTHER"); /* nothing is offered under any other method */
}

static bool read_has_body(struct lws *wsi)
{
    char length[LENGTH_DIGITS + 1];
    int copied = lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    /* One that is too long to be copied is certainly not 0. */
    if (copied <= 0)
        return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
    return strtoll(length, NULL, 10) > 0;
}

/* ---- the head ---- */

/* The next piece of a path or query: libwebsockets has undone the escapes and cut it at
 * each "&" and ";". Its length; NO_PIECE; LONG_PIECE: it does not fit. */
static int copy_piece(struct lws *wsi, enum lws_token_indexes token, int i, char *out,
                      int size)
{
    int len = lws_hdr_copy_fragment(wsi, out, size, token, i);
    if (len >= 0)
        return len;
    return lws_hdr_fragment_length(wsi, token, i) > 0 ? LONG_PIECE : NO_PIECE;
}

/* The path with ";" wherever it was cut; `whole` under other methods. NULL when memory
 * runs out. */
static char *read_path(struct service *service, struct lws *wsi, pusher_str whole)
{
    enum lws_token_indexes token = WSI_TOKEN_GET_URI;
    if (lws_hdr_total_length(wsi, token) <= 0)
        token = WSI_TOKEN_POST_URI;
    int total = lws_hdr_total_length(wsi, token);
    if (total <= 0)
        return mem_dup(service->mem, whole);
    /* Each cut is counted in the total or not, as the version has it: at most as many
     * as there are bytes. */
    int size = 2 * total + 2, used = 0;
    char *path = mem_zalloc(service->mem, (size_t)size);
    for (int i = 0, len; path; i++) {
        len = copy_piece(wsi, token, i, path + used + (i > 0), size - used - (i > 0));
        if (len < 0)
            break;
        if (i > 0)
            path[used++] = ';';
        used += len;
    }
    return path;
}

/* Splits "name=value". */
static void add_param(struct exchange *exchange, pusher_str text)
{
    if (exchange->param_count == REQUEST_PARAMS_MAX) {
        set_trouble(exchange, BAD_QUERY);
        return;
    }
    char *copy = mem_dup(exchange->service->mem, text);
    if (!copy) {
        set_trouble(exchange, NO_MEMORY);
        return;
    }
    size_t name_len = 0;
    while (name_len < text.len && copy[name_len] != '=')
        name_len++;
    size_t value_at = name_len < text.len ? name_len + 1 : name_len;
    exchange->texts[exchange->param_count] = copy;
    exchange->params[exchange->param_count++] = (struct request_param){
        .name = {copy, name_len},
        .value = {copy + value_at, text.len - value_at},
    };
}

/* True when this piece and the one before were one parameter: its name is none, and only
 * a prefix of channel names may hold ";". */
static bool is_continued(const struct exchange *exchange, pusher_str piece)
{
    if (!exchange->param_count)
        return false;
    pusher_str before = exchange->params[exchange->param_count - 1].name;
    return str_equal(before, STR("filter_by_prefix")) &&
           !str_starts_with(piece, STR("info=")) &&
           !str_starts_with(piece, STR("auth_")) &&
           !str_starts_with(piece, STR("body_md5="));
}

/* Takes the last parameter back, and adds it again with `more` behind a ";". */
static void extend_param(struct exchange *exchange, pusher_str more)
{
    char *before = exchange->texts[--exchange->param_count];
    struct buf text;
    buf_init(&text, exchange->service->mem, PARAM_MAX);
    int rc = buf_printf(&text, "%s;%.*s", before, STR_ARG(more));
    if (rc)
        set_trouble(exchange, rc == PUSHER_ERR_LIMIT ? BAD_QUERY : NO_MEMORY);
    else
        add_param(exchange, buf_str(&text));
    mem_free(exchange->service->mem, before);
    buf_free(&text);
}

static void read_query(struct exchange *exchange, struct lws *wsi)
{
    char text[PARAM_MAX];
    for (int i = 0; exchange->trouble == FINE; i++) {
        int len = copy_piece(wsi, WSI_TOKEN_HTTP_URI_ARGS, i, text, sizeof text);
        pusher_str piece = {text, len > 0 ? (size_t)len : 0};
        if (len == NO_PIECE)
            return;
        if (len == LONG_PIECE)
            set_trouble(exchange, BAD_QUERY);
        else if (is_continued(exchange, piece))
            extend_param(exchange, piece);
        else if (len > 0)
            add_param(exchange, piece);
    }
}

struct exchange *exchange_new(struct service *service, struct lws *wsi, pusher_str path)
{
    struct exchange *exchange = mem_zalloc(service->mem, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->service = service;
    exchange->method = read_method(wsi);
    exchange->has_body = read_has_body(wsi);
    /* Libwebsockets takes chunks for the next request. */
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        exchange->has_body = false;
        set_trouble(exchange, NO_LENGTH);
    }
    buf_init(&exchange->body, service->mem, api_body_max(service));
    buf_init(&exchange->answer, service->mem, LWS_PRE + HEAD_MAX + API_ANSWER_MAX);
    exchange->answer_start = LWS_PRE;
    exchange->path = read_path(service, wsi, path);
    if (!exchange->path)
        set_trouble(exchange, NO_MEMORY);
    read_query(exchange, wsi);
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    for (size_t i = 0; i < exchange->param_count; i++)
        mem_free(exchange->service->mem, exchange->texts[i]);
    mem_free(exchange->service->mem, exchange->path);
    buf_free(&exchange->body);
    buf_free(&exchange->answer);
    mem_free(exchange->service->mem, exchange);
}

bool exchange_wants_body(const struct exchange *exchange)
{
    return exchange->has_body;
}

void exchange_body(struct exchange *exchange, pusher_str piece)
{
    if (exchange->trouble != FINE)
        return;
    int rc = buf_append(&exchange->body, piece);
    if (rc) {
        set_trouble(exchange, rc == PUSHER_ERR_LIMIT ? TOO_LARGE : NO_MEMORY);
        buf_free(&exchange->body);
    }
}

static const char *status_text(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 404:
        return "Not Found";
    case 411:
        return "Length Required";
    case 413:
        return "Payload Too Large";
    default:
        return "Internal Server Error";
    }
}

static int format_head(char out[HEAD_MAX], int status, const char *type, size_t length)
{
    return snprintf(out, HEAD_MAX,
                    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                    "Connection: close\r\n\r\n",
                    status, status_text(status), type, length);
}

int exchange_refuse(struct lws *wsi, int status, const char *text)
{
    unsigned char bytes[LWS_PRE + 2 * HEAD_MAX];
    char *out = (char *)bytes + LWS_PRE;
    int head = format_head(out, status, "text/plain; charset=utf-8", strlen(text));
    int body = snprintf(out + head, HEAD_MAX, "%s", text);
    if (body < HEAD_MAX)
        lws_write(wsi, bytes + LWS_PRE, (size_t)(head + body), LWS_WRITE_HTTP_FINAL);
    return -1;
}

static int keep_answer(struct buf *out, const struct api_answer *answer)
{
    static const char room[LWS_PRE] = {0};
    char head[HEAD_MAX];
    pusher_str body = answer->json.len ? buf_str(&answer->json) : str_of(answer->text);
    int len = format_head(head, answer->status, answer->content_type, body.len);
    int rc = buf_append(out, (pusher_str){room, sizeof room});
    if (!rc)
        rc = buf_append(out, (pusher_str){head, (size_t)len});
    return rc ? rc : buf_append(out, body);
}

bool exchange_answering(const struct exchange *exchange)
{
    return exchange->answer.len > 0;
}

int exchange_write(struct exchange *exchange, struct lws *wsi)
{
    struct buf *answer = &exchange->answer;
    size_t left = answer->len - exchange->answer_start;
    size_t piece = left < PIECE_MAX ? left : PIECE_MAX;
    if (!left)
        return -1;
    /* What lies before a piece is written already: libwebsockets may spoil it. */
    unsigned char *at = (unsigned char *)answer->ptr + exchange->answer_start;
    int written =
        lws_write(wsi, at, piece, piece == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    exchange->answer_start += piece;
    if (written < 0 || (piece == left && !lws_partial_buffered(wsi)))
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

static void act(struct exchange *exchange, struct api_answer *ret)
{
    const struct api_request request = {
        .method = exchange->method,
        .path = exchange->path,
        .params = exchange->params,
        .param_count = exchange->param_count,
        .body = buf_str(&exchange->body),
    };
    switch (exchange->trouble) {
    case FINE:
        api_handle(exchange->service, &request, (int64_t)time(NULL), ret);
        break;
    case NO_MEMORY:
        api_answer_text(ret, 500, "The sandbox is out of memory");
        break;
    case TOO_LARGE:
        api_answer_text(ret, 413, "The body is too large");
        break;
    case NO_LENGTH:
        api_answer_text(ret, 411, "A body needs a Content-Length, and no chunks");
        break;
    case BAD_QUERY:
        api_answer_text(ret, 400, "The query has too many or too long parameters");
        break;
    }
}

int exchange_finish(struct exchange *exchange, struct lws *wsi)
{
    struct api_answer answer;
    api_answer_init(exchange->service, &answer);
    act(exchange, &answer);
    int rc = keep_answer(&exchange->answer, &answer);
    buf_free(&answer.json);
    return rc ? exchange_refuse(wsi, 500, "The sandbox is out of memory")
              : exchange_write(exchange, wsi);
}
