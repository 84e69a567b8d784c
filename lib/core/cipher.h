/*
 * Encrypted channels: opening their events (ENC-01 … ENC-05). When a key does not fit,
 * the authorization is asked for once more, since the key may have been exchanged;
 * messages wait for it meanwhile, in order and bounded, and those that still cannot be
 * opened are reported.
 */
#ifndef CORE_CIPHER_H
#define CORE_CIPHER_H

#include "core/core_channel.h"

struct cipher;

/* Makes the channel's cipher, if it has none, with this key. 0 or PUSHER_ERR_NOMEM. */
int cipher_authorized(struct core *core, struct core_channel *channel,
                      const struct auth_reply *reply);

/* core->message is for the bindings of the channel: delivers it opened, lets it wait, or
 * reports it. */
void cipher_received(struct core *core, struct core_channel *channel);

/* The new key is here, or, with NULL, there is none: waiting messages are told next. */
void cipher_refreshed(struct core *core, struct core_channel *channel,
                      const struct auth_reply *reply);

/* The subscription is lost. Returns since when messages are lost with it, CORE_NEVER:
 * none waited. */
uint64_t cipher_lost(struct core_channel *channel, const pusher_allocator *mem);

/* Opens one message that has waited: makes a delivery, or a problem. False: there is
 * none. */
bool cipher_tell(struct core *core);

/* Wipes and frees; NULL is fine. */
void cipher_free(struct cipher *cipher, const pusher_allocator *mem);

#endif
