/*
 * The signed-in user.
 */
#include "core/user.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/core_impl.h"
#include "core/inbound.h"
#include "core/problem.h"
#include "core/said.h"

/* Not UTF-8, so that no message can be about it. */
static const pusher_str signin_name = {"\xff", 1};

static int user_ensure(struct core *core)
{
    if (core->user)
        return 0;
    struct core_user *user = mem_zalloc(core->config.mem, sizeof *user);
    if (!user)
        return PUSHER_ERR_NOMEM;
    int rc = auth_ensure(core);
    if (!rc)
        rc = channel_add(core, signin_name, CHANNEL_SIGNIN, &user->signin);
    if (rc) {
        mem_free(core->config.mem, user);
        return rc;
    }
    list_init(&user->waiters);
    buf_init(&user->data, core->config.mem, SIZE_MAX / 2);
    core->user = user;
    if (phase_is_connected(core->phase))
        channel_start(core, user->signin);
    return 0;
}

int core_signin(struct core *core)
{
    bool again = core->user != NULL;
    int rc = user_ensure(core);
    if (rc || !again)
        return rc;
    channel_ask_again(core, core->user->signin);
    if (core->user->personal)
        channel_ask_again(core, core->user->personal);
    return 0;
}

static void forget_watchlist(struct core *core)
{
    mem_free(core->config.mem, core->user->watched);
    core->user->watched = NULL;
}

void user_free(struct core *core)
{
    if (!core->user)
        return;
    forget_watchlist(core);
    buf_free(&core->user->data);
    mem_free(core->config.mem, core->user);
}

void user_lost(struct core *core)
{
    struct core_user *user = core->user;
    if (!user)
        return;
    forget_watchlist(core);
    buf_free(&user->data);
    user->id.len = 0;
    user->asked = false;
    if (user->personal) {
        channel_leave_map(&core->channels, user->personal);
        channel_free(core, user->personal);
        user->personal = NULL;
    }
}

/* It is known now whether somebody is signed in: they are authorized once more. */
static void release_waiters(struct core *core)
{
    struct list *waiters = &core->user->waiters;
    while (!list_empty(waiters))
        auth_enqueue(core, container_of(waiters->next, struct core_channel, line));
}

void user_failed(struct core *core)
{
    release_waiters(core);
}

const struct user_id *user_id_of(const struct core *core)
{
    return core->user && core->user->id.len ? &core->user->id : NULL;
}

bool user_awaited_by(struct core *core, struct core_channel *channel)
{
    if (!core->user || core->user->id.len)
        return false;
    const struct core_channel *signin = core->user->signin;
    if (signin->stage == CHANNEL_FAILED && !signin->timed) /* it is not tried again */
        return false;
    channel->stage = CHANNEL_QUEUED;
    list_remove(&channel->line);
    list_append(&core->user->waiters, &channel->line);
    return true;
}

/* --- what the server says --- */

static int add_personal(struct core *core)
{
    struct buf name;
    struct core_user *user = core->user;
    buf_init(&name, core->config.mem, USER_ID_MAX + 64);
    int rc = buf_append(&name, STR("#server-to-user-"));
    if (!rc)
        rc = buf_append(&name, user_id_str(&user->id));
    if (!rc)
        rc = channel_add(core, buf_str(&name), CHANNEL_PERSONAL, &user->personal);
    buf_free(&name);
    if (!rc)
        channel_start(core, user->personal);
    return rc;
}

static int read_success(struct core *core)
{
    struct core_user *user = core->user;
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    buf_clear(&user->data);
    int rc = copy ? user_signin_parse(data, &user->data, &user->id) : PUSHER_ERR_NOMEM;
    if (copy)
        wipe(copy, data.len);
    mem_free(core->config.mem, copy);
    return rc ? rc : add_personal(core);
}

bool user_signed_in(struct core *core)
{
    struct core_user *user = core->user;
    if (!user || user->personal || !channel_confirmed(core, user->signin))
        return false; /* USER-04 C */
    int rc = read_success(core);
    if (rc) {
        buf_clear(&user->data);
        user->id.len = 0;
        channel_renew(core, user->signin,
                      rc == PUSHER_ERR_NOMEM ? "out of memory for the user"
                                             : "the server sent no user with an id");
        return true;
    }
    user->signin->failures = 0;
    log_line(&core->config.log, PUSHER_LOG_INFO, "connection %u: signed in",
             core->generation);
    release_waiters(core);
    inbound_deliver(core, CORE_SCOPE_USER, core->message.event, NULL);
    return true;
}

void user_watched(struct core *core)
{
    pusher_str data = {NULL, 0};
    if (!core->user || !core->user->personal)
        return;
    forget_watchlist(core);
    char *copy = inbound_copy_data(core, &data);
    int rc = copy ? watchlist_parse(data, &core->user->watchlist) : PUSHER_ERR_NOMEM;
    if (!rc) {
        core->user->watched = copy;
        return;
    }
    mem_free(core->config.mem, copy);
    problem_dropped(
        core, rc == PUSHER_ERR_NOMEM ? PUSHER_PROBLEM_LIMIT : PUSHER_PROBLEM_PROTOCOL,
        data.len,
        rc == PUSHER_ERR_NOMEM ? "out of memory" : "its watchlist events are malformed");
}

bool user_tell(struct core *core)
{
    struct watchlist_event event;
    int rc;
    if (!core->user || !core->user->watched)
        return false;
    if (!watchlist_next(&core->user->watchlist, &event)) {
        forget_watchlist(core);
        return false;
    }
    struct buf *text = said_begin(core, (pusher_str){event.name, event.name_len},
                                  (pusher_str){NULL, 0}, &rc);
    if (!rc)
        rc = buf_append(text, event.json);
    said_end(core, core->user->signin, rc);
    return true;
}

/* --- levels --- */

pusher_subscription core_signin_state(const struct core *core)
{
    return core->user ? core_channel_state(core->user->signin)
                      : PUSHER_SUBSCRIPTION_WANTED;
}

pusher_str core_user_data(const struct core *core)
{
    return core->user && core->user->id.len ? buf_str(&core->user->data) : STR("");
}

pusher_str core_user_id(const struct core *core)
{
    return core->user && core->user->id.len ? user_id_str(&core->user->id) : STR("");
}
