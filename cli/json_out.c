/*
 * JSON lines from the library's own string writer.
 */
#include "json_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"

/* Messages are bounded by the client's options; a line is one of them, escaped. */
#define MAX_LINE_BYTES (SIZE_MAX / 2)

void json_out_init(struct json_out *out, FILE *file)
{
    *out = (struct json_out){.file = file};
    buf_init(&out->line, &mem_default, MAX_LINE_BYTES);
}

void json_out_free(struct json_out *out)
{
    buf_free(&out->line);
}

static void keep_error(struct json_out *out, int error)
{
    if (!out->error)
        out->error = error;
}

/* Before all but the first in an object or array. */
static void put_comma(struct json_out *out)
{
    char last = out->line.len ? out->line.ptr[out->line.len - 1] : '{';
    if (last != '{' && last != '[')
        keep_error(out, buf_append_byte(&out->line, ','));
}

static void put_name(struct json_out *out, const char *name)
{
    put_comma(out);
    if (name)
        keep_error(out, buf_printf(&out->line, "\"%s\":", name));
}

void json_out_begin(struct json_out *out, const char *type)
{
    buf_clear(&out->line);
    out->error = buf_printf(&out->line, "{\"type\":\"%s\"", type);
}

void json_out_text(struct json_out *out, const char *name, pusher_str text)
{
    if (!text.ptr) {
        json_out_null(out, name);
        return;
    }
    put_name(out, name);
    keep_error(out, frame_append_string(&out->line, text));
}

void json_out_number(struct json_out *out, const char *name, long number)
{
    put_name(out, name);
    keep_error(out, buf_printf(&out->line, "%ld", number));
}

void json_out_ms(struct json_out *out, const char *name, uint64_t us)
{
    put_name(out, name);
    keep_error(out, buf_printf(&out->line, "%" PRIu64 ".%03u", us / 1000,
                               (unsigned)(us % 1000)));
}

void json_out_null(struct json_out *out, const char *name)
{
    put_name(out, name);
    keep_error(out, buf_append(&out->line, STR("null")));
}

void json_out_bool(struct json_out *out, const char *name, bool value)
{
    put_name(out, name);
    keep_error(out, buf_append(&out->line, value ? STR("true") : STR("false")));
}

void json_out_open(struct json_out *out, const char *name, char bracket)
{
    put_name(out, name);
    keep_error(out, buf_append_byte(&out->line, bracket));
}

void json_out_close(struct json_out *out, char bracket)
{
    keep_error(out, buf_append_byte(&out->line, bracket));
}

void json_out_item(struct json_out *out, pusher_str text)
{
    put_comma(out);
    keep_error(out, frame_append_string(&out->line, text));
}

int json_out_end(struct json_out *out)
{
    keep_error(out, buf_append(&out->line, STR("}\n")));
    if (out->error)
        return ENOMEM;
    if (fwrite(out->line.ptr, 1, out->line.len, out->file) != out->line.len ||
        fflush(out->file))
        return errno;
    return 0;
}
