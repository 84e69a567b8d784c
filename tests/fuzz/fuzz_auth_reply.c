/*
 * Answers of auth endpoints: the first byte says for what, the rest is the body. What is
 * accepted has what it must have, and is what json-c reads.
 */
#include <assert.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/auth_reply.h"
#include "codec/json.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(pusher_str text, struct json_object *tree, const char *name)
{
    if (text.ptr)
        assert(str_equal(text, json_text(json_member(tree, name))));
}

static void check(const struct auth_reply *reply, enum auth_purpose purpose,
                  pusher_str body)
{
    struct json_object *tree = NULL;
    assert(reply->auth.len > 0 && reply->auth.len <= AUTH_TEXT_MAX);
    assert(reply->auth.ptr[reply->auth.len] == '\0');
    assert(reply->channel_data.len <= AUTH_DATA_MAX);
    assert(reply->user_data.len <= AUTH_DATA_MAX);
    assert((purpose == AUTH_FOR_USER) == (reply->user_data.ptr != NULL));
    assert(!reply->channel_data.ptr || utf8_valid(reply->channel_data));
    assert(!reply->user_data.ptr || utf8_valid(reply->user_data));
    assert(reply->user_id.len <= USER_ID_MAX);
    bool has_id = purpose == AUTH_FOR_USER ||
                  (purpose == AUTH_FOR_PRESENCE && reply->channel_data.ptr);
    assert(has_id == (reply->user_id.len > 0));
    if (!oracle_parse(body, &tree))
        return;
    same(reply->auth, tree, "auth");
    same(reply->channel_data, tree, "channel_data");
    same(reply->user_data, tree, "user_data");
    json_release(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum auth_purpose purpose = (enum auth_purpose)(data[0] % (AUTH_FOR_USER + 1));
    pusher_str body = {(const char *)data + 1, size - 1};
    struct auth_reply reply;
    enum auth_fault fault = auth_reply_parse(&mem_default, purpose, body, &reply);
    assert(fault == AUTH_FAULT_NONE || *auth_fault_text(fault));
    if (fault)
        return 0;
    check(&reply, purpose, body);
    auth_reply_release(&mem_default, &reply);
    return 0;
}
