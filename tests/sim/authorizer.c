/*
 * Requests and their answers.
 */
#include "authorizer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "machine.h"

struct request {
    struct list link;
    struct app *app;
    pusher_id id;
    int channel;
    char socket_id[40];
    struct happening answer;
};

static void forget(struct request *request)
{
    happening_cancel(request->app->world, &request->answer);
    list_remove(&request->link);
    free(request);
}

static struct request *find(const struct app *app, pusher_id id)
{
    for (struct list *at = app->requests.next; at != &app->requests; at = at->next) {
        struct request *request = container_of(at, struct request, link);
        if (request->id == id)
            return request;
    }
    return NULL;
}

/* --- answers --- */

static int reject(struct request *request)
{
    static const struct {
        int status;
        enum verdict verdict;
    } ways[] = {
        {0, VERDICT_TRANSIENT},   {408, VERDICT_TRANSIENT}, {429, VERDICT_TRANSIENT},
        {500, VERDICT_TRANSIENT}, {503, VERDICT_TRANSIENT}, {401, VERDICT_FINAL},
        {403, VERDICT_FINAL},     {404, VERDICT_FINAL},     {302, VERDICT_FINAL},
    };
    size_t i = pick(request->app->world, 0, sizeof ways / sizeof *ways - 1);
    return call_answer(request->app, request->id, request->channel, ways[i].verdict,
                       (pusher_str){NULL, 0}, ways[i].status);
}

static int grant(struct request *request, enum verdict verdict)
{
    char text[GRANT_MAX];
    struct app *app = request->app;
    grant_text(text, verdict, request->channel, str_of(request->socket_id),
               (int64_t)request->id, app->world->key);
    return call_answer(app, request->id, request->channel, verdict, str_of(text), 0);
}

static int answer_once(struct request *request)
{
    struct world *world = request->app->world;
    if (fault_strikes(world, FAULT_AUTH_REJECT))
        return reject(request);
    if (fault_strikes(world, FAULT_AUTH_WRONG))
        return call_answer(request->app, request->id, request->channel, VERDICT_FINAL,
                           grant_wrong(world, request->channel), 0);
    if (fault_strikes(world, FAULT_AUTH_HUGE))
        return call_answer(request->app, request->id, request->channel, VERDICT_FINAL,
                           grant_huge(), 0);
    bool bare =
        request->channel == PRESENCE_CHANNEL && fault_strikes(world, FAULT_AUTH_BARE);
    return grant(request, bare ? VERDICT_BARE : VERDICT_GRANTED);
}

/* Without memory the answer was not taken, and is given once more. */
static void give(struct request *request)
{
    enum { AGAIN_MS = 50 };
    struct world *world = request->app->world;
    if (answer_once(request) == PUSHER_ERR_NOMEM) {
        happening_plan(world, &request->answer, world->now + AGAIN_MS);
        return;
    }
    if (fault_strikes(world, FAULT_AUTH_TWICE))
        answer_once(request);
    forget(request);
}

static void answer(void *userdata)
{
    struct request *request = userdata;
    if (!machine_puts_off(request->app->loop, &request->answer))
        give(request);
}

/* --- what the library calls --- */

static struct request *note(struct app *app, const pusher_auth_request *asked)
{
    struct request *request = calloc(1, sizeof *request);
    assert(request && asked->socket_id.len < sizeof request->socket_id);
    request->app = app;
    request->id = asked->id;
    request->channel =
        asked->channel_name.ptr ? channel_number(asked->channel_name) : SIGNIN;
    memcpy(request->socket_id, asked->socket_id.ptr, asked->socket_id.len);
    request->answer = (struct happening){.happen = answer, .userdata = request};
    list_append(&app->requests, &request->link);
    return request;
}

static void plan(struct request *request)
{
    enum { USUAL_MS = 2000 };
    struct app *app = request->app;
    struct world *world = app->world;
    uint32_t most = app->options.auth_timeout_ms / 2;
    if (most > USUAL_MS)
        most = USUAL_MS;
    if (fault_strikes(world, FAULT_AUTH_NEVER))
        return;
    if (fault_strikes(world, FAULT_AUTH_LATE))
        most = 3 * app->options.auth_timeout_ms;
    if (chance(world, 300))
        give(request);
    else
        happening_plan(world, &request->answer, world->now + pick(world, 1, most));
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    struct app *app = userdata;
    (void)client;
    app->inside = true;
    for (size_t i = 0; i < count; i++) {
        const struct request *request = note(app, &requests[i]);
        bool named = request->channel == SIGNIN
                         ? !requests[i].channel
                         : requests[i].channel == app->channels[request->channel];
        observe(app, &(struct fact){
                         .kind = FACT_AUTH_BEGIN,
                         .n = {request->channel, (int64_t)request->id, (int64_t)i, named},
                         .text = requests[i].socket_id});
    }
    for (size_t i = 0; i < count; i++)
        plan(find(app, requests[i].id));
    callback_ends(app);
}

static void cancel(pusher_client *client, pusher_id id, void *userdata)
{
    enum { STALE_MS = 60000 };
    struct app *app = userdata;
    struct world *world = app->world;
    struct request *request = find(app, id);
    (void)client;
    app->inside = true;
    observe(app, &(struct fact){.kind = FACT_AUTH_CANCEL, .n = {(int64_t)id}});
    if (request && fault_strikes(world, FAULT_AUTH_STALE))
        happening_plan(world, &request->answer, world->now + pick(world, 0, STALE_MS));
    else if (request)
        forget(request);
    callback_ends(app);
}

static void released(void *userdata)
{
    observe(userdata, &(struct fact){.kind = FACT_RELEASED, .n = {RELEASED_AUTHORIZER}});
}

/* --- the authorizer --- */

void authorizer_init(struct app *app)
{
    list_init(&app->requests);
}

void authorizer_offer(struct app *app)
{
    app->options.authorizer = (pusher_authorizer){
        .begin = begin,
        .cancel = cancel,
        .batch = chance(app->world, 300),
        .userdata = app,
        .free_userdata = released,
    };
}

void authorizer_forget(struct app *app)
{
    while (!list_empty(&app->requests))
        forget(container_of(app->requests.next, struct request, link));
}
