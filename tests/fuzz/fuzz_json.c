/*
 * The strict validator, the walk and the unescaping, against json-c and against each
 * other; and texts, written as JSON strings and read again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/frame.h"
#include "codec/json.h"
#include "codec/json_walk.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both ways to unescape agree; with `tree`, json-c agrees too. */
static void check_text(pusher_str escaped, struct json_object *tree)
{
    size_t short_len = 0;
    char *text = malloc(json_unescape_bound(escaped.len));
    assert(text);
    size_t len = json_unescape(escaped, text);
    char *exact = malloc(len + 1);
    assert(exact);
    assert(json_unescape_short(escaped, exact, len + 1, &short_len));
    assert(short_len == len && memcmp(text, exact, len + 1) == 0);
    assert(len == 0 || !json_unescape_short(escaped, exact, len, &short_len));
    assert(!tree || str_equal(json_text(tree), (pusher_str){text, len}));
    free(exact);
    free(text);
}

static void check_value(pusher_str value, struct json_object *tree, bool with_tree);

static void check_object(pusher_str value, struct json_object *tree, bool with_tree)
{
    struct json_walk walk = json_walk_into(value);
    pusher_str name, item;
    size_t items = 0;
    for (; json_walk_next(&walk, &name, &item); items++) {
        check_text(name, NULL);
        check_value(item, NULL, false);
    }
    assert(!with_tree || items >= (size_t)json_object_object_length(tree));
    item = json_find(value, "a");
    if (with_tree && json_object_object_get_ex(tree, "a", NULL))
        check_value(item, json_member(tree, "a"), true);
    else
        assert(!with_tree || !item.ptr);
}

static void check_array(pusher_str value, struct json_object *tree, bool with_tree)
{
    struct json_walk walk = json_walk_into(value);
    pusher_str name, item;
    size_t items = 0;
    for (; json_walk_next(&walk, &name, &item); items++) {
        assert(!name.ptr);
        check_value(item, with_tree ? json_object_array_get_idx(tree, items) : NULL,
                    with_tree);
    }
    assert(!with_tree || items == json_object_array_length(tree));
}

/* Without a tree there is only the walk to look at. */
static void check_value(pusher_str value, struct json_object *tree, bool with_tree)
{
    static const enum json_type types[] = {
        [JSON_NULL] = json_type_null,     [JSON_STRING] = json_type_string,
        [JSON_BOOL] = json_type_boolean,  [JSON_ARRAY] = json_type_array,
        [JSON_OBJECT] = json_type_object,
    };
    enum json_kind kind = json_kind_of(value);
    assert(json_valid(value) && kind != JSON_ABSENT);
    assert(!with_tree || kind == JSON_NUMBER || json_object_is_type(tree, types[kind]));
    if (kind == JSON_STRING)
        check_text(json_between_quotes(value), tree);
    else if (kind == JSON_OBJECT)
        check_object(value, tree, with_tree);
    else if (kind == JSON_ARRAY)
        check_array(value, tree, with_tree);
}

/* Any text, as a JSON string and back. */
static void round_trip(pusher_str text)
{
    struct buf out;
    buf_init(&out, &mem_default, SIZE_MAX);
    assert(frame_append_string(&out, text) == 0);
    assert(json_valid(buf_str(&out)));
    pusher_str escaped = json_between_quotes(buf_str(&out));
    char *again = malloc(json_unescape_bound(escaped.len));
    assert(again);
    assert(str_equal((pusher_str){again, json_unescape(escaped, again)}, text));
    free(again);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pusher_str text = {(const char *)data, size};
    struct json_object *tree = NULL;
    round_trip(text);
    bool with_tree = oracle_parse(text, &tree);
    assert(!with_tree || json_valid(text));
    if (json_valid(text) && utf8_valid(text))
        check_value(text, tree, with_tree);
    json_release(tree);
    return 0;
}
