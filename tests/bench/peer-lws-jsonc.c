/*
 * peer-lws-jsonc: receives with libwebsockets and parses each message with json-c, and
 * its data once more: what a straightforward C client does. Both depths read one member.
 */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lws_link.h"
#include "receiver.h"

#define MESSAGE_MAX (1u << 20)

/* A message that came in several fragments so far; one for each client. */
struct partial {
    char *bytes;
    size_t len;
    size_t cap;
};

static struct partial *partials;
static struct json_tokener *tokener;

static void partial_add(struct partial *partial, const char *bytes, size_t len)
{
    if (partial->len + len > MESSAGE_MAX)
        receiver_fail("a message is longer than %u bytes", MESSAGE_MAX);
    if (partial->len + len > partial->cap) {
        size_t cap = (partial->len + len) * 2;
        char *grown = realloc(partial->bytes, cap);

        if (grown == NULL)
            receiver_fail("out of memory");
        partial->bytes = grown;
        partial->cap = cap;
    }
    memcpy(partial->bytes + partial->len, bytes, len);
    partial->len += len;
}

/* NULL unless all of `text` is one JSON value. */
static struct json_object *parse(const char *text, size_t len)
{
    json_tokener_reset(tokener);
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);

    if (json_tokener_get_error(tokener) == json_tokener_success &&
        json_tokener_get_parse_end(tokener) == len)
        return value;
    json_object_put(value);
    return NULL;
}

static bool on_data(struct receiver *receiver, struct json_object *data)
{
    struct json_object *member;
    uint64_t t_ns = 0;

    if (receiver->mode == RECEIVER_PACED && json_object_object_get_ex(data, "t", &member))
        t_ns = strtoull(json_object_get_string(member), NULL, 10);
    if (!json_object_object_get_ex(data, "seq", &member) ||
        json_object_get_int64(member) <= 0)
        receiver->errors++;
    return receiver_count(receiver, t_ns);
}

static bool on_message(struct receiver *receiver, const char *text, size_t len)
{
    struct json_object *envelope = parse(text, len);
    struct json_object *event = NULL;
    struct json_object *data = NULL;
    bool last = false;

    if (envelope == NULL)
        receiver_fail("a message is not JSON: %.*s", (int)(len < 200 ? len : 200), text);
    json_object_object_get_ex(envelope, "event", &event);
    json_object_object_get_ex(envelope, "data", &data);
    if (event != NULL && strcmp(json_object_get_string(event), receiver->event) == 0) {
        struct json_object *parsed =
            parse(json_object_get_string(data), (size_t)json_object_get_string_len(data));
        if (parsed == NULL)
            receiver_fail("the data of an event is not JSON");
        last = on_data(receiver, parsed);
        json_object_put(parsed);
    }
    json_object_put(envelope);
    return last;
}

static bool on_fragment(struct receiver *receiver, unsigned number, const char *bytes,
                        size_t len, bool first, bool final)
{
    struct partial *partial = &partials[number];

    if (first && final)
        return on_message(receiver, bytes, len);
    if (first)
        partial->len = 0;
    partial_add(partial, bytes, len);
    return final && on_message(receiver, partial->bytes, partial->len);
}

int main(int argc, char **argv)
{
    struct receiver receiver;

    receiver_init(&receiver, argc, argv);
    receiver.json = true;
    partials = calloc(receiver.clients, sizeof *partials);
    tokener = json_tokener_new();
    if (partials == NULL || tokener == NULL)
        receiver_fail("out of memory");
    lws_link_run(&receiver, on_fragment);
    receiver_finish(&receiver);
    for (uint32_t i = 0; i < receiver.clients; i++)
        free(partials[i].bytes);
    free(partials);
    json_tokener_free(tokener);
    return 0;
}
