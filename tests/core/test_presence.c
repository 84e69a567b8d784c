/*
 * Presence channels: the roster, who comes and goes, what is malformed (PRES-01 …
 * PRES-09).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/scenario.h"

#define ROOM      "presence-a"
#define SUCCEEDED "presence-a.pusher:subscription_succeeded"

/* Asked for and authorized as member 7. */
static void joins(struct scene *s)
{
    wants_channel(s, ROOM);
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:" SCENE_SIGNATURE
                "\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
}

/* The server confirms; `presence` is what "presence" holds. */
static void lists(struct scene *s, const char *presence)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_succeeded\",\"channel\":\"" ROOM
             "\",\"data\":{\"presence\":%s}}",
             presence);
    says(s, text);
}

static void moves(struct scene *s, const char *event, const char *data)
{
    char text[512];
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"channel\":\"" ROOM "\",\"data\":%s}",
             event, data);
    says(s, text);
}

static void comes(struct scene *s, const char *data)
{
    moves(s, "pusher_internal:member_added", data);
}

static void goes(struct scene *s, const char *data)
{
    moves(s, "pusher_internal:member_removed", data);
}

/* "id=info id=info", in order. */
static void expect_members(struct scene *s, const char *list)
{
    char found[512] = "";
    size_t used = 0, count = 0;
    struct core_channel *channel = s->core ? core_find_channel(s->core, STR(ROOM)) : NULL;
    struct core_member member = {.id = {NULL, 0}};
    if (s->quiet)
        return;
    assert_non_null(channel);
    while (core_next_member(channel, member.id, &member)) {
        struct core_member same;
        assert_true(core_find_member(channel, member.id, &same));
        assert_ptr_equal(same.id.ptr, member.id.ptr);
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%.*s=%.*s",
                                 count++ ? " " : "", STR_ARG(member.id),
                                 STR_ARG(member.info));
    }
    assert_string_equal(found, list);
    assert_int_equal(core_member_count(channel), count);
}

static bool is_me(struct scene *s, const char *id)
{
    struct core_member me;
    struct core_channel *channel = s->core ? core_find_channel(s->core, STR(ROOM)) : NULL;
    return s->quiet || (channel && core_me(channel, &me) && str_equal(me.id, str_of(id)));
}

static void has_a_roster(struct scene *s)
{
    brings_up(s), joins(s);
    expect_members(s, "");
    lists(s, "{\"count\":2,\"ids\":[\"7\",\"x\"],\"hash\":{\"7\":{\"n\":1},\"x\":null}}");
    expect(s, "?presence-a >subscribe(presence-a) " SUCCEEDED);
    expect_members(s, "7={\"n\":1} x=");
    assert_true(is_me(s, "7"));
}

static void they_come_and_go(struct scene *s)
{
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":{}}}");
    s->said[0] = '\0';
    comes(s, "{\"user_id\":8,\"user_info\":{\"n\": \"\\u00e4\"}}");
    expect(s, "presence-a.pusher:member_added");
    assert_true(s->quiet ||
                strcmp(s->data, "{\"id\":\"8\",\"info\":{\"n\": \"\\u00e4\"}}") == 0);
    expect_members(s, "7={} 8={\"n\": \"\\u00e4\"}");
    comes(s, "\"{\\\"user_id\\\":\\\"a\\\\\\\"b\\\"}\""); /* as text, and without info */
    expect(s, "presence-a.pusher:member_added");
    assert_true(s->quiet || strcmp(s->data, "{\"id\":\"a\\\"b\",\"info\":null}") == 0);
    goes(s, "{\"user_id\":\"8\"}");
    expect(s, "presence-a.pusher:member_removed");
    assert_true(s->quiet || /* as last known (PRES-04) */
                strcmp(s->data, "{\"id\":\"8\",\"info\":{\"n\": \"\\u00e4\"}}") == 0);
    expect_members(s, "7={} a\"b=");
    goes(s, "{\"user_id\":\"8\"}");
    expect(s, ""); /* not known: silent */
    assert_true(is_me(s, "7"));
    goes(s, "{\"user_id\":7}");
    assert_true(s->quiet || !is_me(s, "7"));
    s->said[0] = '\0';
}

/* PRES-03: told, and counted once. */
static void twice_is_once(struct scene *s)
{
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":{\"n\":1}}}");
    s->said[0] = '\0';
    comes(s, "{\"user_id\":\"7\",\"user_info\":{\"n\":2}}");
    expect(s, "presence-a.pusher:member_added");
    expect_members(s, "7={\"n\":2}");
}

/* PRES-09, PRES-05 and wrong counts. */
static void shapes_of_other_servers(struct scene *s)
{
    brings_up(s);
    static const struct {
        const char *presence, *members;
    } shapes[] = {
        {"{\"count\":0,\"ids\":[],\"hash\":[]}", ""},
        {"{\"hash\":[{\"n\":0},{\"n\":1}]}", "0={\"n\":0} 1={\"n\":1}"},
        {"{\"count\":99,\"hash\":{\"a\":1}}", "a=1"},
        {"{\"hash\":{\"a\":1,\"a\":2}}", "a=2"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        joins(s), lists(s, shapes[i].presence);
        expect_members(s, shapes[i].members);
        drops_channel(s, ROOM);
        s->said[0] = '\0';
    }
}

/* Without a list there is no roster: not told, asked for anew (PRES-09 C). */
static void no_list(struct scene *s)
{
    brings_up(s), joins(s);
    s->said[0] = '\0';
    lists(s, "7");
    expect(s, "!subscribe(presence-a)/-1/0+");
    expect_text(s, "the subscription is of no use: the server sent no list");
    expect_state_of(s, ROOM, PUSHER_SUBSCRIPTION_FAILED);
    comes(s, "{\"user_id\":8}");
    expect(s, "");
    after(s, s->problem.retry_in_ms);
    expect(s, ">unsubscribe(presence-a) ?presence-a");
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    lists(s, "{\"hash\":{}}");
    expect(s, ">subscribe(presence-a) " SUCCEEDED);
}

static void malformed_members(struct scene *s)
{
    static const char *const data[] = {"null", "7", "{}", "{\"user_id\":{}}", "\"x\""};
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":{}}}");
    s->said[0] = '\0';
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        comes(s, data[i]);
        expect(s, "!protocol(presence-a)/-1/0+");
        goes(s, data[i]);
        expect(s, "!protocol(presence-a)/-1/0+");
    }
    expect_members(s, "7={}");
}

/* PRES-06 */
static void nobody_is_there_when_it_is_lost(struct scene *s)
{
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":{},\"8\":{}}}");
    closes(s, 4200);
    expect_members(s, "");
    assert_true(s->quiet || !is_me(s, "7"));
    opens(s), greets(s);
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    expect_members(s, "");
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"9\":{}}}");
    expect(s, SUCCEEDED);
    expect_members(s, "9={}");
}

static void who_came_and_went_meanwhile(struct scene *s)
{
    if (s->core)
        s->core->config.presence_diff = true;
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":1,\"8\":2,\"9\":3}}");
    expect(s, "?presence-a >subscribe(presence-a) " SUCCEEDED);
    closes(s, 4200), opens(s), greets(s);
    expect_members(s, "");
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"7\":1,\"9\":4,\"a\":5,\"b\":6}}");
    expect(s,
           SUCCEEDED " presence-a.pusher:member_removed presence-a.pusher:member_added "
                     "presence-a.pusher:member_added");
    expect_members(s, "7=1 9=4 a=5 b=6");
    closes(s, 4200), opens(s), greets(s);
    drops_channel(s, ROOM);
    s->said[0] = '\0';
}

static void a_full_roster(struct scene *s)
{
    if (s->core)
        s->core->config.max_members = 2;
    brings_up(s), joins(s);
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"1\":1,\"2\":2,\"3\":3,\"4\":4}}");
    expect(s, "!limit(presence-a)/-1/0+ " SUCCEEDED);
    expect_text(s, "2 members are not in the roster, which holds 2; raise max_members");
    expect_members(s, "1=1 2=2");
    comes(s, "{\"user_id\":5}");
    expect(s, "!limit(presence-a)/-1/0+ presence-a.pusher:member_added");
    goes(s, "{\"user_id\":\"1\"}");
    comes(s, "{\"user_id\":\"6\"}");
    expect_members(s, "2=2 6=");
    s->said[0] = '\0';
}

/* A server cannot make a roster grow without bound by what it tells of each member. */
static void too_much_of_a_member(struct scene *s)
{
    if (s->core) {
        s->core->config.max_member_bytes = 8;
        s->core->config.max_members = 3;
    }
    brings_up(s), joins(s);
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"7\":{\"n\":12},\"8\":{\"n\":123},\"9\":\"12345678\"}}");
    expect(s, "!limit(presence-a)/-1/0+ " SUCCEEDED);
    expect_text_start(s,
                      "2 members are in the roster without their info, which is longer "
                      "than 8 bytes; raise max_member_bytes");
    expect_members(s, "7={\"n\":12} 8= 9=");
    comes(s, "{\"user_id\":7,\"user_info\":\"12345678\"}"); /* the old one is not true */
    expect(s, "!limit(presence-a)/-1/0+ presence-a.pusher:member_added");
    assert_true(s->quiet || strcmp(s->data, "{\"id\":\"7\",\"info\":null}") == 0);
    expect_members(s, "7= 8= 9=");
    comes(s, "{\"user_id\":10,\"user_info\":\"12345678\"}");
    expect_text_start(
        s, "1 members are not in the roster, which holds 3; raise max_members");
    comes(s, "{\"user_id\":9,\"user_info\":\"123456\"}");
    expect_members(s, "7= 8= 9=\"123456\"");
    drops_channel(s, ROOM), joins(s);
    lists(s, "{\"hash\":[1,\"12345678\",2,3,\"12345678\"]}");
    expect_text_start(
        s, "2 members are not in the roster, which holds 3; raise max_members; "
           "1 members are in the roster without their info");
    expect_members(s, "0=1 1= 2=2");
    s->said[0] = '\0';
}

/* Events for other kinds of channels and other stages mean nothing. */
static void members_of_nothing(struct scene *s)
{
    brings_up(s), joins(s);
    s->said[0] = '\0';
    comes(s, "{\"user_id\":8}"); /* before the list */
    expect(s, "");
    says(s, "{\"event\":\"pusher_internal:member_added\",\"channel\":\"presence-b\","
            "\"data\":{\"user_id\":1}}");
    wants_channel(s, "room"), confirms(s, "room");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher_internal:member_added\",\"channel\":\"room\","
            "\"data\":{\"user_id\":1}}");
    expect(s, "");
}

/* Of a channel without a roster, or one that is not there. */
static void nobody(struct scene *s)
{
    struct core_member member = {.id = {NULL, 0}};
    brings_up(s);
    wants_channel(s, "room"), wants_channel(s, ROOM);
    static const char *const names[] = {"room", ROOM};
    for (int i = 0; i < 2; i++) {
        struct core_channel *channel =
            s->core ? core_find_channel(s->core, str_of(names[i])) : NULL;
        if (!channel)
            continue;
        assert_int_equal(core_member_count(channel), 0);
        assert_false(core_me(channel, &member));
        assert_false(core_find_member(channel, STR("7"), &member));
        assert_false(core_next_member(channel, STR("7"), &member));
    }
    drops_channel(s, ROOM);
    joins(s), lists(s, "{\"hash\":{\"7\":1,\"8\":{}}}");
    comes(s, "{\"user_id\":7,\"user_info\":1}"); /* with the same info */
    expect_members(s, "7=1 8={}");
    struct core_channel *channel = s->core ? core_find_channel(s->core, STR(ROOM)) : NULL;
    if (channel && core_member_count(channel))
        assert_false(core_next_member(channel, STR("nobody"), &member));
    goes(s, "{\"user_id\":\"nobody\"}");
    s->said[0] = '\0';
    says(s, "{\"event\":\"pusher_internal:member_removed\",\"channel\":\"room\","
            "\"data\":{\"user_id\":1}}");
    says(s, "{\"event\":\"pusher_internal:member_removed\",\"channel\":\"none\","
            "\"data\":{\"user_id\":1}}");
    expect(s, "");
}

/* Changes, and an end of the subscription before they are told. */
static void changes_are_not_told_twice(struct scene *s)
{
    if (s->core)
        s->core->config.presence_diff = true;
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"1\":1,\"2\":2}}");
    for (int i = 0; i < 3; i++) {
        closes(s, 4200), after(s, s->problem.retry_in_ms), opens(s), greets(s);
        grants_with(s, ROOM,
                    "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
        s->said[0] = '\0';
        lists(s, i % 2 ? "{\"hash\":{\"1\":1,\"2\":2}}" : "{\"hash\":{\"2\":3,\"2\":4}}");
        expect(s, i % 2 ? SUCCEEDED " presence-a.pusher:member_added"
                        : SUCCEEDED " presence-a.pusher:member_removed");
    }
    /* Lost again before the list: those kept aside are still the same. */
    closes(s, 4200), after(s, s->problem.retry_in_ms), opens(s), greets(s);
    closes(s, 4200), after(s, s->problem.retry_in_ms), opens(s), greets(s);
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"2\":4,\"5\":5}}");
    expect(s, SUCCEEDED " presence-a.pusher:member_added");
    expect_members(s, "2=4 5=5");
}

/* Full is full, also of those who were there before. */
static void a_full_roster_again(struct scene *s)
{
    if (s->core) {
        s->core->config.presence_diff = true;
        s->core->config.max_members = 2;
    }
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":1,\"8\":2}}");
    closes(s, 4200), opens(s), greets(s);
    grants_with(s, ROOM,
                "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    s->said[0] = '\0';
    lists(s, "{\"hash\":{\"1\":1,\"2\":2,\"7\":1,\"8\":2}}");
    expect_members(s, "1=1 2=2");
    s->said[0] = '\0';
}

/* Each useless confirmation is a failure more, and the next try later. */
static void useless_again_and_again(struct scene *s)
{
    uint32_t longest_ms = 0;
    brings_up(s), joins(s);
    for (int i = 0; i < 12; i++) {
        lists(s, "5");
        if (s->problem.retry_in_ms > longest_ms)
            longest_ms = s->problem.retry_in_ms;
        after(s, s->problem.retry_in_ms);
        grants_with(s, ROOM,
                    "{\"auth\":\"appkey:1\",\"channel_data\":\"{\\\"user_id\\\":7}\"}");
    }
    if (!s->quiet)
        assert_true(longest_ms > 4000);
    s->said[0] = '\0';
}

static void freed_with_members(struct scene *s)
{
    if (s->core)
        s->core->config.presence_diff = true;
    brings_up(s), joins(s), lists(s, "{\"hash\":{\"7\":1,\"8\":2}}");
    closes(s, 4200);
    s->said[0] = '\0';
}

static const struct scenario scenarios[] = {
    {"has a roster", has_a_roster},
    {"they come and go", they_come_and_go},
    {"twice is once", twice_is_once},
    {"shapes of other servers", shapes_of_other_servers},
    {"no list", no_list},
    {"malformed members", malformed_members},
    {"nobody is there when it is lost", nobody_is_there_when_it_is_lost},
    {"who came and went meanwhile", who_came_and_went_meanwhile},
    {"a full roster", a_full_roster},
    {"too much of a member", too_much_of_a_member},
    {"members of nothing", members_of_nothing},
    {"nobody", nobody},
    {"changes are not told twice", changes_are_not_told_twice},
    {"a full roster again", a_full_roster_again},
    {"useless again and again", useless_again_and_again},
    {"freed with members", freed_with_members},
};

int main(void)
{
    return play_scenarios("core: presence", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
