/*
 * The hash of the facts, and the facts as a story.
 */
#include "trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "app.h"
#include "base/str.h"
#include "net/ws.h"

#define PRIME UINT64_C(0x100000001b3)

static void add_number(struct trace *trace, uint64_t number)
{
    trace->hash = (trace->hash ^ number) * PRIME;
    trace->hash ^= trace->hash >> 29;
}

static void add_text(struct trace *trace, pusher_str text)
{
    add_number(trace, text.len);
    for (size_t i = 0; i < text.len; i++)
        trace->hash = (trace->hash ^ (unsigned char)text.ptr[i]) * PRIME;
}

void trace_init(struct trace *trace, bool story)
{
    *trace = (struct trace){.story = story, .hash = UINT64_C(0xcbf29ce484222325)};
}

void observe(struct app *app, const struct fact *fact)
{
    plant_observe(app, fact);
}

/* --- the story --- */

static void print_time(const struct world *world)
{
    uint64_t ms = world->now;
    printf("%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64 "  ", ms / 3600000,
           ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

void trace_note(struct world *world, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_number(&world->trace, world->now);
    add_text(&world->trace, str_of(text));
    if (!world->trace.story)
        return;
    print_time(world);
    printf("-- %s\n", text);
}

static const char *stage_name(int64_t stage)
{
    static const char *const names[] = {[WS_STAGE_RESOLVE] = "resolving",
                                        [WS_STAGE_CONNECT] = "connecting",
                                        [WS_STAGE_TLS] = "TLS",
                                        [WS_STAGE_PROXY] = "proxy",
                                        [WS_STAGE_UPGRADE] = "upgrading",
                                        [WS_STAGE_OPEN] = "open",
                                        [WS_STAGE_LIMIT] = "open, a message too long",
                                        [WS_STAGE_INVALID] = "open, a broken frame"};
    return names[stage];
}

static void print_call(const struct fact *fact)
{
    const char *channel = channel_name((int)fact->n[1]);
    printf("app      %s", call_name((int)fact->n[0]));
    if (channel)
        printf(" channel %.30s", channel);
    if (fact->n[0] == CALL_BIND)
        printf("%s event %s", channel ? "" : " client",
               fact->n[2] < 0 ? "*" : event_name((int)fact->n[2]));
    if (fact->n[3] >= 0)
        printf(fact->n[0] == CALL_ANSWER ? " request %x, verdict %d" : " binding %d",
               (unsigned)fact->n[3], (int)fact->n[2]);
    if (fact->kind == FACT_RETURN)
        printf(" -> %d (%s)", (int)fact->n[4],
               fact->n[4] ? pusher_strerror((int)fact->n[4]) : "ok");
    printf("\n");
}

static void print_fact(const struct fact *fact)
{
    const int64_t *n = fact->n;
    switch (fact->kind) {
    case FACT_CALL:
    case FACT_RETURN:
        print_call(fact);
        return;
    case FACT_RELEASED:
        printf("app      userdata %d is freed\n", (int)n[0]);
        return;
    case FACT_GONE:
        printf("app      the client is gone; %u blocks are left\n", (unsigned)n[0]);
        return;
    case FACT_STATE:
        printf("told     state %s -> %s %.*s\n", pusher_state_name((pusher_state)n[0]),
               pusher_state_name((pusher_state)n[1]), STR_ARG(fact->text));
        return;
    case FACT_PROBLEM:
        printf("told     problem %s, code %d, attempt %u, %s: %.*s\n",
               pusher_problem_name((pusher_problem_kind)n[0]), (int)n[1], (unsigned)n[3],
               n[2] ? "goes on" : "gives up", STR_ARG(fact->text));
        return;
    case FACT_EVENT:
        printf("told     binding %d: %.*s on %.30s: %.*s\n", (int)n[0],
               STR_ARG(fact->text), n[1] < 0 ? "-" : channel_name((int)n[1]),
               STR_ARG(fact->more));
        return;
    case FACT_AUTH_BEGIN:
        printf("told     authorize %.30s, request %x, for %.*s\n",
               channel_name((int)n[0]), (unsigned)n[1], STR_ARG(fact->text));
        return;
    case FACT_AUTH_CANCEL:
        printf("told     request %x is cancelled\n", (unsigned)n[0]);
        return;
    case FACT_CALLBACK_END:
        return;
    case FACT_LOG:
        printf("log      %.*s\n", STR_ARG(fact->text));
        return;
    case FACT_DIAL:
        printf("client   dials transport %u, %s TLS%s\n", (unsigned)n[0],
               n[1] ? "with" : "without", n[2] ? "" : ": no memory");
        return;
    case FACT_TURN:
        printf("network  it is the turn of transport %u\n", (unsigned)n[0]);
        return;
    case FACT_OPENED:
        printf("network  transport %u is open\n", (unsigned)n[0]);
        return;
    case FACT_ENDED:
        printf("network  transport %u ends, %s, code %d %.*s\n", (unsigned)n[0],
               stage_name(n[1]), (int)n[2], STR_ARG(fact->text));
        return;
    case FACT_CLOSED:
        printf("client   closes transport %u\n", (unsigned)n[0]);
        return;
    case FACT_SENT:
        printf("client   sends %.*s\n", STR_ARG(fact->text));
        return;
    case FACT_RECEIVED:
        printf("server   %.*s\n", STR_ARG(fact->text));
        return;
    case FACT_TAKEN:
        return;
    case FACT_RESUMED:
        printf("loop     the machine wakes up\n");
        return;
    case FACT_GAP:
        printf("told     a gap of %u ms on %.30s\n", (unsigned)(n[2] - n[1]),
               channel_name((int)n[0]));
        return;
    case FACT_TIMER:
        printf("loop     a timer fires\n");
        return;
    case FACT_SLEPT:
        printf("loop     nothing runs for %u ms\n", (unsigned)n[0]);
        return;
    case FACT_LEVELS:
        printf("look     %s, %u transports, %u blocks, socket id \"%.*s\"\n",
               pusher_state_name((pusher_state)n[0]), (unsigned)n[1], (unsigned)n[3],
               STR_ARG(fact->text));
        return;
    case FACT_CHANNEL:
        printf("look     %.30s is %s\n", channel_name((int)n[0]),
               pusher_subscription_name((pusher_subscription)n[2]));
        return;
    case FACT_ROSTER:
        printf("look     %u members: %.*s\n", (unsigned)n[0], STR_ARG(fact->text));
        return;
    case FACT_USER:
        printf("look     the sign-in is %s, user \"%.*s\"\n",
               pusher_subscription_name((pusher_subscription)n[0]), STR_ARG(fact->text));
        return;
    case FACT_DROPPED:
        printf("look     %u client events were dropped\n", (unsigned)n[0]);
        return;
    }
}

void trace_fact(struct app *app, const struct fact *fact)
{
    struct world *world = app->world;
    struct trace *trace = &world->trace;
    trace->facts++;
    add_number(trace, world->now);
    add_number(trace, (uint64_t)fact->kind << 16 | app->number);
    for (int i = 0; i < 5; i++)
        add_number(trace, (uint64_t)fact->n[i]);
    add_text(trace, fact->text);
    add_text(trace, fact->more);
    bool level = fact->kind >= FACT_LEVELS;
    bool silent = fact->kind == FACT_CALLBACK_END || fact->kind == FACT_TAKEN;
    if (!trace->story || silent || (level && !trace->levels))
        return;
    print_time(world);
    if (world->app_count > 1)
        printf("%u ", app->number);
    print_fact(fact);
}
