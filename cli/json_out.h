/*
 * Writes one JSON object a line to a stream, and flushes it: {"type":"event",…}.
 *
 * Text goes out byte for byte as UTF-8, escaped only where JSON asks for it. An error in
 * between is kept, and told by json_out_end().
 */
#ifndef CLI_JSON_OUT_H
#define CLI_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

struct json_out {
    FILE *file;
    struct buf line;
    int error; /* of the current line: 0 or PUSHER_ERR_NOMEM, PUSHER_ERR_LIMIT */
};

void json_out_init(struct json_out *out, FILE *file);
void json_out_free(struct json_out *out);

void json_out_begin(struct json_out *out, const char *type);
void json_out_text(struct json_out *out, const char *name,
                   pusher_str text); /* ptr NULL: null */
void json_out_number(struct json_out *out, const char *name, long number);
void json_out_ms(struct json_out *out, const char *name, uint64_t us); /* 1.234 */
void json_out_null(struct json_out *out, const char *name);
void json_out_bool(struct json_out *out, const char *name, bool value);

/* A member that is an object ("{") or an array ("["), until it is closed ("}", "]").
 * `name` NULL: an item of an array. */
void json_out_open(struct json_out *out, const char *name, char bracket);
void json_out_close(struct json_out *out, char bracket);
void json_out_item(struct json_out *out, pusher_str text); /* of an array */

/* Writes and flushes the line: 0 or an errno value. */
int json_out_end(struct json_out *out);

#endif
