#include "payload.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

#define SEQ_DIGITS 10
#define T_DIGITS   20

/* From this size on the data carries a list, as larger real events do. */
#define ITEMS_FROM 985
#define LARGEST    65000

/* Text under construction in a fixed buffer; `full` instead of a truncated text. */
struct text {
    char *bytes;
    size_t len;
    size_t cap;
    int full;
};

static void text_add(struct text *text, const char *bytes, size_t len)
{
    if (text->cap - text->len < len) {
        text->full = 1;
        return;
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

/* As JSON text inside a JSON string: quotes and backslashes get a backslash. */
static void text_escaped(struct text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\')
            text_add(text, "\\", 1);
        text_add(text, string, 1);
    }
}

static size_t escaped_len(const char *string)
{
    size_t len = 0;

    for (; *string != '\0'; string++)
        len += *string == '"' || *string == '\\' ? 2 : 1;
    return len;
}

/* One element of the list: UTF-8 of two to four bytes, an inner quote, an array,
 * booleans. */
static void format_item(char *ret, size_t cap, unsigned n, unsigned variant)
{
    static const char *const names[] = {
        "Blåbärsylt från Norrland", "crème brûlée à la vanille",
        "煎茶 宇治 一番摘み",       "Søkaffe ☕ mørkristet",
        "мёд липовый, 250 г",       "chili 🌶 extra stark"};
    static const char *const sizes[] = {"S", "M", "L"};

    snprintf(ret, cap,
             "%s{\"sku\":\"A%u-%u\",\"name\":\"%s\",\"px\":%u.%02u,"
             "\"note\":\"size \\\"%s\\\"\",\"tags\":[%u,\"x%u\"],"
             "\"gift\":%s,\"paid\":%s}",
             n == 0 ? "" : ",", variant, n, names[(n + variant) % 6], n * 7 % 90 + 10,
             n * 13 % 100, sizes[n % 3], n % 4, n % 10, n % 2 == 0 ? "true" : "false",
             n % 3 == 0 ? "true" : "false");
}

static void add_items(struct text *text, size_t end, unsigned variant)
{
    char item[256];

    text_escaped(text, "\"items\":[");
    for (unsigned n = 0;; n++) {
        format_item(item, sizeof item, n, variant);
        if (text->len + escaped_len(item) > end)
            break;
        text_escaped(text, item);
    }
    text_puts(text, "],");
}

/*
 * {"event":…,"channel":…,"data":"{\"seq\":…,\"t\":…,…,\"note\":\"…\"}"} of exactly `size`
 * bytes; the note is what is left, in letters.
 */
static void add_payload(struct text *text, const char *channel, const char *event,
                        size_t size, unsigned variant)
{
    static const char tail[] = "\\\"}\"}";
    const char *note_open = "\"note\":\"";
    size_t end = text->len + size;
    char head[96];

    text_puts(text, "{\"event\":\"");
    text_puts(text, event);
    text_puts(text, "\",\"channel\":\"");
    text_puts(text, channel);
    text_puts(text, "\",\"data\":\"");
    snprintf(head, sizeof head, "{\"seq\":%0*d,\"t\":\"%0*d\",", SEQ_DIGITS, 0, T_DIGITS,
             0);
    text_escaped(text, head);
    snprintf(head, sizeof head, "\"id\":\"o%c0\",\"px\":%u.00,\"qty\":%u,",
             (char)('a' + variant), 100 + variant, variant % 10);
    text_escaped(text, head);
    if (size >= ITEMS_FROM)
        add_items(text, end - escaped_len("],\"note\":\"") - strlen(tail), variant);
    text_escaped(text, note_open);
    if (text->len + strlen(tail) > end) {
        text->full = 1;
        return;
    }
    for (unsigned n = variant; text->len + strlen(tail) < end; n++)
        text_add(text, &"abcdefghijklmnopqrstuvwxyz"[n % 26], 1);
    text_puts(text, tail);
}

static int frame_init(struct payload_frame *frame, const char *channel, const char *event,
                      size_t size, unsigned variant)
{
    static const char seq_mark[] = "\\\"seq\\\":";
    struct text text = {.cap = WS_HEADER_MAX + size};

    text.bytes = malloc(text.cap);
    if (text.bytes == NULL)
        return -1;
    text.len = ws_put_header(text.bytes, WS_TEXT, size);
    add_payload(&text, channel, event, size, variant);
    if (text.full) {
        free(text.bytes);
        return -1;
    }

    /* Not strstr(): the frame's header holds NUL bytes. */
    const char *data = memmem(text.bytes, text.len, seq_mark, strlen(seq_mark));
    assert(data != NULL);
    frame->bytes = text.bytes;
    frame->len = text.len;
    frame->seq_at = (size_t)(data - text.bytes) + strlen(seq_mark);
    frame->t_at = frame->seq_at + SEQ_DIGITS + strlen(",\\\"t\\\":\\\"");
    return 0;
}

int payload_init(struct payload *payload, const char *channel, const char *event,
                 size_t size)
{
    memset(payload, 0, sizeof *payload);
    if (size < PAYLOAD_VARIANTS || size > LARGEST)
        return -1;
    for (unsigned v = 0; v < PAYLOAD_VARIANTS; v++) {
        /* -15, -13 … 13, 15 in a scattered order: the average is `size` itself. */
        size_t own = size + 2 * (v * 7 % PAYLOAD_VARIANTS) - (PAYLOAD_VARIANTS - 1);

        if (frame_init(&payload->frames[v], channel, event, own, v) != 0) {
            payload_free(payload);
            return -1;
        }
        if (payload->frames[v].len > payload->longest)
            payload->longest = payload->frames[v].len;
    }
    return 0;
}

void payload_free(struct payload *payload)
{
    for (unsigned v = 0; v < PAYLOAD_VARIANTS; v++)
        free(payload->frames[v].bytes);
    memset(payload, 0, sizeof *payload);
}

static void put_digits(char *ret, unsigned digits, uint64_t value)
{
    while (digits-- > 0) {
        ret[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

size_t payload_render(const struct payload *payload, uint64_t n, uint64_t seq,
                      uint64_t t_ns, char *ret)
{
    const struct payload_frame *frame = &payload->frames[n % PAYLOAD_VARIANTS];

    memcpy(ret, frame->bytes, frame->len);
    put_digits(ret + frame->seq_at, SEQ_DIGITS, seq);
    put_digits(ret + frame->t_at, T_DIGITS, t_ns);
    return frame->len;
}
