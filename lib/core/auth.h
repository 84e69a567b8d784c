/*
 * Authorizations: each channel that needs one waits for its turn, and a bounded number is
 * under way. A request has an id that is never used again and belongs to one connection:
 * an answer that comes later finds nothing (I4, SUB-11).
 */
#ifndef CORE_AUTH_H
#define CORE_AUTH_H

#include "base/buf.h"
#include "base/handle.h"
#include "base/list.h"
#include "core/core.h"

struct auth_reply;

/* One that is under way, answered, or that the authorizer is to forget. */
struct authorization {
    struct list link; /* auth_set.answered or auth_set.cancelled, else alone */
    pusher_id id;
    struct core_channel *channel;
    bool user;    /* it is of the sign-in */
    char *answer; /* NULL: none yet. JSON if it was granted, else a reason: secret */
    size_t answer_len;
    bool granted;
    int http_status; /* if it was not */
};

struct auth_set {
    struct list queue;           /* core_channel.line, in the order of their turns */
    struct handle_table handles; /* of those under way */
    struct list answered;
    struct list cancelled;
    size_t under_way;
    struct list opening; /* ciphers with messages that were waiting, and are to be told */
    struct list telling; /* rosters with changes to be told */
    struct buf said;     /* an event that the library makes itself */
};

/* Makes the set with the first channel that needs it. 0 or PUSHER_ERR_NOMEM. */
int auth_ensure(struct core *core);
void auth_free(struct core *core);

/* The channel, which is in no line, waits for its turn. */
void auth_enqueue(struct core *core, struct core_channel *channel);

/* The channel's request is not of interest any more: the authorizer is told. */
void auth_cancel(struct core *core, struct core_channel *channel);

/* No answer within auth_timeout_ms. */
void auth_late(struct core *core, struct core_channel *channel);

/* Wipes and frees an authorization that was granted. NULL is fine. */
void auth_reply_free(struct auth_reply *reply, const pusher_allocator *mem);

#endif
