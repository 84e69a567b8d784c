/*
 * Authorizations: waiting for a turn, under way, answered (AUTH-05, SUB-06, SUB-11).
 */
#include "core/auth.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/auth_reply.h"
#include "codec/log_name.h"
#include "core/cipher.h"
#include "core/core_impl.h"
#include "core/inbound.h"
#include "core/presence.h"
#include "core/problem.h"
#include "core/user.h"

/* The longest event that the library makes itself. */
enum { SAID_MAX = 1 << 20 };

static void authorization_free(struct authorization *authorization,
                               const pusher_allocator *mem)
{
    if (authorization->answer)
        wipe(authorization->answer, authorization->answer_len);
    mem_free(mem, authorization->answer);
    mem_free(mem, authorization);
}

int auth_ensure(struct core *core)
{
    if (core->auth)
        return 0;
    struct auth_set *set = mem_zalloc(core->config.mem, sizeof *set);
    if (!set)
        return PUSHER_ERR_NOMEM;
    list_init(&set->queue);
    list_init(&set->answered);
    list_init(&set->cancelled);
    list_init(&set->opening);
    list_init(&set->telling);
    handle_table_init(&set->handles, core->config.mem);
    buf_init(&set->said, core->config.mem, SAID_MAX);
    core->auth = set;
    return 0;
}

void auth_free(struct core *core)
{
    struct core_auth_cancelled cancelled;
    while (core_take_cancelled_auth(core, &cancelled))
        ;
    if (!core->auth)
        return;
    handle_table_free(&core->auth->handles);
    buf_free(&core->auth->said);
    mem_free(core->config.mem, core->auth);
}

void auth_reply_free(struct auth_reply *reply, const pusher_allocator *mem)
{
    if (!reply)
        return;
    auth_reply_release(mem, reply);
    mem_free(mem, reply);
}

/* --- requests --- */

void auth_enqueue(struct core *core, struct core_channel *channel)
{
    channel->stage = CHANNEL_QUEUED;
    list_remove(&channel->line);
    list_append(&core->auth->queue, &channel->line);
}

/* It is under way no longer. */
static struct authorization *detach(struct core *core, struct core_channel *channel)
{
    struct authorization *authorization = channel->authorization;
    handle_remove(&core->auth->handles, authorization->id);
    core->auth->under_way--;
    channel->authorization = NULL;
    authorization->channel = NULL;
    list_remove(&authorization->link);
    channel_clear_timer(core, channel);
    return authorization;
}

void auth_cancel(struct core *core, struct core_channel *channel)
{
    if (!channel->authorization)
        return;
    struct authorization *authorization = detach(core, channel);
    if (authorization->answer)
        authorization_free(authorization, core->config.mem);
    else
        list_append(&core->auth->cancelled, &authorization->link);
}

static int begin(struct core *core, struct core_channel *channel)
{
    struct authorization *authorization =
        mem_zalloc(core->config.mem, sizeof *authorization);
    if (!authorization)
        return PUSHER_ERR_NOMEM;
    int rc = handle_add(&core->auth->handles, authorization, &authorization->id);
    if (rc) {
        mem_free(core->config.mem, authorization);
        return rc;
    }
    list_init(&authorization->link);
    authorization->channel = channel;
    authorization->user = channel->role == CHANNEL_SIGNIN;
    core->auth->under_way++;
    list_remove(&channel->line);
    if (channel->stage == CHANNEL_QUEUED)
        channel->stage = CHANNEL_AUTHORIZING; /* else only a key is to be refreshed */
    channel->authorization = authorization;
    channel_set_timer(core, channel, core->now + core->config.auth_timeout_ms);
    log_line(&core->config.log, PUSHER_LOG_DEBUG, "connection %u: authorizing %s",
             core->generation, log_name(core_channel_name(channel)).text);
    return 0;
}

/* The subscription stands; what could not be opened is told. */
static void fail_refresh(struct core *core, struct core_channel *channel,
                         const struct auth_failure *failure)
{
    list_remove(&channel->line);
    problem_refresh(core, core_channel_name(channel), failure);
    cipher_refreshed(core, channel, NULL);
}

/* Tried again after a delay, and the problem told. */
static void fail_for_now(struct core *core, struct core_channel *channel,
                         const struct auth_failure *failure)
{
    if (channel->stage == CHANNEL_SUBSCRIBED) {
        fail_refresh(core, channel, failure);
        return;
    }
    uint32_t delay_ms = channel_retry_delay(core, channel);
    channel_fail(core, channel, delay_ms);
    problem_auth(core, core_channel_name(channel), failure, delay_ms);
}

int core_next_auth(struct core *core, struct core_auth *ret, uint64_t now)
{
    struct auth_set *set = core->auth;
    core_tick(core, now);
    if (!set || list_empty(&set->queue) ||
        set->under_way >= core->config.max_parallel_auth)
        return 0;
    struct core_channel *channel =
        container_of(set->queue.next, struct core_channel, line);
    if (begin(core, channel)) {
        fail_for_now(core, channel, &(struct auth_failure){.what = "out of memory"});
        return PUSHER_ERR_NOMEM;
    }
    *ret = (struct core_auth){
        .id = channel->authorization->id,
        .channel = channel->role == CHANNEL_SIGNIN ? NULL : channel,
    };
    return 1;
}

bool core_next_auth_is_of_user(const struct core *core)
{
    const struct auth_set *set = core->auth;
    return set && !list_empty(&set->queue) &&
           container_of(set->queue.next, struct core_channel, line)->role ==
               CHANNEL_SIGNIN;
}

bool core_take_cancelled_auth(struct core *core, struct core_auth_cancelled *ret)
{
    struct auth_set *set = core->auth;
    if (!set || list_empty(&set->cancelled))
        return false;
    struct authorization *old =
        container_of(set->cancelled.next, struct authorization, link);
    list_remove(&old->link);
    *ret = (struct core_auth_cancelled){.id = old->id, .user = old->user};
    authorization_free(old, core->config.mem);
    return true;
}

/* --- answers --- */

/* Keeps an answer until core_next_auth_answer(): an answer is given at any time, and what
 * follows from each is told on its own. */
static int keep_answer(struct core *core, pusher_id id, pusher_str text, bool granted,
                       int http_status)
{
    struct authorization *authorization =
        core->auth ? handle_find(&core->auth->handles, id) : NULL;
    if (!authorization)
        return PUSHER_ERR_NOT_FOUND;
    char *copy = mem_dup(core->config.mem, text);
    if (!copy)
        return PUSHER_ERR_NOMEM;
    handle_remove(&core->auth->handles, id);
    authorization->answer = copy;
    authorization->answer_len = text.len;
    authorization->granted = granted;
    authorization->http_status = http_status;
    list_append(&core->auth->answered, &authorization->link);
    return 0;
}

int core_auth_resolve(struct core *core, pusher_id id, pusher_str json)
{
    if (json.len > AUTH_BODY_MAX)
        json.len = AUTH_BODY_MAX + 1; /* refused below, and not copied whole */
    return keep_answer(core, id, json, true, 0);
}

int core_auth_reject(struct core *core, pusher_id id, int http_status, pusher_str reason)
{
    return keep_answer(core, id, reason.ptr ? reason : STR(""), false, http_status);
}

/* Final on this connection: the application learns it as from the reference client. */
static void fail_for_good(struct core *core, struct core_channel *channel,
                          const struct auth_failure *failure)
{
    if (channel->stage == CHANNEL_SUBSCRIBED) {
        fail_refresh(core, channel, failure);
        return;
    }
    channel_fail(core, channel, 0);
    problem_auth(core, core_channel_name(channel), failure, 0);
    inbound_auth_error(core, channel, failure);
}

void auth_late(struct core *core, struct core_channel *channel)
{
    auth_cancel(core, channel);
    fail_for_now(core, channel, &(struct auth_failure){.what = "no answer in time"});
}

/* No answer, or one that may be another the next time (AUTH-05 C). */
static bool is_transient(int http_status)
{
    return http_status < 100 || http_status == 408 || http_status == 429 ||
           http_status >= 500;
}

static void rejected(struct core *core, struct core_channel *channel,
                     const struct authorization *authorization)
{
    struct auth_failure failure = {
        .what = "it was not granted",
        .reason = {authorization->answer, authorization->answer_len},
        .http_status = authorization->http_status < 100 ? 0 : authorization->http_status,
    };
    if (is_transient(failure.http_status))
        fail_for_now(core, channel, &failure);
    else
        fail_for_good(core, channel, &failure);
}

static enum auth_purpose purpose_of(const struct core_channel *channel)
{
    if (channel->role == CHANNEL_SIGNIN)
        return AUTH_FOR_USER;
    switch (channel->kind) {
    case CHANNEL_PUBLIC:
    case CHANNEL_PRIVATE:
        return AUTH_FOR_PRIVATE;
    case CHANNEL_PRESENCE:
        return AUTH_FOR_PRESENCE;
    case CHANNEL_ENCRYPTED:
        return AUTH_FOR_ENCRYPTED;
    }
    return AUTH_FOR_PRIVATE;
}

/* Signed with the key of another app it would only be refused by the server, without a
 * word on why (T7 of the threat list). */
static bool is_for_our_key(const struct core *core, const struct auth_reply *reply)
{
    pusher_str key = str_of(core->config.key);
    return str_starts_with(reply->auth, key) && reply->auth.len > key.len &&
           reply->auth.ptr[key.len] == ':';
}

/* What is kept of an authorization beyond its subscribe (PRES-01, ENC-01). */
static enum auth_fault keep(struct core *core, struct core_channel *channel,
                            const struct auth_reply *reply)
{
    int rc = 0;
    const struct user_id *id = reply->user_id.len ? &reply->user_id : user_id_of(core);
    if (channel->kind == CHANNEL_PRESENCE && !id)
        return AUTH_FAULT_NOBODY;
    if (channel->kind == CHANNEL_PRESENCE)
        rc = presence_authorized(core, channel, id);
    if (channel->kind == CHANNEL_ENCRYPTED)
        rc = cipher_authorized(core, channel, reply);
    return rc ? AUTH_FAULT_MEMORY : AUTH_FAULT_NONE;
}

static void use(struct core *core, struct core_channel *channel, struct auth_reply *reply)
{
    if (channel->stage == CHANNEL_SUBSCRIBED) {
        cipher_refreshed(core, channel, reply);
        auth_reply_free(reply, core->config.mem);
    } else {
        channel_authorized(core, channel, reply);
    }
}

static void granted(struct core *core, struct core_channel *channel,
                    const struct authorization *authorization)
{
    pusher_str json = {authorization->answer, authorization->answer_len};
    struct auth_reply *reply = mem_zalloc(core->config.mem, sizeof *reply);
    enum auth_fault fault =
        reply ? auth_reply_parse(core->config.mem, purpose_of(channel), json, reply)
              : AUTH_FAULT_MEMORY;
    if (!fault && !is_for_our_key(core, reply))
        fault = AUTH_FAULT_OTHER_KEY;
    if (!fault)
        fault = keep(core, channel, reply);
    if (!fault) {
        use(core, channel, reply);
        return;
    }
    auth_reply_free(reply, core->config.mem);
    struct auth_failure failure = {.what = auth_fault_text(fault)};
    if (fault == AUTH_FAULT_MEMORY)
        fail_for_now(core, channel, &failure);
    else if (fault != AUTH_FAULT_NOBODY || !user_awaited_by(core, channel))
        fail_for_good(core, channel, &failure);
}

bool core_next_auth_answer(struct core *core, uint64_t now)
{
    core_tick(core, now);
    if (!core->auth || list_empty(&core->auth->answered))
        return false;
    struct list *first = core->auth->answered.next;
    struct core_channel *channel =
        container_of(first, struct authorization, link)->channel;
    struct authorization *authorization = detach(core, channel);
    if (authorization->granted)
        granted(core, channel, authorization);
    else
        rejected(core, channel, authorization);
    authorization_free(authorization, core->config.mem);
    return true;
}
