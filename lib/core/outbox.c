/*
 * The next frame that the server is owed: computed from the state, so there is no queue
 * that could grow, get lost or go out of date.
 */
#include "base/log.h"
#include "base/str.h"
#include "codec/auth_reply.h"
#include "codec/frame.h"
#include "codec/log_name.h"
#include "core/core_impl.h"

static int finish(const struct core *core, const struct buf *out, size_t before,
                  const char *event, pusher_str channel)
{
    log_line(&core->config.log, PUSHER_LOG_DEBUG, "connection %u: sent %s%s%s, %zu bytes",
             core->generation, event, channel.len ? " on " : "",
             channel.len ? log_name(channel).text : "", out->len - before);
    return 1;
}

/* The frame that the channel owes, by its stage. */
static int append_frame(const struct core_channel *channel, struct buf *out)
{
    const struct auth_reply *granted = channel->granted;
    pusher_str name = core_channel_name(channel);
    if (channel->role == CHANNEL_SIGNIN)
        return frame_signin(out, granted->auth, granted->user_data);
    if (channel->stage == CHANNEL_LEAVING || channel->stage == CHANNEL_RENEWED)
        return frame_unsubscribe(out, name);
    return granted ? frame_subscribe(out, name, granted->auth, granted->channel_data)
                   : frame_subscribe_public(out, name);
}

static const char *frame_name(const struct core_channel *channel)
{
    bool leaving = channel->stage == CHANNEL_LEAVING || channel->stage == CHANNEL_RENEWED;
    return channel->role == CHANNEL_SIGNIN ? "pusher:signin"
           : leaving                       ? "pusher:unsubscribe"
                                           : "pusher:subscribe";
}

static int channel_frame(struct core *core, struct core_channel *channel, struct buf *out)
{
    size_t before = out->len;
    if (append_frame(channel, out))
        return PUSHER_ERR_NOMEM;
    finish(core, out, before, frame_name(channel), core_channel_name(channel));
    channel_sent(core, channel);
    return 1;
}

int core_next_frame(struct core *core, struct buf *out, uint64_t now)
{
    core_tick(core, now);
    if (!phase_is_connected(core->phase))
        return 0;
    trigger_sent(core);
    size_t before = out->len;
    if (core->pong_owed) {
        if (frame_pong(out))
            return PUSHER_ERR_NOMEM;
        core->pong_owed = false;
        return finish(core, out, before, "pusher:pong", STR(""));
    }
    if (core->ping_owed) {
        if (frame_ping(out))
            return PUSHER_ERR_NOMEM;
        core->ping_owed = false;
        round_trip_pinged(&core->round_trip, core->now);
        return finish(core, out, before, "pusher:ping", STR(""));
    }
    struct core_channel *channel = channels_owing(&core->channels);
    return channel ? channel_frame(core, channel, out) : trigger_next_frame(core, out);
}
