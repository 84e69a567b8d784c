/*
 * Planted bugs that sit between the client and those who look at it. Those that need the
 * transport, the server or the loop are there, under `planted()`.
 */
#include "plant.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/str.h"
#include "letter.h"
#include "world.h"

static const struct {
    const char *name;
    enum check check;
    const char *what;
} plants[] = {
#define X(id, check, what) {#id, CHECK_##check, what},
    PLANTS(X)
#undef X
};

bool planted(const struct world *world, enum plant plant)
{
    return world->plant == plant;
}

const char *plant_name(enum plant plant)
{
    return plants[plant].name;
}

const char *plant_what(enum plant plant)
{
    return plants[plant].what;
}

enum check plant_check(enum plant plant)
{
    return plants[plant].check;
}

static void pass(struct app *app, const struct fact *fact)
{
    if (app->world->violation.check)
        return;
    trace_fact(app, fact);
    watch_fact(app, fact);
}

static bool is_call(const struct fact *fact, enum call call)
{
    return fact->kind == FACT_RETURN && fact->n[0] == call && fact->n[4] == 0;
}

static bool is_subscribe(const struct fact *fact)
{
    return fact->kind == FACT_SENT &&
           memmem(fact->text.ptr, fact->text.len, "pusher:subscribe", 16);
}

static bool is_unsubscribe(const struct fact *fact)
{
    return fact->kind == FACT_SENT &&
           memmem(fact->text.ptr, fact->text.len, "pusher:unsubscribe", 18);
}

static bool is_authorized(const struct fact *fact)
{
    return is_subscribe(fact) &&
           memmem(fact->text.ptr, fact->text.len, SIM_SIGNATURE, strlen(SIM_SIGNATURE));
}

static bool is_client_event(const struct fact *fact)
{
    return fact->kind == FACT_SENT &&
           memmem(fact->text.ptr, fact->text.len, "client-move", 11);
}

static bool is_of_member(const struct fact *fact)
{
    return fact->kind == FACT_EVENT &&
           str_starts_with(fact->text, STR("pusher:member_removed"));
}

static bool is_succeeded(const struct fact *fact)
{
    return fact->kind == FACT_EVENT && fact->n[1] >= 0 &&
           str_equal(fact->text, STR("pusher:subscription_succeeded"));
}

/* Facts that follow this one and never happened. */
static void invent(struct app *app, const struct fact *fact)
{
    static const struct fact ended = {.kind = FACT_CALLBACK_END};
    struct fact event = {.kind = FACT_EVENT, .n = {0, -1}, .text = STR("tick")};
    const struct watched_binding *bindings = app->watch.bindings;
    switch (app->world->plant) {
    case PLANT_STATE_TWICE:
        if (fact->kind == FACT_STATE) {
            pass(app, &ended);
            pass(app, fact);
        }
        return;
    case PLANT_SUBSCRIBE_TWICE:
        if (is_subscribe(fact))
            pass(app, fact);
        return;
    case PLANT_MOVE_TWICE:
        if (is_client_event(fact))
            pass(app, fact);
        return;
    case PLANT_AUTH_TWICE:
        if (fact->kind == FACT_AUTH_BEGIN) {
            struct fact again = *fact;
            again.n[2] = 1; /* of the same call */
            pass(app, &again);
        }
        return;
    case PLANT_KEY_AGAIN:
        if (fact->kind == FACT_LEVELS &&
            app->watch.channels[SEALED_CHANNEL].stage == WATCHED_CONFIRMED)
            pass(app, &(struct fact){.kind = FACT_AUTH_BEGIN,
                                     .n = {SEALED_CHANNEL, 1, 1, 1},
                                     .text = str_of(app->watch.socket_id)});
        return;
    case PLANT_RECONNECTS:
        if (is_call(fact, CALL_DISCONNECT))
            pass(app, &(struct fact){.kind = FACT_DIAL,
                                     .n = {app->transports + 1, app->watch.tls, 1}});
        return;
    case PLANT_LATE_CALLBACK:
        if (is_call(fact, CALL_FREE))
            pass(app, &event);
        return;
    case PLANT_SUCCEEDED_TWICE:
    case PLANT_MESSAGE_TWICE:
        if (fact->kind == FACT_EVENT &&
            is_succeeded(fact) == (app->world->plant == PLANT_SUCCEEDED_TWICE)) {
            pass(app, &ended);
            pass(app, fact);
        }
        return;
    case PLANT_NESTED:
        if (fact->kind == FACT_CALL && fact->n[0] == CALL_SUBSCRIBE)
            pass(app, &event);
        return;
    case PLANT_FREED_TWICE:
        if (fact->kind == FACT_RELEASED && fact->n[0] >= 0)
            pass(app, fact);
        return;
    case PLANT_BUSY:
        if (fact->kind == FACT_TIMER) {
            for (int i = 0; i < 20; i++)
                pass(app, fact);
        }
        return;
    case PLANT_LATE_EVENT:
        for (int i = 0; i < WATCHED_BINDINGS && fact->kind == FACT_RECEIVED; i++) {
            if (bindings[i].channel >= 0 &&
                !app->watch.channels[bindings[i].channel].wanted)
                pass(app, &(struct fact){.kind = FACT_EVENT, .n = {i, -1}});
        }
        return;
    default:
        return;
    }
}

/* What of this fact is seen: changed, or not at all (false). */
static bool distort(struct app *app, struct fact *fact)
{
    struct watch *w = &app->watch;
    static char text[600];
    static bool swallowed; /* the event whose callback has not ended yet */
    switch (app->world->plant) {
    case PLANT_STATE_UNTOLD:
        return fact->kind != FACT_STATE || fact->n[1] != PUSHER_STATE_CONNECTED;
    case PLANT_SOCKET_ID_KEPT:
        if (fact->kind == FACT_LEVELS && !fact->text.len && w->disconnected)
            fact->text = STR("1.2");
        return true;
    case PLANT_STALE_AUTH:
        if (is_authorized(fact)) {
            grant_auth(text, PRIVATE_CHANNEL, STR("1.2"), 1);
            snprintf(text + 200, sizeof text - 200,
                     "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"%s\","
                     "\"auth\":\"%.150s\"}}",
                     channel_name(PRIVATE_CHANNEL), text);
            fact->text = str_of(text + 200);
        }
        return true;
    case PLANT_UNCANCELLED:
        return fact->kind != FACT_AUTH_CANCEL;
    case PLANT_MEMBER_KEPT:
        if (fact->kind == FACT_ROSTER && fact->n[0] > 1)
            fact->n[0]++;
        return true;
    case PLANT_CHANGE_UNTOLD:
        if (swallowed && fact->kind == FACT_CALLBACK_END) {
            swallowed = false;
            return false;
        }
        swallowed |= is_of_member(fact) && w->letter.kind == LETTER_ROSTER;
        return fact->kind != FACT_EVENT || !swallowed;
    case PLANT_MOVE_LOST:
        return !is_client_event(fact);
    case PLANT_SIGNATURE_TOLD:
        if (fact->kind == FACT_LOG)
            fact->text = STR("authorized with " SIM_SIGNATURE);
        return true;
    case PLANT_CIPHERTEXT:
        if (fact->kind == FACT_EVENT && fact->n[1] == SEALED_CHANNEL &&
            str_equal(fact->text, STR("order")))
            fact->more = STR("{\"nonce\":\"\",\"ciphertext\":\"\"}");
        return true;
    case PLANT_REFUSAL_UNTOLD:
        return fact->kind != FACT_PROBLEM || fact->n[0] != PUSHER_PROBLEM_SUBSCRIBE;
    case PLANT_UNSUBSCRIBE_UNSENT:
        return !is_unsubscribe(fact);
    case PLANT_STALE_CHANNEL:
        if (fact->kind == FACT_CHANNEL && !w->connected)
            fact->n[2] = PUSHER_SUBSCRIPTION_SUBSCRIBED;
        return true;
    case PLANT_HALF_CALL:
        if (is_call(fact, CALL_SUBSCRIBE))
            fact->n[4] = PUSHER_ERR_NOMEM;
        return true;
    case PLANT_IGNORES_REFUSAL:
        if (fact->kind == FACT_PROBLEM && fact->n[3] && fact->n[2])
            fact->n[1] = 4001;
        return true;
    case PLANT_LONG_DELAY:
        if (fact->kind == FACT_PROBLEM && fact->n[3] && fact->n[4])
            fact->n[4] += app->options.backoff_max_ms;
        return true;
    case PLANT_COUNT_KEPT:
        if (fact->kind == FACT_PROBLEM && fact->n[3] == 1 && w->connected)
            fact->n[3]++;
        return true;
    case PLANT_GROWS:
        if (fact->kind == FACT_LEVELS)
            fact->n[4] += (int64_t)w->letter.number * 16;
        return true;
    case PLANT_KEY_TOLD:
        if (fact->kind == FACT_PROBLEM)
            fact->text = STR("no app " SIM_KEY);
        return true;
    case PLANT_PLAIN:
        if (fact->kind == FACT_DIAL)
            fact->n[1] = 0;
        return true;
    case PLANT_LEAK:
        if (fact->kind == FACT_GONE)
            fact->n[0]++;
        return true;
    case PLANT_UNREPORTED:
        return fact->kind != FACT_PROBLEM || !fact->n[3];
    case PLANT_WRONG_CODE:
        if (fact->kind == FACT_PROBLEM && fact->n[1] == 1000)
            fact->n[1] = 1001;
        return true;
    case PLANT_GAP_UNTOLD:
        return fact->kind != FACT_GAP;
    case PLANT_SHORT_GAP:
        if (fact->kind == FACT_GAP)
            fact->n[1]++;
        return true;
    case PLANT_CUT_FRAME:
        if (fact->kind == FACT_SENT && chance(app->world, 10)) {
            memcpy(text, fact->text.ptr, fact->text.len - 1);
            fact->text = (pusher_str){text, fact->text.len - 1};
        }
        return true;
    case PLANT_UNAVAILABLE_UNTOLD:
        if (fact->kind == FACT_LEVELS && fact->n[0] == PUSHER_STATE_UNAVAILABLE)
            fact->n[0] = PUSHER_STATE_CONNECTING;
        return fact->kind != FACT_STATE || fact->n[1] != PUSHER_STATE_UNAVAILABLE;
    case PLANT_WALL_CLOCK:
        app->world->wall_reads++;
        return true;
    default:
        return true;
    }
}

void plant_observe(struct app *app, const struct fact *fact)
{
    if (app->world->plant == PLANT_NONE) {
        pass(app, fact);
        return;
    }
    struct fact seen = *fact;
    if (distort(app, &seen))
        pass(app, &seen);
    invent(app, &seen);
}
