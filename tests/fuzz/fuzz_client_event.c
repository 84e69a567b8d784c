/*
 * Client events: what the check lets pass becomes a frame that is read back as what it
 * was. The input is "channel NUL event NUL data", its first byte the kind of data.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/channel_name.h"
#include "codec/client_event.h"
#include "codec/frame.h"
#include "codec/json.h"
#include "codec/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts off what stands before the first NUL. */
static pusher_str cut(pusher_str *rest)
{
    const char *nul = memchr(rest->ptr, '\0', rest->len);
    size_t len = nul ? (size_t)(nul - rest->ptr) : rest->len;
    pusher_str piece = {rest->ptr, len};
    *rest = str_skip(*rest, nul ? len + 1 : len);
    return piece;
}

static void same_data(const struct message *message, pusher_data_kind kind,
                      pusher_str data)
{
    assert(message->data_kind == kind);
    if (kind != PUSHER_DATA_TEXT)
        return;
    char *copy = malloc(message_data_bound(message));
    assert(copy);
    assert(str_equal(message_data_copy(message, copy), data));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    pusher_str rest = {(const char *)data + 1, size - 1};
    pusher_data_kind kind = (pusher_data_kind)(data[0] % (PUSHER_DATA_JSON + 1));
    pusher_str channel = cut(&rest);
    pusher_str event = cut(&rest);
    enum client_event_fault fault =
        client_event_check(channel, event, kind, rest, CLIENT_EVENT_DATA_MAX);
    if (fault || !channel_name_valid(channel))
        return 0;
    struct buf out;
    struct message message;
    buf_init(&out, &mem_default, SIZE_MAX);
    assert(frame_client_event(&out, channel, event, kind, rest) == 0);
    assert(json_valid(buf_str(&out)));
    assert(message_decode(buf_str(&out), &message) == 0);
    assert(str_equal(message.channel, channel));
    assert(str_equal(message.event, event));
    /* A JSON string is text to who reads it. */
    if (kind != PUSHER_DATA_JSON || message.data_kind == PUSHER_DATA_JSON)
        same_data(&message, kind, rest);
    message_release(&message);
    buf_free(&out);
    return 0;
}
