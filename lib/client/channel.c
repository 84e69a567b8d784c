/*
 * The facade: channels of a client and the bindings on them.
 */
#include "client/channel.h"

#include "base/mem.h"
#include "base/str.h"
#include "client/auth.h"
#include "client/binding.h"
#include "client/pump.h"
#include "codec/channel_name.h"
#include "codec/client_event.h"
#include "crypto/secretbox.h"

const char *pusher_subscription_name(pusher_subscription subscription)
{
    switch (subscription) {
    case PUSHER_SUBSCRIPTION_WANTED:
        return "wanted";
    case PUSHER_SUBSCRIPTION_AUTHORIZING:
        return "authorizing";
    case PUSHER_SUBSCRIPTION_SUBSCRIBING:
        return "subscribing";
    case PUSHER_SUBSCRIPTION_SUBSCRIBED:
        return "subscribed";
    case PUSHER_SUBSCRIPTION_FAILED:
        return "failed";
    }
    return "unknown";
}

static int channel_add(pusher_client *client, pusher_str name, pusher_channel **ret)
{
    pusher_channel *channel = mem_zalloc(&client->mem, sizeof *channel);
    if (!channel)
        return PUSHER_ERR_NOMEM;
    int rc = core_subscribe(client->core, name, channel, &channel->core);
    if (rc) {
        mem_free(&client->mem, channel);
        return rc;
    }
    channel->client = client;
    binding_scope_init(&channel->bindings);
    list_append(&client->channels, &channel->link);
    *ret = channel;
    return 0;
}

/* Asks again for a channel that is there; only a failed one changes (SUB-10). */
static int channel_ask_again(pusher_client *client, struct core_channel *known,
                             pusher_channel **ret)
{
    pusher_channel *channel = core_channel_user(known);
    int rc = core_subscribe(client->core, core_channel_name(known), channel, &known);
    if (!rc)
        *ret = channel;
    return rc;
}

static bool kind_possible(const pusher_client *client, enum channel_kind kind)
{
    if (kind == CHANNEL_PUBLIC)
        return true;
    return auth_possible(client) && (kind != CHANNEL_ENCRYPTED || secretbox_supported());
}

int pusher_client_subscribe(pusher_client *client, const char *name, pusher_channel **ret)
{
    client_check(client);
    if (!client || !name || client->life != CLIENT_ALIVE)
        return PUSHER_ERR_INVALID;
    pusher_str text = str_of(name);
    if (!channel_name_valid(text))
        return PUSHER_ERR_BAD_CHANNEL;
    if (!kind_possible(client, channel_kind_of(text)))
        return PUSHER_ERR_UNSUPPORTED;
    struct core_channel *known = core_find_channel(client->core, text);
    pusher_channel *channel = NULL;
    int rc = known ? channel_ask_again(client, known, &channel)
                   : channel_add(client, text, &channel);
    if (rc)
        return rc;
    pump_later(client);
    if (ret)
        *ret = channel;
    return 0;
}

static int error_of(enum client_event_fault fault)
{
    switch (fault) {
    case CLIENT_EVENT_OK:
        return 0;
    case CLIENT_EVENT_NAME_PREFIX:
    case CLIENT_EVENT_NAME_LENGTH:
    case CLIENT_EVENT_NAME_CHARACTERS:
        return PUSHER_ERR_BAD_EVENT;
    case CLIENT_EVENT_PUBLIC_CHANNEL:
    case CLIENT_EVENT_ENCRYPTED_CHANNEL:
        return PUSHER_ERR_UNSUPPORTED;
    case CLIENT_EVENT_DATA_SIZE:
    case CLIENT_EVENT_DATA_NOT_UTF8:
    case CLIENT_EVENT_DATA_NOT_JSON:
        return PUSHER_ERR_BAD_DATA;
    }
    return PUSHER_ERR_INVALID;
}

int pusher_channel_trigger(pusher_channel *channel, const char *event, const char *json)
{
    channel_check(channel);
    if (!channel || !channel->core || !event)
        return PUSHER_ERR_INVALID;
    pusher_client *client = channel->client;
    pusher_str data = str_of(json);
    int rc = error_of(client_event_check(core_channel_name(channel->core), str_of(event),
                                         json ? PUSHER_DATA_JSON : PUSHER_DATA_ABSENT,
                                         data, CLIENT_EVENT_DATA_MAX));
    if (!rc)
        rc = core_trigger(client->core, channel->core, str_of(event), data);
    if (!rc)
        pump_later(client);
    return rc;
}

uint64_t pusher_client_dropped_events(const pusher_client *client)
{
    client_check(client);
    return client ? core_dropped_events(client->core) : 0;
}

void channel_drop(pusher_channel *channel)
{
    pusher_client *client = channel->client;
    core_unsubscribe(client->core, channel->core);
    channel->core = NULL;
    binding_scope_clear(client, &channel->bindings);
    list_remove(&channel->link);
    list_append(&client->dead_channels, &channel->link);
}

int pusher_channel_unsubscribe(pusher_channel *channel)
{
    channel_check(channel);
    if (!channel || !channel->core)
        return PUSHER_ERR_INVALID;
    pusher_client *client = channel->client;
    client_enter(client);
    channel_drop(channel);
    pump_later(client);
    client_leave(client);
    return 0;
}

pusher_channel *pusher_client_channel(pusher_client *client, const char *name)
{
    client_check(client);
    if (!client || !name || client->life != CLIENT_ALIVE)
        return NULL;
    struct core_channel *known = core_find_channel(client->core, str_of(name));
    return known ? core_channel_user(known) : NULL;
}

pusher_str pusher_channel_name(const pusher_channel *channel)
{
    channel_check(channel);
    return channel && channel->core ? core_channel_name(channel->core) : STR("");
}

pusher_subscription pusher_channel_state(const pusher_channel *channel)
{
    channel_check(channel);
    return channel && channel->core ? core_channel_state(channel->core)
                                    : PUSHER_SUBSCRIPTION_WANTED;
}

pusher_client *pusher_channel_client(const pusher_channel *channel)
{
    return channel ? channel->client : NULL;
}
