/*
 * Liveness beyond the timers: pings by hand and what they measure, hints, caution after
 * silent losses, the limit of attempts, and gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "scenario.h"

static void pongs(struct scene *s)
{
    says(s, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
}

static void expect_round_trip(struct scene *s, uint32_t last, uint32_t smoothed)
{
    uint32_t last_ms = 0, smoothed_ms = 0;
    if (!s->core || s->quiet)
        return;
    assert_true(core_round_trip(s->core, &last_ms, &smoothed_ms));
    assert_int_equal(last_ms, last);
    assert_int_equal(smoothed_ms, smoothed);
}

static void expect_no_round_trip(struct scene *s)
{
    uint32_t last, smoothed;
    if (s->core && !s->quiet)
        assert_false(core_round_trip(s->core, &last, &smoothed));
}

/* The next attempt starts and succeeds. */
static void comes_back(struct scene *s)
{
    after(s, s->problem.retry_in_ms), opens(s), greets(s);
    s->said[0] = '\0';
}

/* Silence from now on is noticed after exactly `ms`. */
static void expect_ping_after(struct scene *s, uint64_t ms)
{
    uint64_t since = s->now;
    at(s, since + ms - 1);
    expect(s, "");
    at(s, since + ms);
    expect(s, ">ping");
}

static void expect_gap(struct scene *s, uint64_t ms)
{
    if (s->core && !s->quiet)
        assert_true(s->gap_ms == ms);
    s->said[0] = '\0';
}

/* PING-02 */
static void pings_by_hand(struct scene *s)
{
    brings_up(s);
    expect_no_round_trip(s);
    at(s, 1000), pings_now(s);
    expect(s, ">ping");
    pings_now(s); /* one is under way */
    expect(s, "");
    at(s, 1040), pongs(s);
    expect(s, "*pusher:pong");
    expect_round_trip(s, 40, 40);
    at(s, 2000), pings_now(s), at(s, 2120), pongs(s);
    expect(s, ">ping *pusher:pong");
    expect_round_trip(s, 120, 50);
}

/* PING-04 holds for it too; a lost connection does not lose what is known. */
static void ping_by_hand_without_an_answer(struct scene *s)
{
    brings_up(s);
    at(s, 1000), pings_now(s), at(s, 1010), pongs(s);
    at(s, 2000), pings_now(s);
    at(s, 31999);
    expect(s, ">ping *pusher:pong >ping");
    at(s, 32000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
    expect_text(s, "no answer to a ping within 30000 ms");
    expect_round_trip(s, 10, 10);
}

/* Any message is a sign of life (PING-03), but only a pong measures. */
static void other_messages_do_not_measure(struct scene *s)
{
    brings_up(s);
    at(s, 1000), pings_now(s);
    at(s, 1100), says(s, "{\"event\":\"order\"}");
    expect(s, ">ping *order");
    expect_no_round_trip(s);
    at(s, 1200), pongs(s);
    expect(s, "*pusher:pong");
    expect_round_trip(s, 200, 200);
}

static void network_changed_while_up(struct scene *s)
{
    brings_up(s);
    at(s, 1000), network_changes(s);
    expect(s, ">ping");
    at(s, 5999);
    expect(s, "");
    at(s, 6000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
    expect_text(s, "no answer to a ping within 5000 ms");
}

static void network_changed_and_the_link_is_well(struct scene *s)
{
    brings_up(s);
    at(s, 1000), network_changes(s), at(s, 1050), pongs(s);
    expect(s, ">ping *pusher:pong");
    expect_ping_after(s, 120000);
}

/* A hint makes less patient, never more. */
static void network_changed_with_a_long_probe(struct scene *s)
{
    if (s->core)
        s->core->config.probe_timeout_ms = 60000;
    brings_up(s);
    at(s, 1000), network_changes(s);
    at(s, 30999);
    expect(s, ">ping");
    at(s, 31000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
}

/* A probe that is under way has less time left, never more. */
static void network_changed_while_probing(struct scene *s)
{
    brings_up(s);
    at(s, 1000), pings_now(s);
    at(s, 2000), network_changes(s);
    at(s, 6999);
    expect(s, ">ping");
    at(s, 7000);
    expect(s, "!pong_timeout/-1/1+ =connecting hangup");
}

static void network_changed_near_the_end_of_a_probe(struct scene *s)
{
    brings_up(s);
    at(s, 1000), pings_now(s);
    at(s, 30000), network_changes(s);
    at(s, 31000);
    expect(s, ">ping !pong_timeout/-1/1+ =connecting hangup");
}

static void network_changed_while_waiting(struct scene *s)
{
    wants_connection(s), fails(s, CORE_STAGE_CONNECT, "unreachable");
    expect(s, "=connecting dial#1 !connect/-1/1+ hangup");
    network_changes(s);
    expect(s, "dial#2");
    fails(s, CORE_STAGE_CONNECT, "unreachable"); /* and the backoff goes on */
    expect(s, "!connect/-1/2+ hangup");
}

/* An attempt may hang on the network that is gone; a young one does not. */
static void network_changed_while_dialling(struct scene *s)
{
    wants_connection(s);
    at(s, 999), network_changes(s);
    expect(s, "=connecting dial#1");
    at(s, 1000), network_changes(s);
    expect(s, "dial#2");
    at(s, 1500), network_changes(s);
    expect(s, "");
    at(s, 15999);
    expect(s, "=unavailable");
    at(s, 16000);
    expect(s, "!connect/-1/1+ hangup");
}

static void network_changed_without_a_wish(struct scene *s)
{
    network_changes(s), pings_now(s);
    expect(s, "");
    wants_connection(s), wants_none(s), network_changes(s), pings_now(s);
    expect(s, "=connecting dial#1 =disconnected hangup");
}

/* PING-07: silence for half the time that the last connection lived. */
static void caution_after_a_silent_loss(struct scene *s)
{
    brings_up(s);
    at(s, 100000), closes(s, -1);
    comes_back(s);
    expect_ping_after(s, 50000);
    pongs(s);
    expect(s, "*pusher:pong");
    /* One that lives twice its timeout shows that there is no need. */
    after(s, 49000), says(s, "{\"event\":\"a\"}");
    after(s, 49000), says(s, "{\"event\":\"b\"}");
    closes(s, -1);
    comes_back(s);
    expect_ping_after(s, 120000);
}

static void caution_has_a_floor(struct scene *s)
{
    brings_up(s);
    at(s, 500), closes(s, -1);
    comes_back(s);
    expect_ping_after(s, 10000);
}

/* A server that says why, and the user, teach nothing about the network. */
static void no_caution_after_a_close_code(struct scene *s)
{
    brings_up(s);
    at(s, 50000), closes(s, 4200);
    opens(s), greets(s);
    wants_none(s), wants_connection(s), opens(s), greets(s);
    s->said[0] = '\0';
    expect_ping_after(s, 120000);
}

/* RETRY-06 */
static void attempts_are_limited_on_request(struct scene *s)
{
    if (s->core)
        s->core->config.max_attempts = 2;
    wants_connection(s), fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "=connecting dial#1 !connect/-1/1+ hangup");
    after(s, s->problem.retry_in_ms), fails(s, CORE_STAGE_CONNECT, "refused");
    expect(s, "dial#2 !connect/-1/2- =disconnected hangup");
    expect_text(s, "not tried again before the next connect");
    after(s, 3600000);
    expect(s, "");
    wants_connection(s);
    expect(s, "=connecting dial#3");
    fails(s, CORE_STAGE_CONNECT, "refused"); /* nothing was stable meanwhile */
    expect(s, "!connect/-1/3- =disconnected hangup");
}

/* SUB-16: from the last message of the lost connection to the new subscription. */
static void gap_after_a_loss(struct scene *s)
{
    wants_channel(s, "room");
    brings_up(s), confirms(s, "room");
    expect_gap(s, CORE_NEVER);
    at(s, 7000), says(s, "{\"event\":\"order\",\"channel\":\"room\"}");
    at(s, 9000), closes(s, -1);
    after(s, s->problem.retry_in_ms), fails(s, CORE_STAGE_CONNECT, "refused");
    comes_back(s);
    after(s, 30), confirms(s, "room");
    expect_gap(s, s->now - 7000);
    /* A second loss counts from what was heard since. */
    after(s, 100), closes(s, -1);
    comes_back(s), confirms(s, "room");
    expect_gap(s, 100 + s->problem.retry_in_ms);
}

static void arrived(struct scene *s, uint32_t generation, uint64_t when)
{
    if (s->core)
        core_on_arrival(s->core, generation, when);
}

/* What was read late came before: by when it arrived, the connection may have been dead
 * for long. */
static void gap_after_late_reading(struct scene *s)
{
    wants_channel(s, "room");
    brings_up(s), confirms(s, "room");
    at(s, 60000), says(s, "{\"event\":\"order\",\"channel\":\"room\"}");
    arrived(s, s->want.generation - 1, 10); /* of another one */
    arrived(s, s->want.generation, 2000);
    closes(s, -1);
    comes_back(s), confirms(s, "room");
    expect_gap(s, s->now - 2000);
    /* A close frame may arrive after the last message, or nothing is known of it. */
    uint64_t heard_at = s->now;
    after(s, 100), arrived(s, s->want.generation, s->now), closes(s, -1);
    comes_back(s), confirms(s, "room");
    expect_gap(s, s->now - heard_at);
    heard_at = s->now;
    after(s, 100), arrived(s, s->want.generation, CORE_NEVER);
    wants_none(s);
    after(s, 100), wants_connection(s), opens(s), greets(s), confirms(s, "room");
    expect_gap(s, s->now - heard_at);
}

/* What was never subscribed, or is asked for anew, misses nothing. */
static void no_gap_for_what_is_new(struct scene *s)
{
    wants_channel(s, "room");
    brings_up(s);
    at(s, 1000), closes(s, 4200); /* before the confirmation */
    opens(s), greets(s), confirms(s, "room");
    expect_gap(s, CORE_NEVER);
    closes(s, -1), drops_channel(s, "room"), wants_channel(s, "room");
    comes_back(s), confirms(s, "room");
    expect_gap(s, CORE_NEVER);
    /* Also when the answer is still under way, and is taken for the new one (SUB-05). */
    closes(s, -1), comes_back(s);
    drops_channel(s, "room"), wants_channel(s, "room"), confirms(s, "room");
    expect_gap(s, CORE_NEVER);
}

/* disconnect() is a loss of events like any other. */
static void gap_after_a_disconnect(struct scene *s)
{
    wants_channel(s, "room");
    brings_up(s), confirms(s, "room");
    at(s, 1000), wants_none(s);
    at(s, 61000), wants_connection(s), opens(s), greets(s), confirms(s, "room");
    expect_gap(s, 61000);
}

static const struct scenario scenarios[] = {
    {"pings by hand", pings_by_hand},
    {"ping by hand without an answer", ping_by_hand_without_an_answer},
    {"other messages do not measure", other_messages_do_not_measure},
    {"network changed while up", network_changed_while_up},
    {"network changed and the link is well", network_changed_and_the_link_is_well},
    {"network changed with a long probe", network_changed_with_a_long_probe},
    {"network changed while probing", network_changed_while_probing},
    {"network changed near the end of a probe", network_changed_near_the_end_of_a_probe},
    {"network changed while waiting", network_changed_while_waiting},
    {"network changed while dialling", network_changed_while_dialling},
    {"network changed without a wish", network_changed_without_a_wish},
    {"caution after a silent loss", caution_after_a_silent_loss},
    {"caution has a floor", caution_has_a_floor},
    {"no caution after a close code", no_caution_after_a_close_code},
    {"attempts are limited on request", attempts_are_limited_on_request},
    {"gap after a loss", gap_after_a_loss},
    {"gap after late reading", gap_after_late_reading},
    {"no gap for what is new", no_gap_for_what_is_new},
    {"gap after a disconnect", gap_after_a_disconnect},
};

int main(void)
{
    return play_scenarios("core: liveness", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
