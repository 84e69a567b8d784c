/*
 * Client events: which ones a server would take (CEV-01, CEV-03, CEV-04, LIM-02).
 */
#include "codec/client_event.h"

#include "base/str.h"
#include "base/utf8.h"
#include "codec/channel_name.h"
#include "codec/json.h"

static bool has_control_characters(pusher_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

static enum client_event_fault check_name(pusher_str event)
{
    if (!str_starts_with(event, STR("client-")))
        return CLIENT_EVENT_NAME_PREFIX;
    if (event.len > EVENT_NAME_MAX)
        return CLIENT_EVENT_NAME_LENGTH;
    return utf8_valid(event) && !has_control_characters(event)
               ? CLIENT_EVENT_OK
               : CLIENT_EVENT_NAME_CHARACTERS;
}

static enum client_event_fault check_channel(pusher_str channel)
{
    switch (channel_kind_of(channel)) {
    case CHANNEL_PUBLIC:
        return CLIENT_EVENT_PUBLIC_CHANNEL;
    case CHANNEL_ENCRYPTED:
        return CLIENT_EVENT_ENCRYPTED_CHANNEL;
    case CHANNEL_PRIVATE:
    case CHANNEL_PRESENCE:
        return CLIENT_EVENT_OK;
    }
    return CLIENT_EVENT_PUBLIC_CHANNEL;
}

static enum client_event_fault check_data(pusher_data_kind kind, pusher_str data,
                                          size_t data_max)
{
    if (kind == PUSHER_DATA_ABSENT)
        return CLIENT_EVENT_OK;
    if (data.len > data_max)
        return CLIENT_EVENT_DATA_SIZE;
    if (data.len && !utf8_valid(data))
        return CLIENT_EVENT_DATA_NOT_UTF8;
    if (kind == PUSHER_DATA_JSON && !json_valid(data))
        return CLIENT_EVENT_DATA_NOT_JSON;
    return CLIENT_EVENT_OK;
}

enum client_event_fault client_event_check(pusher_str channel, pusher_str event,
                                           pusher_data_kind kind, pusher_str data,
                                           size_t data_max)
{
    enum client_event_fault fault = check_name(event);
    if (!fault)
        fault = check_channel(channel);
    if (!fault)
        fault = check_data(kind, data, data_max);
    return fault;
}
