/*
 * The body of a request to an auth endpoint (AUTH-01, AUTH-02).
 */
#include "codec/form.h"

#include "base/str.h"
#include "base/utf8.h"
#include "codec/frame.h"

bool form_name_valid(pusher_str name)
{
    if (!name.ptr || name.len == 0 || name.len > FORM_NAME_MAX || !utf8_valid(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return !str_equal(name, STR("socket_id")) && !str_equal(name, STR("channel_name"));
}

bool form_value_valid(pusher_str value)
{
    return value.len == 0 || (value.ptr && utf8_valid(value));
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.!~*'()", c));
}

static int append_percent(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    char text[] = {'%', hex[c >> 4], hex[c & 15]};
    return buf_append(out, (pusher_str){text, sizeof text});
}

int form_append_encoded(struct buf *out, pusher_str text)
{
    if (!form_value_valid(text))
        return PUSHER_ERR_INVALID;
    size_t before = out->len;
    int rc = 0;
    for (size_t at = 0; !rc && at < text.len;) {
        size_t run = at;
        while (run < text.len && is_plain(text.ptr[run]))
            run++;
        rc = buf_append(out, (pusher_str){text.ptr + at, run - at});
        if (!rc && run < text.len)
            rc = append_percent(out, (unsigned char)text.ptr[run++]);
        at = run;
    }
    if (rc)
        out->len = before;
    return rc;
}

/* How one kind of body is written. */
struct format {
    pusher_str open, between, close; /* around and between the pairs */
    pusher_str equals;               /* between name and value */
    int (*append)(struct buf *out, pusher_str text);
    bool names_once;
};

static const struct format form_format = {
    .open = {"", 0},
    .between = {"&", 1},
    .close = {"", 0},
    .equals = {"=", 1},
    .append = form_append_encoded,
};

static const struct format json_format = {
    .open = {"{", 1},
    .between = {",", 1},
    .close = {"}", 1},
    .equals = {":", 1},
    .append = frame_append_string,
    .names_once = true,
};

static int append_pair(struct buf *out, const struct format *format, pusher_str name,
                       pusher_str value)
{
    if (!form_value_valid(value))
        return PUSHER_ERR_INVALID;
    int rc = format->append(out, name);
    if (!rc)
        rc = buf_append(out, format->equals);
    if (!rc)
        rc = format->append(out, value);
    return rc;
}

static bool has_name(const struct form_params *params, size_t from, pusher_str name)
{
    for (size_t i = from; i < params->count; i++) {
        if (str_equal(params->items[i].name, name))
            return true;
    }
    return false;
}

/* `over`: the list that replaces parameters of `params`; NULL: none does. */
static int append_params(struct buf *out, const struct format *format,
                         const struct form_params *params, const struct form_params *over)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct form_param *param = &params->items[i];
        if (!form_name_valid(param->name) || !form_value_valid(param->value))
            return PUSHER_ERR_INVALID;
        if ((over && has_name(over, 0, param->name)) ||
            (format->names_once && has_name(params, i + 1, param->name)))
            continue;
        int rc = buf_append(out, format->between);
        if (!rc)
            rc = append_pair(out, format, param->name, param->value);
        if (rc)
            return rc;
    }
    return 0;
}

static int append_pairs(struct buf *out, const struct format *format,
                        const struct auth_request *request)
{
    int rc = append_pair(out, format, STR("socket_id"), request->socket_id);
    if (!rc && request->channel.ptr) {
        rc = buf_append(out, format->between);
        if (!rc)
            rc = append_pair(out, format, STR("channel_name"), request->channel);
    }
    if (!rc)
        rc = append_params(out, format, &request->fixed, &request->provided);
    if (!rc)
        rc = append_params(out, format, &request->provided, NULL);
    return rc;
}

static int append_body(struct buf *out, const struct format *format,
                       const struct auth_request *request)
{
    size_t before = out->len;
    int rc = buf_append(out, format->open);
    if (!rc)
        rc = append_pairs(out, format, request);
    if (!rc)
        rc = buf_append(out, format->close);
    if (rc)
        out->len = before;
    return rc;
}

int form_append_request(struct buf *out, const struct auth_request *request)
{
    return append_body(out, &form_format, request);
}

int form_append_request_json(struct buf *out, const struct auth_request *request)
{
    return append_body(out, &json_format, request);
}
