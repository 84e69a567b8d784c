/*
 * Bodies of auth requests: a form is taken apart again into what went into it, and a JSON
 * body has each member. The input is a socket id, a channel, and names and values,
 * separated by NUL; the first byte says how many parameters are fixed ones.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/form.h"
#include "codec/json.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES = 18 };

static pusher_str until(pusher_str *rest, char end)
{
    const char *at = memchr(rest->ptr, end, rest->len);
    size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    pusher_str piece = {rest->ptr, len};
    *rest = str_skip(*rest, at ? len + 1 : len);
    return piece;
}

static unsigned hex_of(char c)
{
    assert((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* The encoded text stands for `wanted`. */
static void stands_for(pusher_str encoded, pusher_str wanted)
{
    size_t at = 0;
    for (size_t i = 0; i < encoded.len; i++, at++) {
        unsigned c = (unsigned char)encoded.ptr[i];
        assert(c > ' ' && c < 0x7f && !strchr("&=+\"<>#?/\\", (int)c));
        if (c == '%') {
            assert(i + 2 < encoded.len);
            c = hex_of(encoded.ptr[i + 1]) << 4 | hex_of(encoded.ptr[i + 2]);
            i += 2;
        }
        assert(at < wanted.len && (unsigned char)wanted.ptr[at] == c);
    }
    assert(at == wanted.len);
}

static void pair_is(pusher_str *rest, pusher_str name, pusher_str value)
{
    pusher_str pair = until(rest, '&');
    stands_for(until(&pair, '='), name);
    stands_for(pair, value);
}

static bool provided(const struct auth_request *request, pusher_str name)
{
    for (size_t i = 0; i < request->provided.count; i++) {
        if (str_equal(request->provided.items[i].name, name))
            return true;
    }
    return false;
}

static void check_form(const struct auth_request *request, pusher_str form)
{
    pair_is(&form, STR("socket_id"), request->socket_id);
    if (request->channel.ptr)
        pair_is(&form, STR("channel_name"), request->channel);
    for (size_t i = 0; i < request->fixed.count; i++) {
        const struct form_param *param = &request->fixed.items[i];
        if (!provided(request, param->name))
            pair_is(&form, param->name, param->value);
    }
    for (size_t i = 0; i < request->provided.count; i++)
        pair_is(&form, request->provided.items[i].name, request->provided.items[i].value);
    assert(form.len == 0);
}

/* Each member is the last of that name in the lists. */
static void check_json(const struct auth_request *request, pusher_str body)
{
    struct json_object *tree = NULL;
    assert(json_valid(body));
    if (!oracle_parse(body, &tree))
        return;
    assert(str_equal(json_text(json_member(tree, "socket_id")), request->socket_id));
    for (size_t i = 0; i < request->provided.count; i++) {
        const struct form_param *param = &request->provided.items[i];
        bool later = false;
        for (size_t j = i + 1; j < request->provided.count; j++)
            later |= str_equal(request->provided.items[j].name, param->name);
        char *name = mem_dup(&mem_default, param->name);
        assert(name);
        assert(later || str_equal(json_text(json_member(tree, name)), param->value));
        mem_free(&mem_default, name);
    }
    json_release(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form_param params[PIECES / 2];
    size_t count = 0;
    if (size == 0)
        return 0;
    pusher_str rest = {(const char *)data + 1, size - 1};
    struct auth_request request = {.socket_id = until(&rest, '\0')};
    pusher_str channel = until(&rest, '\0');
    if (channel.len)
        request.channel = channel;
    for (; rest.len && count < PIECES / 2; count++) {
        params[count].name = until(&rest, '\0');
        params[count].value = until(&rest, '\0');
    }
    size_t fixed = data[0] % (count + 1);
    request.fixed = (struct form_params){params, fixed};
    request.provided = (struct form_params){params + fixed, count - fixed};

    struct buf form, json;
    buf_init(&form, &mem_default, SIZE_MAX);
    buf_init(&json, &mem_default, SIZE_MAX);
    int rc = form_append_request(&form, &request);
    assert(rc == 0 || rc == PUSHER_ERR_INVALID);
    assert(form_append_request_json(&json, &request) == rc);
    if (rc == 0) {
        check_form(&request, buf_str(&form));
        check_json(&request, buf_str(&json));
    }
    buf_free(&form);
    buf_free(&json);
    return 0;
}
