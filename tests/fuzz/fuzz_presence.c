/*
 * Who is on a presence channel: each entry of a roster is what json-c finds under that
 * id, and none is missing.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include <pusher/error.h>

#include "base/str.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/presence.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_value(pusher_str text, struct json_object *wanted)
{
    struct json_object *value = NULL;
    if (text.ptr)
        assert(json_parse(text, &value) == 0);
    bool same = json_object_equal(value, wanted);
    json_release(value);
    return same;
}

static void check_entry(const struct presence_member *member, struct json_object *hash,
                        bool last)
{
    if (json_object_is_type(hash, json_type_array)) {
        size_t index = (size_t)strtoul(member->id.text, NULL, 10);
        assert(same_value(member->info, json_object_array_get_idx(hash, index)));
        return;
    }
    struct json_object *wanted = NULL;
    assert(json_object_object_get_ex(hash, member->id.text, &wanted));
    assert(same_value(member->info, wanted) || !last);
}

static void check_roster(pusher_str data)
{
    struct presence_walk walk;
    struct presence_member member;
    struct json_object *tree = NULL;
    size_t count = 0, seen = 0;
    int rc = presence_roster_parse(data, &walk, &count);
    bool with_tree = oracle_parse(data, &tree);
    struct json_object *hash = json_member(json_member(tree, "presence"), "hash");
    bool is_array = json_object_is_type(hash, json_type_array);
    assert(rc == 0 || rc == PUSHER_ERR_INVALID);
    size_t members = 0;
    if (with_tree && rc == 0)
        members = is_array ? json_object_array_length(hash)
                           : (size_t)json_object_object_length(hash);
    for (; rc == 0 && presence_roster_next(&walk, &member); seen++) {
        assert(member.id.len <= USER_ID_MAX && member.id.text[member.id.len] == '\0');
        if (with_tree)
            check_entry(&member, hash, count == members);
    }
    assert(seen == count && members <= count);
    json_release(tree);
}

static void check_member(pusher_str data)
{
    struct presence_member member;
    struct json_object *tree = NULL;
    if (presence_member_parse(data, &member) || !oracle_parse(data, &tree))
        return;
    pusher_str id = json_text(json_member(tree, "user_id"));
    assert(!id.ptr || str_equal(id, user_id_str(&member.id)));
    assert(same_value(member.info, json_member(tree, "user_info")));
    json_release(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pusher_str text = {(const char *)data, size};
    if (!utf8_valid(text)) /* the transport lets nothing else through */
        return 0;
    check_roster(text);
    check_member(text);
    return 0;
}
