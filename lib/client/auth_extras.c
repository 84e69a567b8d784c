/*
 * Header fields and parameters of an auth request.
 */
#include "client/auth_extras.h"

#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/http_header.h"

void auth_extras_init(pusher_auth_extras *extras, const pusher_allocator *mem)
{
    *extras = (pusher_auth_extras){.mem = mem};
}

static void free_pairs(const pusher_allocator *mem, struct form_param *pairs,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) { /* one block: name, NUL, value, NUL */
        wipe((char *)(uintptr_t)pairs[i].value.ptr, pairs[i].value.len);
        mem_free(mem, (char *)(uintptr_t)pairs[i].name.ptr);
    }
    mem_free(mem, pairs);
}

void auth_extras_free(pusher_auth_extras *extras)
{
    free_pairs(extras->mem, extras->headers, extras->header_count);
    free_pairs(extras->mem, extras->params, extras->param_count);
    auth_extras_init(extras, extras->mem);
}

static int add(const pusher_allocator *mem, struct form_param **pairs, size_t *count,
               pusher_str name, pusher_str value)
{
    if (*count >= EXTRAS_MAX)
        return PUSHER_ERR_INVALID;
    struct form_param *grown = mem_realloc(mem, *pairs, (*count + 1) * sizeof *grown);
    if (!grown)
        return PUSHER_ERR_NOMEM;
    *pairs = grown;
    char *at = mem_alloc(mem, name.len + value.len + 2);
    if (!at)
        return PUSHER_ERR_NOMEM;
    struct form_param *pair = &grown[*count];
    pair->name = (pusher_str){str_put(&at, name), name.len};
    pair->value = (pusher_str){str_put(&at, value), value.len};
    ++*count;
    return 0;
}

int pusher_auth_add_header(pusher_auth_extras *extras, const char *name,
                           const char *value)
{
    if (!extras || !name || !value)
        return PUSHER_ERR_INVALID;
    size_t bytes = strlen(name) + strlen(value) + 4;
    if (http_header_check(str_of(name), str_of(value)) ||
        extras->header_bytes + bytes > EXTRAS_HEADER_BYTES_MAX)
        return PUSHER_ERR_INVALID;
    int rc = add(extras->mem, &extras->headers, &extras->header_count, str_of(name),
                 str_of(value));
    if (!rc)
        extras->header_bytes += bytes;
    return rc;
}

int pusher_auth_add_param(pusher_auth_extras *extras, const char *name, const char *value)
{
    if (!extras || !name || !value)
        return PUSHER_ERR_INVALID;
    if (!form_name_valid(str_of(name)) || !form_value_valid(str_of(value)))
        return PUSHER_ERR_INVALID;
    return add(extras->mem, &extras->params, &extras->param_count, str_of(name),
               str_of(value));
}

struct form_params auth_extras_params(const pusher_auth_extras *extras)
{
    return (struct form_params){extras->params, extras->param_count};
}

/* Names of header fields do not care for case. */
static bool is_replaced(pusher_str name, const pusher_auth_extras *by)
{
    for (size_t i = 0; i < by->header_count; i++) {
        if (strcasecmp(name.ptr, by->headers[i].name.ptr) == 0)
            return true;
    }
    return false;
}

int auth_extras_fields(const pusher_auth_extras *fixed,
                       const pusher_auth_extras *provided, struct http_field **ret,
                       size_t *ret_count)
{
    size_t most = fixed->header_count + provided->header_count;
    size_t count = 0;
    if (fixed->header_bytes + provided->header_bytes > EXTRAS_HEADER_BYTES_MAX)
        return PUSHER_ERR_LIMIT;
    struct http_field *fields = mem_alloc(fixed->mem, most * sizeof *fields);
    if (!fields)
        return PUSHER_ERR_NOMEM;
    for (size_t i = 0; i < fixed->header_count; i++) {
        const struct form_param *pair = &fixed->headers[i];
        if (!is_replaced(pair->name, provided))
            fields[count++] = (struct http_field){pair->name, pair->value};
    }
    for (size_t i = 0; i < provided->header_count; i++) {
        const struct form_param *pair = &provided->headers[i];
        fields[count++] = (struct http_field){pair->name, pair->value};
    }
    *ret = fields;
    *ret_count = count;
    return 0;
}
