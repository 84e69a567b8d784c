/*
 * The signed-in user and watchlist events: what is accepted has what it must have, and is
 * what json-c reads.
 */
#include <assert.h>

#include <json-c/json.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_tree.h"
#include "codec/user.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sign_in(pusher_str data, struct json_object *tree)
{
    struct buf out;
    struct user_id id;
    buf_init(&out, &mem_default, data.len + 64);
    int rc = user_signin_parse(data, &out, &id);
    assert(rc == 0 || (rc == PUSHER_ERR_INVALID && out.len == 0));
    if (rc == 0) {
        assert(id.len > 0 && id.len <= USER_ID_MAX);
        assert(utf8_valid(buf_str(&out)) && out.ptr[out.len] == '\0');
        assert(!tree ||
               str_equal(buf_str(&out), json_text(json_member(tree, "user_data"))));
    }
    buf_free(&out);
}

static void check_watchlist(pusher_str data, struct json_object *tree)
{
    struct watchlist_walk walk;
    struct watchlist_event event;
    size_t entries = 0;
    if (watchlist_parse(data, &walk))
        return;
    struct json_object *events = json_member(tree, "events");
    for (; watchlist_next(&walk, &event); entries++) {
        assert(event.name_len > 0 && event.name_len <= EVENT_NAME_MAX);
        if (!tree)
            continue;
        struct json_object *entry = json_object_array_get_idx(events, entries);
        assert(json_is_array(json_member(entry, "user_ids")) ||
               json_member(entry, "user_id"));
        assert(str_equal((pusher_str){event.name, event.name_len},
                         json_text(json_member(entry, "name"))));
    }
    assert(!tree || entries == json_object_array_length(events));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pusher_str text = {(const char *)data, size};
    struct json_object *tree = NULL;
    if (!utf8_valid(text)) /* the transport lets nothing else through */
        return 0;
    oracle_parse(text, &tree);
    check_sign_in(text, tree);
    check_watchlist(text, tree);
    json_release(tree);
    return 0;
}
