/*
 * Events that the library makes itself.
 */
#include "core/said.h"

#include "base/log.h"
#include "base/str.h"
#include "codec/frame.h"
#include "codec/log_name.h"
#include "core/core_impl.h"
#include "core/inbound.h"

struct buf *said_begin(struct core *core, pusher_str event, pusher_str channel, int *rc)
{
    struct buf *text = &core->auth->said;
    core->delivery_pending = false;
    buf_clear(text);
    *rc = buf_append(text, STR("{\"event\":"));
    if (!*rc)
        *rc = frame_append_string(text, event);
    if (!*rc && channel.ptr)
        *rc = buf_append(text, STR(",\"channel\":"));
    if (!*rc && channel.ptr)
        *rc = frame_append_string(text, channel);
    if (!*rc)
        *rc = buf_append(text, STR(",\"data\":"));
    return text;
}

void said_end(struct core *core, struct core_channel *channel, int rc)
{
    struct buf *text = &core->auth->said;
    if (!rc)
        rc = buf_append_byte(text, '}');
    if (!rc)
        rc = inbound_decode(core, buf_str(text));
    if (rc)
        log_line(&core->config.log, PUSHER_LOG_WARN,
                 "connection %u: an event on %s was lost: out of memory",
                 core->generation, log_name(core_channel_name(channel)).text);
    else if (channel->role == CHANNEL_SIGNIN)
        inbound_deliver(core, CORE_SCOPE_USER, core->message.event, NULL);
    else
        inbound_deliver(core, CORE_SCOPE_CHANNEL, core->message.event, channel);
}
