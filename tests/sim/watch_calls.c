/*
 * Calls and callbacks: what may run when, what a failed call leaves, what is given back.
 */
#include <string.h>

#include "app.h"
#include "base/str.h"
#include "watch.h"

static void on_new(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[4])
        return;
    bool tls = app->options.tls;
    uint64_t letters = w->letter.number;
    bool inside = w->callbacks_open;
    *w = (struct watch){
        .alive = true,
        .tls = tls,
        .client_owned = true,
        .authorizer_owned = app->options.authorizer.begin != NULL,
        .inband_code = -1,
        .key = -1,
        .failed_at_rest = app->memory.failed,
    };
    w->letter.number = letters;
    w->callbacks_open = inside;
    w->state = PUSHER_STATE_INITIALIZED;
    for (int i = 0; i < WATCHED_BINDINGS; i++)
        w->bindings[i].released = true;
}

/* A call that failed must have left everything as it was. */
static void on_failure(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int64_t call = fact->n[0];
    int64_t rc = fact->n[4];
    int depth = w->calls_open; /* of this call: it was closed */
    bool memory_failed = app->memory.failed > w->failed_before[depth];
    bool limited = rc == PUSHER_ERR_LIMIT && call == CALL_SUBSCRIBE;
    bool expected = call == CALL_PING ? rc == PUSHER_ERR_STATE && !w->connected
                    : call == CALL_UNBIND
                        ? rc == PUSHER_ERR_NOT_FOUND
                        : (rc == PUSHER_ERR_NOMEM && memory_failed) || limited;
    if (rc == PUSHER_ERR_UNSUPPORTED && needs_authorization((int)fact->n[1]) &&
        (call == CALL_SUBSCRIBE || call == CALL_SIGNIN))
        expected = app->options.authorizer.begin == NULL;
    if (call == CALL_ANSWER || call == CALL_TRIGGER) /* see there */
        expected |= rc != PUSHER_ERR_NOMEM;
    if (call == CALL_BIND && rc == PUSHER_ERR_INVALID)
        expected = fact->n[1] >= 0 && !w->channels[fact->n[1]].wanted;
    if (!expected)
        violated(app->world, CHECK_I11, "%s gave %d without a reason",
                 call_name((int)call), (int)rc);
    size_t before = w->blocks_before[depth];
    /* Tables that are made when they are first needed may stay. */
    if (call == CALL_SUBSCRIBE || call == CALL_SIGNIN || call == CALL_TRIGGER ||
        (call == CALL_BIND && fact->n[1] == SIGNIN))
        before += 2;
    if (app->memory.blocks > before)
        violated(app->world, CHECK_I11, "%s failed, and kept %zu blocks",
                 call_name((int)call), app->memory.blocks - before);
}

static void on_unbind(struct app *app, const struct fact *fact)
{
    bool there = app->watch.there_before[app->watch.calls_open];
    if (there != (fact->n[4] == 0))
        violated(app->world, CHECK_I11, "unbind gave %d for a binding that is%s there",
                 (int)fact->n[4], there ? "" : " not");
}

static void on_return(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    w->calls_open--;
    switch (fact->n[0]) {
    case CALL_NEW:
        on_new(app, fact);
        break;
    case CALL_FREE:
        w->alive = false;
        if (app->live)
            violated(app->world, CHECK_L4, "free returned, and a transport lives");
        break;
    case CALL_UNBIND:
        on_unbind(app, fact);
        break;
    default:
        break;
    }
    if (fact->n[4])
        on_failure(app, fact);
}

static void on_callback(struct app *app)
{
    struct watch *w = &app->watch;
    if (!w->alive)
        violated(app->world, CHECK_I7, "a callback after free");
    if (w->calls_open)
        violated(app->world, CHECK_I16, "a callback from inside a call");
    if (w->callbacks_open)
        violated(app->world, CHECK_I16, "a callback inside a callback");
    w->callbacks_open++;
}

static void on_released(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[0] == RELEASED_CLIENT) {
        w->client_owned = false;
        return;
    }
    if (fact->n[0] == RELEASED_AUTHORIZER) {
        if (!w->authorizer_owned)
            violated(app->world, CHECK_I20, "userdata of the authorizer was freed twice");
        w->authorizer_owned = false;
        return;
    }
    struct watched_binding *b = &w->bindings[fact->n[0]];
    if (b->released)
        violated(app->world, CHECK_I20, "userdata of a binding was freed twice");
    if (b->there && w->alive && !w->calls_open)
        violated(app->world, CHECK_I20, "userdata of a live binding was freed");
    b->released = true;
}

static void on_gone(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    if (fact->n[0])
        violated(app->world, CHECK_I20, "%u blocks (%u bytes) are not given back",
                 (unsigned)fact->n[0], (unsigned)fact->n[1]);
    if (fact->n[2])
        violated(app->world, CHECK_I7, "a transport lives after its client");
    if (w->client_owned || w->authorizer_owned)
        violated(app->world, CHECK_I20, "the client's userdata was not freed");
    for (int i = 0; i < WATCHED_BINDINGS; i++) {
        if (!w->bindings[i].released)
            violated(app->world, CHECK_I20, "the userdata of binding %d was not freed",
                     i);
    }
}

static void look_for_secrets(struct app *app, const char *where, pusher_str text)
{
    static const char *const secrets[] = {SIM_KEY, SIM_SIGNATURE, SIM_SIGNED};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets && text.len; i++) {
        if (memmem(text.ptr, text.len, secrets[i], strlen(secrets[i])))
            violated(app->world, CHECK_I18, "a secret is in %s", where);
    }
}

/* What others have said is quoted there: no byte of it may be a command to a terminal. */
static void check_words(struct app *app, pusher_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20 || byte >= 0x7f)
            violated(app->world, CHECK_I21, "a report with the byte %d", byte);
    }
    if (!text.len)
        violated(app->world, CHECK_I21, "a report without words");
}

/* A client with a channel and a binding takes some 30 blocks, and 100 messages may wait
 * in either direction; what it holds must not grow with what it has lived through. */
static void check_memory(struct app *app, const struct fact *fact)
{
    enum { BLOCKS_MAX = 600, BYTES_MAX = 128 * 1024 };
    if (fact->n[3] > BLOCKS_MAX || fact->n[4] > BYTES_MAX)
        violated(app->world, CHECK_I15, "the client holds %u blocks, %u bytes",
                 (unsigned)fact->n[3], (unsigned)fact->n[4]);
    size_t wanted = 0;
    for (int i = 0; i < CHANNEL_NAMES; i++)
        wanted += app->watch.channels[i].wanted;
    if (wanted > app->options.max_channels)
        violated(app->world, CHECK_I15, "%zu channels where %zu are allowed", wanted,
                 app->options.max_channels);
}

void watch_calls(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    switch (fact->kind) {
    case FACT_CALL:
        if (w->calls_open == MOST_NESTED_CALLS)
            violated(app->world, CHECK_I16, "calls are nested too deep");
        if (app->world->violation.check)
            return;
        w->blocks_before[w->calls_open] = app->memory.blocks;
        w->failed_before[w->calls_open] = app->memory.failed;
        w->there_before[w->calls_open] =
            fact->n[0] == CALL_UNBIND && w->bindings[fact->n[3]].there;
        w->calls_open++;
        if (fact->n[0] == CALL_NEW) { /* freed with the client, or if it fails */
            w->client_owned = true;
            w->authorizer_owned = app->options.authorizer.begin != NULL;
        }
        if (fact->n[0] == CALL_BIND)
            w->bindings[fact->n[3]] = (struct watched_binding){0};
        return;
    case FACT_RETURN:
        on_return(app, fact);
        return;
    case FACT_PROBLEM:
        look_for_secrets(app, "a report", fact->text);
        check_words(app, fact->text);
        on_callback(app);
        return;
    case FACT_AUTH_BEGIN:
        if (fact->n[2] == 0)
            on_callback(app);
        return;
    case FACT_AUTH_CANCEL:
    case FACT_STATE:
    case FACT_GAP:
    case FACT_EVENT:
        on_callback(app);
        return;
    case FACT_CALLBACK_END:
        w->callbacks_open--;
        return;
    case FACT_LOG:
        look_for_secrets(app, "the log", fact->text);
        return;
    case FACT_RELEASED:
        on_released(app, fact);
        return;
    case FACT_GONE:
        on_gone(app, fact);
        return;
    case FACT_LEVELS:
        check_memory(app, fact);
        return;
    default:
        return;
    }
}
