/*
 * Who is on the presence channel: what the server said, in order, and never more (PRES).
 */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "base/str.h"
#include "letter.h"

static size_t count_of(unsigned mask)
{
    size_t count = 0;
    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

void watch_members_lost(struct app *app, bool unread)
{
    struct watch *w = &app->watch;
    if (w->members_known)
        w->went = w->came = 0;
    w->members_known = false;
    if (!app->options.presence_diff) {
        w->members = 0;
        return;
    }
    if (!unread)
        return;
    /* Without memory for what the message says it counts for nothing. */
    w->members = w->members_before;
    w->versions_unsure = true;
}

/* --- messages --- */

static void on_roster(struct app *app, int64_t number)
{
    struct watch *w = &app->watch;
    const struct watched_channel *c = &w->channels[PRESENCE_CHANNEL];
    unsigned said = (unsigned)number & 0xffff, now = 0, before = w->members;
    for (int user = 0; user < USERS; user++) {
        bool there = said & 1u << user;
        if (there && count_of(now) < app->options.max_members)
            now |= 1u << user;
        if (before & 1u << user)
            w->went_of[user] = w->versions[user];
        w->versions[user] = (unsigned)(number >> 16);
    }
    w->members = now;
    w->members_known = true;
    w->versions_unsure |= c->gap_unsure;
    bool told = c->lost && app->options.presence_diff && !c->gap_unsure;
    w->went = told ? before & ~now : 0;
    w->came = told ? now & ~before : 0;
}

static void on_moved(struct app *app, int64_t kind, int64_t number)
{
    struct watch *w = &app->watch;
    int user = (int)(number & 0xff);
    bool there = w->members & 1u << user;
    w->moved_version = (unsigned)(number >> 16);
    if (kind == LETTER_REMOVED) {
        w->letter_moves = there;
        w->moved_version = w->versions[user];
        w->members &= ~(1u << user);
        return;
    }
    w->letter_moves = true;
    if (!there && count_of(w->members) >= app->options.max_members)
        return;
    w->members |= 1u << user;
    w->versions[user] = (unsigned)(number >> 16);
}

static void on_received(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    const struct watched_channel *c = &w->channels[PRESENCE_CHANNEL];
    int64_t kind = fact->n[1];
    w->letter_moves = false;
    if (!w->connected || fact->n[0] != w->transport || !c->wanted)
        return;
    w->members_before = w->members;
    if (kind == LETTER_ROSTER && (c->stage == WATCHED_ASKED || c->stage == WATCHED_LATE))
        on_roster(app, fact->n[4]);
    bool moves = kind == LETTER_ADDED || kind == LETTER_REMOVED;
    if (moves && c->stage == WATCHED_CONFIRMED && w->members_known)
        on_moved(app, kind, fact->n[4]);
}

/* --- what is told --- */

bool watch_change_told(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    int event = event_number(fact->text);
    if (!w->went && !w->came)
        return false;
    if (!str_starts_with(fact->more, STR("{\"id\":\"")))
        return false;
    int user = atoi(fact->more.ptr + 7);
    unsigned bit = 1u << (user % USERS);
    unsigned *set = event == EVENT_ADDED ? &w->came : &w->went;
    bool memory_failed = app->memory.failed != w->failed_at_rest;
    if (!(*set & bit) || (event == EVENT_ADDED && w->went && !memory_failed &&
                          watch_has_listener(w, PRESENCE_CHANNEL, EVENT_REMOVED)))
        return false;
    *set &= ~bit;
    w->moved_version = event == EVENT_ADDED ? w->versions[user] : w->went_of[user];
    watch_expect(app, event == EVENT_ADDED ? LETTER_ADDED : LETTER_REMOVED,
                 PRESENCE_CHANNEL, event, user);
    return true;
}

void watch_check_member(struct app *app, const struct fact *fact, int user)
{
    struct watch *w = &app->watch;
    char text[64];
    snprintf(text, sizeof text, "{\"id\":\"%d\",\"info\":{\"v\":%u}}", user,
             w->moved_version);
    if (!w->versions_unsure && !str_equal(fact->more, str_of(text)))
        violated(app->world, CHECK_I10, "a member is told as %.*s, and is %s",
                 STR_ARG(fact->more), text);
}

void watch_changes_over(struct app *app, bool disturbed)
{
    struct watch *w = &app->watch;
    bool went = w->went && watch_has_listener(w, PRESENCE_CHANNEL, EVENT_REMOVED);
    bool came = w->came && watch_has_listener(w, PRESENCE_CHANNEL, EVENT_ADDED);
    if ((went || came) && !disturbed && w->members_known)
        violated(app->world, CHECK_I10, "it was not told who %s meanwhile",
                 went ? "went" : "came");
    w->went = w->came = 0;
    if (w->members_known) /* and what they are is known from here on */
        w->versions_unsure = false;
}

/* --- levels --- */

static void on_levels(struct app *app, const struct fact *fact)
{
    struct watch *w = &app->watch;
    const struct watched_channel *c = &w->channels[PRESENCE_CHANNEL];
    char text[USERS * 40] = "";
    size_t len = 0;
    bool stands = c->stage == WATCHED_CONFIRMED && w->members_known;
    unsigned members = stands ? w->members : 0;
    if (c->unsure)
        return;
    for (int user = 0; user < USERS; user++) {
        if (members & 1u << user)
            len += (size_t)snprintf(text + len, sizeof text - len, "%d=%u ", user,
                                    w->versions[user]);
    }
    if (!str_equal(fact->text, str_of(text)))
        violated(app->world, CHECK_I10, "there are %.*s, and the server said %s",
                 STR_ARG(fact->text), text);
    if ((size_t)fact->n[0] != count_of(members) || fact->n[1] != fact->n[0])
        violated(app->world, CHECK_I10, "%u members are counted, %u listed, %u there",
                 (unsigned)fact->n[0], (unsigned)fact->n[1], (unsigned)count_of(members));
    if (fact->n[2] != (members & 1u << ME ? ME : -1))
        violated(app->world, CHECK_I10, "member %d is said to be this client",
                 (int)fact->n[2]);
}

void watch_members(struct app *app, const struct fact *fact)
{
    if (fact->kind == FACT_RECEIVED)
        on_received(app, fact);
    if (fact->kind == FACT_ROSTER)
        on_levels(app, fact);
}
