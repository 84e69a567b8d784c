/*
 * The public calls, and the callbacks that come of them.
 */
#include <assert.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "authorizer.h"
#include "base/str.h"
#include "machine.h"

static const char *const call_names[CALL_COUNT] = {
    [CALL_NEW] = "new",
    [CALL_FREE] = "free",
    [CALL_CONNECT] = "connect",
    [CALL_DISCONNECT] = "disconnect",
    [CALL_SUBSCRIBE] = "subscribe",
    [CALL_UNSUBSCRIBE] = "unsubscribe",
    [CALL_BIND] = "bind",
    [CALL_UNBIND] = "unbind",
    [CALL_PING] = "ping",
    [CALL_HINT] = "network changed",
    [CALL_SIGNIN] = "sign in",
    [CALL_TRIGGER] = "trigger",
    [CALL_ANSWER] = "answer",
};

const char *call_name(int call)
{
    return call_names[call];
}

static struct fact begins(struct app *app, enum call call, int channel, int event,
                          int64_t binding)
{
    struct fact fact = {.kind = FACT_CALL, .n = {call, channel, event, binding}};
    observe(app, &fact);
    fact.kind = FACT_RETURN;
    return fact;
}

static void returns(struct app *app, struct fact *fact, int rc)
{
    enum { SOON_MS = 5 };
    fact->n[4] = rc;
    observe(app, fact);
    if (app->loop && !app->loop->base.depth)
        happening_plan(app->world, &app->look, app->world->now + SOON_MS);
}

/* --- callbacks --- */

void callback_ends(struct app *app)
{
    while (app->client && fault_strikes(app->world, FAULT_CALL_INSIDE))
        app_move(app);
    app->inside = false;
    observe(app, &(struct fact){.kind = FACT_CALLBACK_END});
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    struct app *app = userdata;
    app->inside = true;
    observe(app, &(struct fact){.kind = FACT_STATE,
                                .n = {previous, current, pusher_client_state(client)},
                                .text = pusher_client_socket_id(client)});
    callback_ends(app);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    struct app *app = userdata;
    struct world *world = app->world;
    (void)client;
    app->inside = true;
    observe(app, &(struct fact){.kind = FACT_PROBLEM,
                                .n = {problem->kind, problem->code, problem->will_retry,
                                      problem->attempt, problem->retry_in_ms},
                                .text = problem->message,
                                .more = problem->channel});
    if (problem->attempt && !problem->will_retry)
        happening_plan(world, &app->reconnect,
                       world->now + pick(world, 0, world->weather.calm ? 2000 : 600000));
    callback_ends(app);
}

/* Parsed once, and what the text says. */
static void look_at_json(struct app *app, const pusher_event *event)
{
    struct json_object *json = pusher_event_json(event);
    struct json_object *number = NULL;
    char text[40];
    if (json != pusher_event_json(event) || (!event->data.ptr && json))
        violated(app->world, CHECK_L7, "the data of an event is parsed twice");
    if (!str_starts_with(event->data, STR("{\"n\":")))
        return;
    if (!json_object_object_get_ex(json, "n", &number))
        violated(app->world, CHECK_L7, "the data of an event is not parsed");
    snprintf(text, sizeof text, "{\"n\":%lld}", (long long)json_object_get_int64(number));
    if (!str_equal(event->data, str_of(text)))
        violated(app->world, CHECK_L7, "the data %.*s is parsed as %s",
                 STR_ARG(event->data), text);
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    struct app_binding *binding = userdata;
    struct app *app = binding->app;
    (void)client;
    app->inside = true;
    int channel = event->channel ? channel_number(event->channel_name) : -1;
    observe(app, &(struct fact){.kind = FACT_EVENT,
                                .n = {binding->number, channel},
                                .text = event->name,
                                .more = event->data});
    if (chance(app->world, 20))
        look_at_json(app, event);
    callback_ends(app);
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    struct app *app = userdata;
    (void)client;
    app->inside = true;
    observe(app, &(struct fact){.kind = FACT_GAP,
                                .n = {channel_number(pusher_channel_name(gap->channel)),
                                      gap->from_unix_ms, gap->until_unix_ms,
                                      world_wall_ms(app->world)}});
    callback_ends(app);
}

static void on_log(pusher_log_level level, const char *line, void *userdata)
{
    observe(userdata,
            &(struct fact){.kind = FACT_LOG, .n = {level}, .text = str_of(line)});
}

static void client_released(void *userdata)
{
    observe(userdata, &(struct fact){.kind = FACT_RELEASED, .n = {RELEASED_CLIENT}});
}

static void binding_released(void *userdata)
{
    struct app_binding *binding = userdata;
    struct app *app = binding->app;
    observe(app, &(struct fact){.kind = FACT_RELEASED, .n = {binding->number}});
    /* User code, too; but not where a call is about to fail. */
    if (app->client && !app->binding_now && fault_strikes(app->world, FAULT_CALL_INSIDE))
        app_move(app);
    app->bindings[binding->number] = NULL;
    free(binding);
}

/* --- calls --- */

static uint32_t draw(struct world *world, const uint32_t *choices, size_t count)
{
    return choices[pick(world, 0, (uint32_t)count - 1)];
}

#define DRAW(world, ...)                                                                 \
    draw((world), (const uint32_t[]){__VA_ARGS__},                                       \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw_options(struct app *app)
{
    struct world *world = app->world;
    pusher_options *o = &app->options;
    pusher_options_init(o);
    o->key = SIM_KEY;
    o->host = "channels.example";
    o->on_state = on_state;
    o->on_problem = on_problem;
    o->on_gap = on_gap;
    o->userdata = app;
    o->free_userdata = client_released;
    o->allocator = &app->memory.mem;
    if (app->fixed_options)
        return;
    if (chance(world, 900))
        authorizer_offer(app);
    o->tls = chance(world, 600);
    o->presence_diff = chance(world, 500);
    if (chance(world, 50))
        o->log = (pusher_log){PUSHER_LOG_DEBUG, on_log, app};
    if (chance(world, 600))
        return;
    o->activity_timeout_ms = DRAW(world, 120000, 30000, 300000, 3600000);
    o->pong_timeout_ms = DRAW(world, 30000, 5000, 1000, 60000);
    o->unavailable_timeout_ms = DRAW(world, 10000, 1000, 60000);
    o->connect_timeout_ms = DRAW(world, 15000, 5000, 60000);
    o->backoff_min_ms = DRAW(world, 1000, 100, 5000, 30000);
    o->backoff_max_ms = DRAW(world, 30000, 60000, 120000);
    o->reconnect_spread_ms = DRAW(world, 9500, 0, 1000, 3600000);
    o->stable_after_ms = DRAW(world, 10000, 0, 1000, 60000);
    o->max_channels = DRAW(world, 100000, 1, 3);
    o->probe_timeout_ms = DRAW(world, 5000, 500, 60000);
    o->max_attempts = DRAW(world, 0, 0, 0, 1, 4);
    o->subscribe_timeout_ms = DRAW(world, 15000, 1000, 30000);
    o->auth_timeout_ms = DRAW(world, 10000, 1000, 30000);
    o->max_parallel_auth = DRAW(world, 8, 1, 2);
    o->max_members = DRAW(world, 10000, 3);
    o->event_queue =
        (pusher_queue_policy)pick(world, PUSHER_QUEUE_OFF, PUSHER_QUEUE_DROP_NEWEST);
    o->event_queue_max = DRAW(world, 100, 1, 3);
    o->event_queue_bytes = DRAW(world, 1048576, 1024);
    o->events_per_second = DRAW(world, 0, 10, 1);
}

/* Sometimes the application has a loop of its own; without memory it has not. */
static void make_loop(struct app *app)
{
    pusher_loop_options options;
    pusher_loop_options_init(&options);
    options.allocator = &app->memory.mem;
    if (chance(app->world, 300) && pusher_loop_new(&app->own_loop, &options) == 0)
        app->options.loop = app->own_loop;
}

int call_new(struct app *app)
{
    app_look(app); /* the last client's loop goes first */
    draw_options(app);
    make_loop(app);
    struct fact fact = begins(app, CALL_NEW, -1, -1, -1);
    int rc = pusher_client_new(&app->client, &app->options);
    if (!rc)
        app->loop = pusher_client_loop(app->client);
    app->uncounted = true;
    returns(app, &fact, rc);
    if (rc)
        app_look(app);
    return rc;
}

void call_free(struct app *app)
{
    struct fact fact = begins(app, CALL_FREE, -1, -1, -1);
    pusher_client *client = app->client;
    app->client = NULL;
    app->loop = NULL;
    memset(app->channels, 0, sizeof app->channels);
    happening_cancel(app->world, &app->reconnect);
    authorizer_forget(app);
    pusher_client_free(client);
    returns(app, &fact, 0);
}

void call_connect(struct app *app)
{
    struct fact fact = begins(app, CALL_CONNECT, -1, -1, -1);
    returns(app, &fact, pusher_client_connect(app->client));
}

void call_disconnect(struct app *app)
{
    struct fact fact = begins(app, CALL_DISCONNECT, -1, -1, -1);
    returns(app, &fact, pusher_client_disconnect(app->client));
}

int call_subscribe(struct app *app, int channel)
{
    struct fact fact = begins(app, CALL_SUBSCRIBE, channel, -1, -1);
    pusher_channel *found = app->channels[channel];
    int rc = pusher_client_subscribe(app->client, channel_name(channel), &found);
    if (app->channels[channel] && found != app->channels[channel])
        violated(app->world, CHECK_I11, "subscribe gave another channel of that name");
    app->channels[channel] = found;
    returns(app, &fact, rc);
    return rc;
}

void call_unsubscribe(struct app *app, int channel)
{
    struct fact fact = begins(app, CALL_UNSUBSCRIBE, channel, -1, -1);
    pusher_channel *found = app->channels[channel];
    app->channels[channel] = NULL;
    returns(app, &fact, pusher_channel_unsubscribe(found));
}

static int free_slot(const struct app *app)
{
    int slot = 0;
    while (slot < MOST_BINDINGS && app->bindings[slot])
        slot++;
    return slot;
}

void call_bind(struct app *app, int channel, int event)
{
    int slot = free_slot(app);
    if (slot == MOST_BINDINGS)
        return;
    struct app_binding *binding = malloc(sizeof *binding);
    assert(binding);
    *binding = (struct app_binding){app, slot, channel, event, 0};
    app->bindings[slot] = binding;
    struct fact fact = begins(app, CALL_BIND, channel, event, slot);
    pusher_id id = 0;
    app->binding_now = true;
    const char *name = event_name(event);
    int rc;
    if (channel < 0)
        rc = pusher_client_bind(app->client, name, on_event, binding, binding_released,
                                &id);
    else if (channel == SIGNIN)
        rc = pusher_client_bind_user(app->client, name, on_event, binding,
                                     binding_released, &id);
    else
        rc = pusher_channel_bind(app->channels[channel], name, on_event, binding,
                                 binding_released, &id);
    app->binding_now = false;
    if (!rc)
        binding->id = id;
    returns(app, &fact, rc);
}

void call_unbind(struct app *app, int binding)
{
    struct app_binding *known = app->bindings[binding];
    struct fact fact = begins(app, CALL_UNBIND, known->channel, known->event, binding);
    returns(app, &fact, pusher_client_unbind(app->client, known->id));
}

void call_ping(struct app *app)
{
    struct fact fact = begins(app, CALL_PING, -1, -1, -1);
    returns(app, &fact, pusher_client_ping(app->client));
}

void call_hint(struct app *app)
{
    struct fact fact = begins(app, CALL_HINT, -1, -1, -1);
    returns(app, &fact, pusher_client_network_changed(app->client));
}

void call_signin(struct app *app)
{
    struct fact fact = begins(app, CALL_SIGNIN, SIGNIN, -1, -1);
    returns(app, &fact, pusher_client_signin(app->client));
}

int call_answer(struct app *app, pusher_id request, int channel, enum verdict verdict,
                pusher_str text, int status)
{
    struct fact fact = begins(app, CALL_ANSWER, channel, (int)verdict, (int64_t)request);
    int rc = text.ptr
                 ? pusher_auth_resolve(app->client, request, text.ptr, text.len)
                 : pusher_auth_reject(app->client, request, status,
                                      chance(app->world, 500) ? "not \"you\"" : NULL);
    returns(app, &fact, rc);
    return rc;
}

/* --- client events --- */

/* What is triggered, and what is to come of it if everything else is well. */
static const struct {
    const char *event;
    const char *json; /* NULL: the number of the event */
    int rc;
} triggers[] = {
    {"client-move", NULL, 0},
    {"move", NULL, PUSHER_ERR_BAD_EVENT},
    {"client-\x01", NULL, PUSHER_ERR_BAD_EVENT},
    {"client-move", "{", PUSHER_ERR_BAD_DATA},
    {"client-move", "", PUSHER_ERR_BAD_DATA},
    {"client-move", "\"\xff\"", PUSHER_ERR_BAD_DATA},
};

int trigger_result(int form)
{
    return triggers[form].rc;
}

void call_trigger(struct app *app, int channel)
{
    struct world *world = app->world;
    size_t form = 0;
    if (chance(world, 100))
        form = pick(world, 1, sizeof triggers / sizeof *triggers - 1);
    char json[40];
    snprintf(json, sizeof json, "{\"n\":%u}", ++app->triggered);
    struct fact fact = begins(app, CALL_TRIGGER, channel, (int)form, app->triggered);
    int rc = pusher_channel_trigger(app->channels[channel], triggers[form].event,
                                    triggers[form].json ? triggers[form].json : json);
    returns(app, &fact, rc);
}
