/*
 * Presence channels: what the server says of their members (PRES-01 … PRES-09).
 */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "core/core_channel.h"

struct user_id;

/* The subscription is authorized for the member with this id. 0 or PUSHER_ERR_NOMEM. */
int presence_authorized(struct core *core, struct core_channel *channel,
                        const struct user_id *id);

/* core->message confirms the subscription: its roster is read. False: it cannot be, and
 * the subscription is asked for anew. */
bool presence_subscribed(struct core *core, struct core_channel *channel);

/* core->message says that a member came, or went. */
void presence_added(struct core *core, struct core_channel *channel);
void presence_removed(struct core *core, struct core_channel *channel);

/* The subscription is lost. */
void presence_lost(struct core *core, struct core_channel *channel);

/* Makes the next change that is to be told a delivery. False: there is none. */
bool presence_tell_change(struct core *core);

#endif
