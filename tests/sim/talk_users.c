/*
 * What the server says of users: members, the signed-in one, those who are watched; and
 * what only they can read.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/str.h"
#include "sealed.h"
#include "server.h"

static unsigned next_version(struct world *world)
{
    return ++world->messages & 0x7fff;
}

/* --- members --- */

static size_t append(char *text, size_t len, const char *format, int user,
                     unsigned version)
{
    enum { MEMBER_MAX = 40 };
    return len + (size_t)snprintf(text + len, MEMBER_MAX, format, user, version);
}

/* All users up to the highest, so that an array can say it, too (PRES-09). */
static bool is_contiguous(unsigned mask)
{
    return (mask & (mask + 1)) == 0;
}

static void write_hash(struct ws *ws, char *text, unsigned mask, unsigned version)
{
    bool array = is_contiguous(mask) && chance(ws->world, 500);
    size_t len = 0;
    text[len++] = array ? '[' : '{';
    for (int user = 0; user < USERS; user++) {
        if (!(mask & 1u << user))
            continue;
        if (len > 1)
            text[len++] = ',';
        len = array ? append(text, len, "{\"v\":%2$u}", user, version)
                    : append(text, len, "\"%d\":{\"v\":%u}", user, version);
    }
    text[len++] = array ? ']' : '}';
    text[len] = '\0';
}

static void say_bad_roster(struct ws *ws, int channel)
{
    static const char *const forms[] = {"{}", "5", "null", "{\"presence\":5}",
                                        "{\"presence\":{\"hash\":\"x\"}}"};
    char text[400];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\","
             "\"data\":%s}",
             channel_name(channel), PICK_OF(ws->world, forms));
    transport_say(ws, LETTER_ROSTER_BAD, channel, EVENT_SUCCEEDED, 0, text);
}

void say_roster(struct ws *ws, int channel, bool bad)
{
    char hash[USERS * 40], text[USERS * 40 + 300];
    if (bad) {
        say_bad_roster(ws, channel);
        return;
    }
    struct app *app = ws->app;
    unsigned mask = app->present | 1u << ME;
    unsigned version = next_version(ws->world);
    write_hash(ws, hash, mask, version);
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"%s\","
             "\"data\":{\"presence\":{\"count\":%u,\"hash\":%s}}}",
             channel_name(channel), (unsigned)pick(ws->world, 0, USERS), hash);
    transport_say(ws, LETTER_ROSTER, channel, EVENT_SUCCEEDED,
                  (int64_t)mask | (int64_t)version << 16, text);
}

void say_member(struct ws *ws, int channel, int user, bool there)
{
    unsigned version = next_version(ws->world);
    const char *quote = chance(ws->world, 800) ? "\"" : ""; /* ids may be numbers */
    char text[400], info[40] = "";
    if (there)
        snprintf(info, sizeof info, ",\"user_info\":{\"v\":%u}", version);
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:member_%s\",\"channel\":\"%s\","
             "\"data\":{\"user_id\":%s%d%s%s}}",
             there ? "added" : "removed", channel_name(channel), quote, user, quote,
             info);
    transport_say(ws, there ? LETTER_ADDED : LETTER_REMOVED, channel,
                  there ? EVENT_ADDED : EVENT_REMOVED,
                  (int64_t)user | (int64_t)version << 16, text);
}

void say_member_without_id(struct ws *ws, int channel)
{
    static const char *const forms[] = {"{}", "5", "null", "{\"user_id\":[]}",
                                        "{\"user_info\":{}}"};
    const char *form = PICK_OF(ws->world, forms);
    char text[400];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:member_%s\",\"channel\":\"%s\",\"data\":%s}",
             chance(ws->world, 500) ? "added" : "removed", channel_name(channel), form);
    transport_say(ws, LETTER_MEMBER_BAD, channel, -1, 0, text);
}

/* --- boxes --- */

static void say_box(struct ws *ws, enum letter_kind kind, int64_t number,
                    const char *data)
{
    char text[500];
    snprintf(text, sizeof text, "{\"event\":\"order\",\"channel\":\"%s\",\"data\":%s}",
             channel_name(SEALED_CHANNEL), data);
    transport_say(ws, kind, SEALED_CHANNEL, EVENT_ORDER, number, text);
}

void say_sealed(struct ws *ws)
{
    static const char *const bad[] = {
        "{}", "5", "\"x\"", "{\"nonce\":\"\",\"ciphertext\":\"\"}",
        "{\"nonce\":\"AAAA\",\"ciphertext\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"};
    struct world *world = ws->world;
    char data[SEALED_TEXT_MAX];
    unsigned number = ++world->messages;
    if (fault_strikes(world, FAULT_SEALED_BAD)) {
        say_box(ws, LETTER_SEALED_BAD, 0, PICK_OF(world, bad));
        return;
    }
    bool lost = fault_strikes(world, FAULT_SEALED_UNKNOWN);
    unsigned key = lost ? NO_KEY : world->key;
    sealed_data(world, key, number, data);
    say_box(ws, LETTER_SEALED, (int64_t)number | (int64_t)key << 32, data);
}

/* --- the user --- */

void say_signed_in(struct ws *ws, bool bad)
{
    static const char *const forms[] = {"{}", "{\"user_data\":5}", "{\"user_data\":\"\"}",
                                        "{\"user_data\":\"{\\\"id\\\":\\\"\\\"}\"}"};
    char text[400];
    const char *wrong = PICK_OF(ws->world, forms);
    snprintf(text, sizeof text, "{\"event\":\"pusher:signin_success\",\"data\":%s}",
             bad ? wrong : "{\"user_data\":\"{\\\"id\\\":\\\"0\\\"}\"}");
    transport_say(ws, bad ? LETTER_SIGNED_IN_BAD : LETTER_SIGNED_IN, SIGNIN,
                  EVENT_SIGNED_IN, 0, text);
}

void say_watched(struct ws *ws, bool bad)
{
    static const char *const wrong[] = {"{}", "{\"events\":5}", "{\"events\":[5]}",
                                        "{\"events\":[{\"name\":\"\"}]}"};
    struct world *world = ws->world;
    char events[200] = "", text[400];
    int64_t number = 0;
    uint32_t first = pick(world, 1, USERS - 4);
    uint32_t last = first + pick(world, 0, 2);
    for (uint32_t user = first; user <= last; user++) {
        bool online = chance(world, 500);
        size_t len = strlen(events);
        bool list = chance(world, 700);
        snprintf(events + len, sizeof events - len,
                 list ? "%s{\"name\":\"%s\",\"user_ids\":[\"%u\"]}"
                      : "%s{\"name\":\"%s\",\"user_id\":\"%u\"}",
                 len ? "," : "", online ? "online" : "offline", (unsigned)user);
        number |= (int64_t)(online ? 1 : 2) << 2 * user;
    }
    snprintf(
        text, sizeof text,
        "{\"event\":\"pusher_internal:watchlist_events\",\"data\":{\"events\":[%s]}}",
        events);
    if (bad)
        snprintf(text, sizeof text,
                 "{\"event\":\"pusher_internal:watchlist_events\",\"data\":%s}",
                 PICK_OF(world, wrong));
    transport_say(ws, bad ? LETTER_WATCHED_BAD : LETTER_WATCHED, SIGNIN, EVENT_ONLINE,
                  number, text);
}
