/*
 * The query authentication of the HTTP API (API-02).
 */
#include "server/request_sign.h"

#include "base/buf.h"
#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Orders names as their lower-case forms, byte by byte. */
static int compare_names(pusher_str a, pusher_str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int difference = (unsigned char)lower(a.ptr[i]) - (unsigned char)lower(b.ptr[i]);
        if (difference)
            return difference;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* Fills `sorted` with what is signed, in order; returns how many. Stable. */
static size_t sort_params(const struct request_param *params, size_t count,
                          const struct request_param **sorted)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (compare_names(params[i].name, STR("auth_signature")) == 0)
            continue;
        size_t at = used++;
        while (at > 0 && compare_names(params[i].name, sorted[at - 1]->name) < 0) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = &params[i];
    }
    return used;
}

static int append_param(struct buf *text, const struct request_param *param)
{
    int rc = buf_reserve(text, param->name.len);
    if (rc)
        return rc;
    for (size_t i = 0; i < param->name.len; i++)
        text->ptr[text->len++] = lower(param->name.ptr[i]);
    rc = buf_append_byte(text, '=');
    return rc ? rc : buf_append(text, param->value);
}

static int append_signed_text(struct buf *text, pusher_str method, pusher_str path,
                              const struct request_param **sorted, size_t count)
{
    int rc = buf_append(text, method);
    if (!rc)
        rc = buf_append_byte(text, '\n');
    if (!rc)
        rc = buf_append(text, path);
    if (!rc)
        rc = buf_append_byte(text, '\n');
    for (size_t i = 0; !rc && i < count; i++) {
        if (i)
            rc = buf_append_byte(text, '&');
        if (!rc)
            rc = append_param(text, sorted[i]);
    }
    return rc;
}

int request_sign(const pusher_allocator *mem, pusher_str secret, pusher_str method,
                 pusher_str path, const struct request_param *params, size_t count,
                 char ret[SHA256_HEX + 1])
{
    const struct request_param *sorted[REQUEST_PARAMS_MAX];
    if (count > REQUEST_PARAMS_MAX)
        return PUSHER_ERR_LIMIT;
    size_t used = sort_params(params, count, sorted);

    struct buf text;
    buf_init(&text, mem, REQUEST_QUERY_MAX);
    int rc = append_signed_text(&text, method, path, sorted, used);
    if (!rc)
        rc = hmac_sha256_hex(secret, buf_str(&text), ret);
    buf_free(&text);
    return rc;
}
