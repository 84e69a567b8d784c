/*
 * Client events on their way out: order, bounds, rate, and what is dropped (CEV-02 …
 * CEV-04).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/scenario.h"

#define ROOM "private-a"

static void expect_dropped(struct scene *s, uint64_t count)
{
    if (!s->quiet)
        assert_int_equal(core_dropped_events(s->core), count);
}

static void expect_rc(struct scene *s, int rc, int wanted)
{
    if (!s->quiet)
        assert_int_equal(rc, wanted);
}

static void joins(struct scene *s)
{
    brings_up(s);
    wants_channel(s, ROOM), grants(s, ROOM), confirms(s, ROOM);
    s->said[0] = '\0';
}

static void set_queue(struct scene *s, pusher_queue_policy policy)
{
    if (s->core)
        s->core->config.event_queue = (uint8_t)policy;
}

static void goes_out(struct scene *s)
{
    joins(s);
    expect_rc(s, triggers(s, ROOM, "client-a"), 0);
    expect(s, ">client-a(private-a)");
    assert_true(s->quiet ||
                strcmp(s->last_frame, "{\"event\":\"client-a\",\"data\":{},\"channel\":"
                                      "\"private-a\"}") == 0 ||
                strcmp(s->last_frame, "{\"event\":\"client-a\",\"channel\":\"private-a\","
                                      "\"data\":{}}") == 0);
    blocks(s, true);
    triggers(s, ROOM, "client-b"), triggers(s, ROOM, "client-c");
    blocks(s, false);
    expect(s, ">client-b(private-a) >client-c(private-a)");
    expect_dropped(s, 0);
}

static void off_keeps_none(struct scene *s)
{
    brings_up(s);
    wants_channel(s, ROOM);
    expect_rc(s, triggers(s, ROOM, "client-a"), PUSHER_ERR_STATE);
    grants(s, ROOM);
    expect_rc(s, triggers(s, ROOM, "client-a"), PUSHER_ERR_STATE);
    confirms(s, ROOM);
    s->said[0] = '\0';
    blocks(s, true);
    for (int i = 0; i < 4; i++)
        expect_rc(s, triggers(s, ROOM, "client-a"), 0);
    expect_rc(s, triggers(s, ROOM, "client-a"), PUSHER_ERR_LIMIT);
    closes(s, 4200);
    blocks(s, false);
    expect_dropped(s, 4);
    opens(s), greets(s), grants(s, ROOM), confirms(s, ROOM);
    s->said[0] = '\0';
    triggers(s, ROOM, "client-b");
    expect(s, ">client-b(private-a)");
}

/* Until the subscription is confirmed, and over a lost connection. */
static void kept_until_subscribed(struct scene *s)
{
    set_queue(s, PUSHER_QUEUE_REFUSE);
    wants_channel(s, ROOM), wants_channel(s, "private-b");
    expect_rc(s, triggers(s, ROOM, "client-1"), 0);
    brings_up(s);
    triggers(s, ROOM, "client-2"), triggers(s, "private-b", "client-3");
    grants(s, ROOM), grants(s, "private-b");
    s->said[0] = '\0';
    confirms(s, "private-b");
    expect(s, "private-b.pusher:subscription_succeeded >client-3(private-b)");
    closes(s, 4200), opens(s), greets(s), grants(s, ROOM);
    triggers(s, ROOM, "client-4");
    s->said[0] = '\0';
    confirms(s, ROOM);
    expect(s, "private-a.pusher:subscription_succeeded >client-1(private-a) "
              ">client-2(private-a) >client-4(private-a)");
    expect_dropped(s, 0);
}

static void fills(struct scene *s, pusher_queue_policy policy, int last)
{
    static const char *const names[] = {"client-1", "client-2", "client-3", "client-4"};
    set_queue(s, policy);
    brings_up(s);
    wants_channel(s, ROOM);
    for (int i = 0; i < 4; i++)
        expect_rc(s, triggers(s, ROOM, names[i]), 0);
    expect_rc(s, triggers(s, ROOM, "client-5"), last);
    grants(s, ROOM);
    s->said[0] = '\0';
    confirms(s, ROOM);
}

static void a_full_queue_refuses(struct scene *s)
{
    fills(s, PUSHER_QUEUE_REFUSE, PUSHER_ERR_LIMIT);
    expect(s, "private-a.pusher:subscription_succeeded >client-1(private-a) "
              ">client-2(private-a) >client-3(private-a) >client-4(private-a)");
    expect_dropped(s, 0);
}

static void a_full_queue_drops_the_newest(struct scene *s)
{
    fills(s, PUSHER_QUEUE_DROP_NEWEST, 0);
    expect(s, "private-a.pusher:subscription_succeeded >client-1(private-a) "
              ">client-2(private-a) >client-3(private-a) >client-4(private-a)");
    expect_dropped(s, 1);
}

static void a_full_queue_drops_the_oldest(struct scene *s)
{
    fills(s, PUSHER_QUEUE_DROP_OLDEST, 0);
    expect(s, "private-a.pusher:subscription_succeeded >client-2(private-a) "
              ">client-3(private-a) >client-4(private-a) >client-5(private-a)");
    expect_dropped(s, 1);
}

static void bounded_in_bytes(struct scene *s)
{
    set_queue(s, PUSHER_QUEUE_DROP_OLDEST);
    if (s->core)
        s->core->config.event_queue_bytes = 120;
    wants_channel(s, ROOM);
    for (int i = 0; i < 3; i++)
        expect_rc(s, triggers(s, ROOM, "client-a"), 0);
    expect_dropped(s, 1); /* two of them fit */
    if (s->core)
        s->core->config.event_queue_bytes = 10;
    expect_rc(s, triggers(s, ROOM, "client-a"), PUSHER_ERR_LIMIT);
}

static void dropped_with_the_channel(struct scene *s)
{
    set_queue(s, PUSHER_QUEUE_REFUSE);
    wants_channel(s, ROOM), wants_channel(s, "private-b");
    triggers(s, ROOM, "client-a"), triggers(s, "private-b", "client-b");
    drops_channel(s, ROOM);
    expect_dropped(s, 1);
    brings_up(s);
    grants(s, "private-b");
    s->said[0] = '\0';
    confirms(s, "private-b");
    expect(s, "private-b.pusher:subscription_succeeded >client-b(private-b)");
}

/* Delayed, and not lost. */
static void the_rate_is_limited(struct scene *s)
{
    if (s->core) {
        s->core->config.events_per_second = 2;
        s->core->config.event_queue_max = 10;
    }
    joins(s);
    after(s, 10000);
    for (int i = 0; i < 5; i++)
        triggers(s, ROOM, "client-a");
    expect(s, ">client-a(private-a) >client-a(private-a)");
    after(s, 999);
    expect(s, "");
    after(s, 1);
    expect(s, ">client-a(private-a) >client-a(private-a)");
    after(s, 500);
    triggers(s, ROOM, "client-a");
    expect(s, "");
    after(s, 500); /* no second has more than two */
    expect(s, ">client-a(private-a) >client-a(private-a)");
    after(s, 60000);
    expect(s, "");
    expect_dropped(s, 0);
}

/* The transport is given one frame, and cannot take it. */
static void fails_to_send(struct scene *s)
{
    struct buf frame;
    buf_init(&frame, &mem_default, 1000);
    if (s->core)
        core_next_frame(s->core, &frame, s->now);
    buf_free(&frame);
    fails(s, CORE_STAGE_OURS, "out of memory");
    blocks(s, false);
}

/* A frame that cannot be handed to the transport has not been sent. */
static void the_transport_cannot_take_it(struct scene *s)
{
    set_queue(s, PUSHER_QUEUE_REFUSE);
    joins(s);
    blocks(s, true);
    triggers(s, ROOM, "client-a"), triggers(s, ROOM, "client-b");
    fails_to_send(s);
    after(s, s->problem.retry_in_ms), opens(s), greets(s);
    grants(s, ROOM);
    s->said[0] = '\0';
    confirms(s, ROOM);
    expect(s, ROOM ".pusher:subscription_succeeded >client-a(private-a) "
                   ">client-b(private-a)");
    expect_dropped(s, 0);
    set_queue(s, PUSHER_QUEUE_OFF);
    blocks(s, true);
    triggers(s, ROOM, "client-c");
    fails_to_send(s);
    expect_dropped(s, 1);
    s->said[0] = '\0';
}

static void freed_with_events(struct scene *s)
{
    set_queue(s, PUSHER_QUEUE_REFUSE);
    wants_channel(s, ROOM);
    triggers(s, ROOM, "client-a");
}

static const struct scenario scenarios[] = {
    {"goes out", goes_out},
    {"off keeps none", off_keeps_none},
    {"kept until subscribed", kept_until_subscribed},
    {"a full queue refuses", a_full_queue_refuses},
    {"a full queue drops the newest", a_full_queue_drops_the_newest},
    {"a full queue drops the oldest", a_full_queue_drops_the_oldest},
    {"bounded in bytes", bounded_in_bytes},
    {"dropped with the channel", dropped_with_the_channel},
    {"the rate is limited", the_rate_is_limited},
    {"the transport cannot take it", the_transport_cannot_take_it},
    {"freed with events", freed_with_events},
};

int main(void)
{
    return play_scenarios("core: client events", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
