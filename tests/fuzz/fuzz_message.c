/*
 * The envelope scanner against json-c: what the scanner accepts, json-c reads the same
 * way; what the scanner leaves, is left to json-c anyway (MSG-01 … MSG-07).
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/str.h"
#include "base/utf8.h"
#include "codec/envelope_scan.h"
#include "codec/json.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_text(pusher_str span, struct json_object *tree, const char *name)
{
    struct json_object *member = json_member(tree, name);
    if (!span.ptr) {
        /* Absent; for user_id empty counts as absent too (MSG-03). */
        assert(!member || json_text(member).len == 0);
        return;
    }
    assert(str_equal(span, json_text(member)));
}

/* In memory of exactly the bound, so that a sanitizer sees every byte beyond. */
static void same_copy(const struct message *message, struct json_object *member)
{
    char *out = malloc(message_data_bound(message));
    assert(out);
    pusher_str copy = message_data_copy(message, out);
    pusher_str wanted = json_text(member);
    assert(copy.len == wanted.len && memcmp(copy.ptr, wanted.ptr, wanted.len) == 0);
    assert(copy.ptr[copy.len] == '\0');
    assert(copy.len < message_data_bound(message));
    free(out);
}

static void same_value(pusher_str text, struct json_object *member)
{
    struct json_object *value = NULL;
    assert(json_parse(text, &value) == 0);
    assert(json_object_equal(value, member));
    json_release(value);
}

static void same_data(const struct message *message, struct json_object *tree)
{
    struct json_object *member = NULL;
    bool present = json_object_object_get_ex(tree, "data", &member);
    switch (message->data_kind) {
    case PUSHER_DATA_ABSENT:
        assert(!present);
        return;
    case PUSHER_DATA_TEXT:
        assert(json_object_is_type(member, json_type_string));
        same_copy(message, member);
        return;
    case PUSHER_DATA_JSON:
        assert(present && !json_object_is_type(member, json_type_string));
        same_value(message->data, member);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pusher_str frame = {(const char *)data, size};
    struct message message;
    struct json_object *tree = NULL;
    /* The transport lets nothing else through. */
    if (!utf8_valid(frame) || oracle_misreads(frame))
        return 0;
    int rc = json_parse(frame, &tree);
    if (envelope_scan(frame, &message)) {
        assert(rc == 0);
        same_text(message.event, tree, "event");
        same_text(message.channel, tree, "channel");
        same_text(message.user_id, tree, "user_id");
        same_data(&message, tree);
    }
    bool has_event = rc == 0 && json_text(json_member(tree, "event")).ptr;
    json_release(tree);
    assert((message_decode(frame, &message) == 0) == has_event);
    if (has_event)
        message_release(&message);
    return 0;
}
