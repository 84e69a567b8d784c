/*
 * What each input does in each phase. In every phase the channel "room" is wanted; while
 * connected it is subscribed. The option is no TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/str.h"
#include "matrix.h"

/* --- inputs --- */

static void in_binary_old(struct scene *s)
{
    core_on_binary(s->core, s->want.generation - 1, 3, s->now);
    settle(s);
}

static void in_open_old(struct scene *s)
{
    core_on_open(s->core, s->want.generation - 1, s->now);
    settle(s);
}

static void in_event(struct scene *s)
{
    says(s, "{\"event\":\"order\",\"channel\":\"room\",\"data\":\"{}\"}");
}

static void in_event_old(struct scene *s)
{
    says_as(s, s->want.generation - 1, "{\"event\":\"order\",\"channel\":\"room\"}");
}

static void in_ping(struct scene *s)
{
    says(s, "{\"event\":\"pusher:ping\",\"data\":\"{}\"}");
}

static void in_pong(struct scene *s)
{
    says(s, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
}

static void in_internal(struct scene *s)
{
    says(s, "{\"event\":\"pusher_internal:novelty\",\"channel\":\"room\"}");
}

static void in_nonsense(struct scene *s)
{
    says(s, "nonsense");
}

static void in_error_4001(struct scene *s)
{
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4001}}");
}

static void in_error_4200(struct scene *s)
{
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":4200}}");
}

static void in_error_null(struct scene *s)
{
    says(s, "{\"event\":\"pusher:error\",\"data\":{\"code\":null}}");
}

static void in_confirm(struct scene *s)
{
    confirms(s, "room");
}

static void in_refuse(struct scene *s)
{
    refuses(s, "room");
}

static void in_count(struct scene *s)
{
    says(s, "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"room\","
            "\"data\":\"{\\\"subscription_count\\\":3}\"}");
}

static void in_lost(struct scene *s)
{
    closes(s, -1);
}

static void in_unreachable(struct scene *s)
{
    fails(s, CORE_STAGE_CONNECT, "refused");
}

static void in_too_long(struct scene *s)
{
    fails(s, CORE_STAGE_LIMIT, "");
}

static void in_4000(struct scene *s)
{
    closes(s, 4000);
}

static void in_4001(struct scene *s)
{
    closes(s, 4001);
}

static void in_4100(struct scene *s)
{
    closes(s, 4100);
}

static void in_4200(struct scene *s)
{
    closes(s, 4200);
}

static void in_4001_old(struct scene *s)
{
    core_on_closed(s->core, s->want.generation - 1,
                   &(struct core_closed){.stage = CORE_STAGE_OPEN, .close_code = 4001},
                   s->now);
    settle(s);
}

static void in_time_early(struct scene *s)
{
    core_on_time(s->core, s->now);
    settle(s);
}

/* To the next deadline, whichever it is. */
static void in_time_due(struct scene *s)
{
    if (core_deadline(s->core) != CORE_NEVER)
        at(s, core_deadline(s->core));
}

/* To the deadline of the phase. */
static void in_time_phase(struct scene *s)
{
    if (s->core->phase_deadline != CORE_NEVER)
        at(s, s->core->phase_deadline);
}

static void in_subscribe(struct scene *s)
{
    wants_channel(s, "hall");
}

static void in_subscribe_again(struct scene *s)
{
    wants_channel(s, "room");
}

static void in_unsubscribe(struct scene *s)
{
    drops_channel(s, "room");
}

/* --- the matrix --- */

static const struct matrix_row rows[] = {
    /* CONN-03, CONN-08 */
    {"connect()",
     wants_connection,
     {"opening: =connecting dial#1", "opening:", "greeting:", "up:", "probing:",
      "waiting:", "opening: =connecting dial#2"}},
    /* CONN-07 */
    {"disconnect()",
     wants_none,
     {"idle: =disconnected", "idle: =disconnected hangup", "idle: =disconnected hangup",
      "idle: =disconnected hangup", "idle: =disconnected hangup", "idle: =disconnected",
      "idle:"}},
    {"ping()",
     pings_now,
     {"idle:", "opening:", "greeting:", "probing: >ping",
      "probing:", "waiting:", "refused:"}},
    {"network_changed()",
     network_changes,
     {"idle:", "opening:", "greeting:", "probing: >ping", "probing:", "opening: dial#2",
      "refused:"}},
    {"open",
     opens,
     {"idle:", "greeting:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* I1 */
    {"open, old",
     in_open_old,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* HS-02; T33 once connected */
    {"a greeting",
     greets,
     {"idle:", "opening:", "up: =connected >subscribe(room)",
      "waiting: !greeting/-1/1+ =connecting hangup",
      "waiting: !greeting/-1/1+ =connecting hangup", "waiting:", "refused:"}},
    /* HS-01, HS-04, MSG-07, PING-03 */
    {"an event",
     in_event,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup", "up: room+order",
      "up: room+order", "waiting:", "refused:"}},
    {"an event, old",
     in_event_old,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* PING-05 */
    {"pusher:ping",
     in_ping,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup", "up: *pusher:ping >pong",
      "up: *pusher:ping >pong", "waiting:", "refused:"}},
    {"pusher:pong",
     in_pong,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup", "up: *pusher:pong",
      "up: *pusher:pong", "waiting:", "refused:"}},
    /* MSG-07 */
    {"an unknown internal event",
     in_internal,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup",
      "up:", "up:", "waiting:", "refused:"}},
    /* HS-04, MSG-05 */
    {"nonsense",
     in_nonsense,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup", "up: !protocol/-1/0+",
      "probing: !protocol/-1/0+", "waiting:", "refused:"}},
    /* HS-03, CLOSE-12 */
    {"pusher:error 4001",
     in_error_4001,
     {"idle:", "opening:", "refused: !server/4001/1- =disconnected hangup",
      "up: !server/4001/0+ *pusher:error", "up: !server/4001/0+ *pusher:error",
      "waiting:", "refused:"}},
    {"pusher:error 4200",
     in_error_4200,
     {"idle:", "opening:", "opening: !server/4200/1+ dial#2",
      "up: !server/4200/0+ *pusher:error", "up: !server/4200/0+ *pusher:error",
      "waiting:", "refused:"}},
    /* HS-05 */
    {"pusher:error null",
     in_error_null,
     {"idle:", "opening:", "waiting: !server/-1/1+ hangup",
      "up: !server/-1/0+ *pusher:error", "up: !server/-1/0+ *pusher:error",
      "waiting:", "refused:"}},
    /* SUB-03: answers nothing here */
    {"subscription_succeeded",
     in_confirm,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup",
      "up:", "up:", "waiting:", "refused:"}},
    /* SUB-10: answers nothing here */
    {"subscription_error",
     in_refuse,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup",
      "up: room+pusher:subscription_error", "up: room+pusher:subscription_error",
      "waiting:", "refused:"}},
    /* SUB-14 */
    {"subscription_count",
     in_count,
     {"idle:", "opening:", "waiting: !greeting/-1/1+ hangup",
      "up: room.pusher:subscription_count", "up: room.pusher:subscription_count",
      "waiting:", "refused:"}},
    /* URL-03 C */
    {"a binary frame",
     sends_binary,
     {"idle:", "opening:", "greeting: !protocol/-1/0+", "up: !protocol/-1/0+",
      "probing: !protocol/-1/0+", "waiting:", "refused:"}},
    {"a binary frame, old",
     in_binary_old,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* HS-06, CONN-06 C */
    {"closed without a code",
     in_lost,
     {"idle:", "waiting: !greeting/-1/1+ hangup", "waiting: !greeting/-1/1+ hangup",
      "waiting: !closed/-1/1+ =connecting hangup",
      "waiting: !closed/-1/1+ =connecting hangup", "waiting:", "refused:"}},
    {"no TCP connection",
     in_unreachable,
     {"idle:", "waiting: !connect/-1/1+ hangup", "waiting: !connect/-1/1+ hangup",
      "waiting: !connect/-1/1+ =connecting hangup",
      "waiting: !connect/-1/1+ =connecting hangup", "waiting:", "refused:"}},
    {"a message too long",
     in_too_long,
     {"idle:", "waiting: !limit/-1/1+ hangup", "waiting: !limit/-1/1+ hangup",
      "waiting: !limit/-1/1+ =connecting hangup",
      "waiting: !limit/-1/1+ =connecting hangup", "waiting:", "refused:"}},
    /* CLOSE-04 C */
    {"closed 4000",
     in_4000,
     {"idle:", "opening: !closed/4000/1+ dial#2/tls",
      "opening: !closed/4000/1+ dial#2/tls",
      "opening: !closed/4000/1+ =connecting dial#2/tls",
      "opening: !closed/4000/1+ =connecting dial#2/tls", "waiting:", "refused:"}},
    /* CLOSE-03 */
    {"closed 4001",
     in_4001,
     {"idle:", "refused: !closed/4001/1- =disconnected hangup",
      "refused: !closed/4001/1- =disconnected hangup",
      "refused: !closed/4001/1- =disconnected hangup",
      "refused: !closed/4001/1- =disconnected hangup", "waiting:", "refused:"}},
    /* CLOSE-05 */
    {"closed 4100",
     in_4100,
     {"idle:", "waiting: !closed/4100/1+ hangup", "waiting: !closed/4100/1+ hangup",
      "waiting: !closed/4100/1+ =connecting hangup",
      "waiting: !closed/4100/1+ =connecting hangup", "waiting:", "refused:"}},
    /* CLOSE-06 C */
    {"closed 4200",
     in_4200,
     {"idle:", "opening: !closed/4200/1+ dial#2", "opening: !closed/4200/1+ dial#2",
      "opening: !closed/4200/1+ =connecting dial#2",
      "opening: !closed/4200/1+ =connecting dial#2", "waiting:", "refused:"}},
    {"closed 4001, old",
     in_4001_old,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    {"time, nothing due",
     in_time_early,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* CONN-05, PING-02, PING-04 */
    {"the next deadline",
     in_time_due,
     {"idle:", "opening: =unavailable", "greeting: =unavailable", "probing: >ping",
      "waiting: !pong_timeout/-1/1+ =connecting hangup", "opening: dial#2", "refused:"}},
    /* RETRY-04, HS-07 */
    {"the deadline of the phase",
     in_time_phase,
     {"idle:", "waiting: =unavailable !connect/-1/1+ hangup",
      "waiting: =unavailable !greeting/-1/1+ hangup", "probing: >ping",
      "waiting: !pong_timeout/-1/1+ =connecting hangup", "opening: dial#2", "refused:"}},
    /* SUB-01 */
    {"subscribe another",
     in_subscribe,
     {"idle:", "opening:", "greeting:", "up: >subscribe(hall)",
      "probing: >subscribe(hall)", "waiting:", "refused:"}},
    /* SUB-05, CHAN-02 */
    {"subscribe again",
     in_subscribe_again,
     {"idle:", "opening:", "greeting:", "up:", "probing:", "waiting:", "refused:"}},
    /* SUB-04 */
    {"unsubscribe",
     in_unsubscribe,
     {"idle:", "opening:", "greeting:", "up: >unsubscribe(room)",
      "probing: >unsubscribe(room)", "waiting:", "refused:"}},
};

static void wants_room(struct scene *s)
{
    wants_channel(s, "room");
}

static void room_is_confirmed(struct scene *s)
{
    confirms(s, "room");
}

static void every_cell(void **state)
{
    (void)state;
    matrix_check(&(struct matrix){.wants = wants_room,
                                  .answers = room_is_confirmed,
                                  .rows = rows,
                                  .count = sizeof rows / sizeof *rows});
}

/* The phases may follow each other only like this. */
static void transitions(void **state)
{
    (void)state;
    static const char *const legal[PHASE_COUNT] = {
        /* to:  idle opening greeting up probing waiting refused */
        [PHASE_IDLE] = ".o.....",     [PHASE_OPENING] = "iog..wr",
        [PHASE_GREETING] = "io.u.wr", [PHASE_UP] = "io..pwr",
        [PHASE_PROBING] = "io.u.wr",  [PHASE_WAITING] = "io.....",
        [PHASE_REFUSED] = "io.....",
    };
    for (int from = 0; from < PHASE_COUNT; from++) {
        for (int to = 0; to < PHASE_COUNT; to++) {
            bool expected = legal[from][to] != '.';
            assert_true(phase_may_follow((enum phase)from, (enum phase)to) == expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(transitions),
    };
    return cmocka_run_group_tests_name("core: phases and inputs", tests, NULL, NULL);
}
