/*
 * What the server can say, in the forms that servers really send.
 */
#include <stdio.h>

#include "app.h"
#include "base/str.h"
#include "server.h"

void transport_say(struct ws *ws, enum letter_kind kind, int channel, int event,
                   int64_t number, const char *text)
{
    struct letter head = {
        .kind = kind, .channel = channel, .event = event, .number = number};
    transport_deliver(ws, &head, str_of(text));
    if (fault_strikes(ws->world, FAULT_DUPLICATE) && kind != LETTER_CLOSE &&
        kind != LETTER_GREETING)
        transport_deliver(ws, &head, str_of(text));
}

/* An activity timeout as servers send it, and what a client is to make of it. */
static const struct {
    const char *text;
    int64_t taken_ms; /* 0: not to be taken (CONN-09) */
} usual_timeouts[] = {{"120", 120000}, {"120", 120000}, {"120", 120000}, {"30", 30000}},
  odd_timeouts[] = {{"0", 0},    {"-5", 0},   {"\\\"120\\\"", 0},
                    {"1e99", 0}, {"null", 0}, {"86401", 0},
                    {"1", 1000}, {"5", 5000}, {"86400", 86400000},
                    {"[]", 0},   {"0.5", 0},  {"true", 0}};

void say_greeting(struct ws *ws)
{
    struct world *world = ws->world;
    const char *timeout;
    int64_t taken_ms;
    if (fault_strikes(world, FAULT_GREETING_ODD)) {
        size_t i = pick(world, 0, sizeof odd_timeouts / sizeof *odd_timeouts - 1);
        timeout = odd_timeouts[i].text;
        taken_ms = odd_timeouts[i].taken_ms;
    } else {
        size_t i = pick(world, 0, sizeof usual_timeouts / sizeof *usual_timeouts - 1);
        timeout = usual_timeouts[i].text;
        taken_ms = usual_timeouts[i].taken_ms;
    }
    char text[256];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher:connection_established\",\"data\":\"{\\\"socket_id\\\":"
             "\\\"%s\\\",\\\"activity_timeout\\\":%s}\"}",
             ws->session.socket_id, timeout);
    transport_say(ws, LETTER_GREETING, -1, -1, taken_ms, text);
}

void say_succeeded(struct ws *ws, int channel)
{
    char text[400];
    snprintf(
        text, sizeof text,
        "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\"%s}",
        channel_name(channel), chance(ws->world, 500) ? ",\"data\":\"{}\"" : "");
    transport_say(ws, LETTER_SUCCEEDED, channel, EVENT_SUCCEEDED, 0, text);
}

void say_refused(struct ws *ws, int channel)
{
    static const int statuses[] = {400, 401, 403, 404, 408, 429, 500, 503, 4004};
    int status = PICK_OF(ws->world, statuses);
    char text[400];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher:subscription_error\",\"channel\":\"%s\",\"data\":"
             "{\"type\":\"LimitReached\",\"error\":\"too many for %s\",\"status\":%d}}",
             channel_name(channel), SIM_KEY, status);
    transport_say(ws, LETTER_REFUSED, channel, EVENT_REFUSED, status, text);
}

void say_pong(struct ws *ws)
{
    static const char *const forms[] = {
        "{\"event\":\"pusher:pong\",\"data\":\"{}\"}",
        "{\"event\":\"pusher:pong\",\"data\":{}}",
        "{\"event\":\"pusher:pong\"}",
    };
    transport_say(ws, LETTER_EVENT, -1, EVENT_PONG, 0, PICK_OF(ws->world, forms));
}

void say_ping(struct ws *ws)
{
    transport_say(ws, LETTER_PING, -1, EVENT_PING, 0,
                  "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
}

void say_event(struct ws *ws, int channel, int event)
{
    unsigned number = ++ws->world->messages;
    char text[500];
    const char *form =
        chance(ws->world, 500)
            ? "{\"event\":\"%s\",\"channel\":\"%s\",\"data\":\"{\\\"n\\\":%u}\"}"
            : "{\"channel\":\"%s\"";
    if (form[2] == 'e')
        snprintf(text, sizeof text, form, event_name(event), channel_name(channel),
                 number);
    else
        snprintf(text, sizeof text,
                 "{\"channel\":\"%s\",\"data\":{\"n\":%u},\"event\":\"%s\"}",
                 channel_name(channel), number, event_name(event));
    bool box = channel == SEALED_CHANNEL; /* where it should be one, and is none */
    transport_say(ws, box ? LETTER_SEALED_BAD : LETTER_EVENT, channel, event, number,
                  text);
}

void say_count(struct ws *ws, int channel, bool bad)
{
    static const char *const wrong[] = {"\"x\"", "-1", "null", "[1]", "1e300"};
    char count[16], text[500];
    snprintf(count, sizeof count, "%u", (unsigned)pick(ws->world, 0, 5000));
    const char *wrong_count = PICK_OF(ws->world, wrong);
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"%s\","
             "\"data\":{\"subscription_count\":%s}}",
             channel_name(channel), bad ? wrong_count : count);
    transport_say(ws, bad ? LETTER_COUNT_BAD : LETTER_COUNT, channel, EVENT_COUNT, 0,
                  text);
}

void say_error(struct ws *ws, int code)
{
    char text[300];
    /* An object or a text; the words of the server may hold anything (LOG-01). */
    snprintf(
        text, sizeof text,
        chance(ws->world, 500)
            ? "{\"event\":\"pusher:error\",\"data\":{\"code\":%d,\"message\":\"app %s "
              "\\u001b[31m\"}}"
            : "{\"event\":\"pusher:error\",\"data\":\"{\\\"code\\\":%d,\\\"message\\\":"
              "\\\"app %s\\\"}\"}",
        code, SIM_KEY);
    transport_say(ws, LETTER_ERROR, -1, EVENT_ERROR, code, text);
}

void say_garbage(struct ws *ws)
{
    static const char *const forms[] = {
        "",
        "null",
        "5",
        "[]",
        "{}",
        "{\"event\":5}",
        "{\"event\":null}",
        "{\"event\":[\"order\"],\"channel\":\"room\"}",
        "{\"event\":\"order\",\"channel\":\"room\"",
        "{\"event\":\"order\",\"channel\":\"room\"}}",
        "{'event':'order'}",
        "order",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    transport_say(ws, LETTER_GARBAGE, -1, -1, 0, PICK_OF(ws->world, forms));
}

static void say_on(struct ws *ws, enum letter_kind kind, int channel, int event,
                   const char *name)
{
    char text[500];
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"channel\":\"%s\",\"data\":{}}", name,
             channel_name(channel));
    transport_say(ws, kind, channel, event, 0, text);
}

void say_unknown(struct ws *ws)
{
    int channel = (int)pick(ws->world, 0, CHANNEL_NAMES - 1);
    switch (pick(ws->world, 0, 10)) {
    case 0:
        say_on(ws, LETTER_EVENT, channel, EVENT_ODD, event_name(EVENT_ODD));
        return;
    case 1:
        say_on(ws, LETTER_INTERNAL, channel, -1, "pusher_internal:odd");
        return;
    case 2:
        say_event(ws, STRANGE_CHANNEL, EVENT_ORDER);
        return;
    case 3:
        say_event(ws, channel, EVENT_ORDER); /* whether it is subscribed or not */
        return;
    case 4: /* whether it was asked for or not */
        if (channel == PRESENCE_CHANNEL)
            say_roster(ws, channel, false);
        else
            say_succeeded(ws, channel);
        return;
    case 5:
        say_refused(ws, channel);
        return;
    case 6:
        say_count(ws, channel, chance(ws->world, 500));
        return;
    case 7: {
        bool there = chance(ws->world, 500); /* drawn in this order by every compiler */
        say_member(ws, PRESENCE_CHANNEL, (int)pick(ws->world, 1, USERS - 1), there);
        return;
    }
    case 8:
        say_signed_in(ws, chance(ws->world, 300));
        return;
    case 9:
        say_watched(ws, false);
        return;
    default:
        transport_say(ws, LETTER_EVENT, -1, EVENT_TICK, 0, "{\"event\":\"tick\"}");
        return;
    }
}

void say_binary(struct ws *ws)
{
    transport_say(ws, LETTER_BINARY, -1, -1, 0, "\x01\x02\x03");
}

int pick_code(struct world *world)
{
    static const int known[] = {1000, 1001, 1006, 1011, 1012, 4000, 4001, 4004, 4009,
                                4099, 4100, 4199, 4200, 4201, 4202, 4299, 4300, -1};
    if (chance(world, 300))
        return (int)pick(world, 1000, 5000);
    return PICK_OF(world, known);
}

void say_close(struct ws *ws, int code)
{
    transport_say(ws, LETTER_CLOSE, -1, -1, code, code > 0 ? "bye " SIM_KEY : "");
}
