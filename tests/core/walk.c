/*
 * A walk through a core: bytes as a script of inputs.
 */
#include "walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "scenario.h"

struct script {
    const uint8_t *at;
    size_t left;
};

/* After the end there are only zeros. */
static uint8_t next_byte(struct script *script)
{
    if (!script->left)
        return 0;
    script->left--;
    return *script->at++;
}

static uint32_t next_number(struct script *script)
{
    uint32_t high = next_byte(script);
    return high << 8 | next_byte(script);
}

static const char *next_channel(struct script *script)
{
    static const char *const names[] = {"a", "room", "presence-x", "a-longer-name",
                                        "private-b"};
    return names[next_byte(script) % (sizeof names / sizeof *names)];
}

/* --- steps --- */

static void step_connect(struct scene *s, struct script *script)
{
    (void)script;
    wants_connection(s);
}

static void step_disconnect(struct scene *s, struct script *script)
{
    (void)script;
    wants_none(s);
}

static void step_open(struct scene *s, struct script *script)
{
    (void)script;
    opens(s);
}

static void step_greet(struct scene *s, struct script *script)
{
    uint8_t kind = next_byte(script);
    if (kind < 240) {
        greets(s);
        return;
    }
    char text[160];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher:connection_established\",\"data\":"
             "{\"socket_id\":\"%u.%u\",\"activity_timeout\":%d}}",
             next_number(script), next_number(script), next_byte(script) - 8);
    says(s, text);
}

/* All the way up: most of what can happen happens there. */
static void step_up(struct scene *s, struct script *script)
{
    (void)script;
    wants_connection(s);
    if (s->core->phase == PHASE_WAITING)
        at(s, s->core->phase_deadline);
    opens(s);
    if (s->core->phase == PHASE_GREETING)
        greets(s);
}

static void step_event(struct scene *s, struct script *script)
{
    static const char *const events[] = {
        "order",          "client-typing",
        "pusher:ping",    "pusher:pong",
        "pusher:novelty", "pusher_internal:novelty",
        "pusher",         "pusher_internal:member_added"};
    const char *event = events[next_byte(script) % (sizeof events / sizeof *events)];
    char text[160];
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"channel\":\"%s\",\"data\":\"{}\"}",
             event, next_channel(script));
    says(s, text);
}

static void step_confirm(struct scene *s, struct script *script)
{
    confirms(s, next_channel(script));
}

static void step_refuse(struct scene *s, struct script *script)
{
    refuses(s, next_channel(script));
}

static void step_count(struct scene *s, struct script *script)
{
    char text[160];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher_internal:subscription_count\",\"channel\":\"%s\","
             "\"data\":{\"subscription_count\":%d}}",
             next_channel(script), next_byte(script) - 4);
    says(s, text);
}

static void step_error(struct scene *s, struct script *script)
{
    char text[160];
    snprintf(text, sizeof text,
             "{\"event\":\"pusher:error\",\"data\":{\"code\":%u,\"message\":\"m\"}}",
             3990 + next_number(script) % 320);
    says(s, text);
}

static void step_nonsense(struct scene *s, struct script *script)
{
    (void)script;
    says(s, "nonsense");
}

/* What this means for the channels is for the core to say; the model follows. */
static void follow_core(struct scene *s)
{
    memset(s->channels, 0, sizeof s->channels);
    struct scene_channel *next = s->channels;
    struct scene_channel *end = s->channels + SCENE_CHANNELS;
    for (const struct map_node *node = s->core->channels.map.first; node && next < end;
         node = node->hh.next) {
        const struct core_channel *channel =
            container_of(node, struct core_channel, node);
        snprintf(next->name, sizeof next->name, "%s", channel->name);
        next->confirmed = channel->stage == CHANNEL_SUBSCRIBED;
        next->told = next->confirmed || channel->stage == CHANNEL_SUBSCRIBING ||
                     channel->stage == CHANNEL_LATE ||
                     channel->stage == CHANNEL_RENEWED ||
                     channel->stage == CHANNEL_CANCELLED;
        next++;
    }
    for (const struct list *at = s->core->channels.owed.next;
         at != &s->core->channels.owed; at = at->next) {
        const struct core_channel *channel = container_of(at, struct core_channel, line);
        if (channel->stage != CHANNEL_LEAVING)
            continue;
        struct scene_channel *known = s->channels;
        while (known < next && strcmp(known->name, channel->name) != 0)
            known++;
        if (known == end)
            continue;
        next += known == next;
        snprintf(known->name, sizeof known->name, "%s", channel->name);
        known->told = known->confirmed = true;
    }
}

/* Bytes of the script as they are. */
static void step_raw(struct scene *s, struct script *script)
{
    char text[257];
    size_t len = next_byte(script);
    if (len > script->left)
        len = script->left;
    memcpy(text, script->at, len);
    script->at += len;
    script->left -= len;
    core_on_text(s->core, s->want.generation, (pusher_str){text, len}, s->now);
    s->blocked = true;
    settle(s);
    follow_core(s);
}

static void step_binary(struct scene *s, struct script *script)
{
    (void)script;
    sends_binary(s);
}

static void step_close(struct scene *s, struct script *script)
{
    static const int codes[] = {-1,   1000, 1002, 1006, 4000, 4001, 4099,
                                4100, 4199, 4200, 4299, 4300, 65535};
    uint8_t which = next_byte(script);
    if (which < 200)
        closes(s, codes[which % (sizeof codes / sizeof *codes)]);
    else
        closes(s, (int)next_number(script));
}

static void step_fail(struct scene *s, struct script *script)
{
    fails(s, (enum core_stage)(next_byte(script) % (CORE_STAGE_INVALID + 1)), "why");
}

static void step_time(struct scene *s, struct script *script)
{
    after(s, next_number(script));
}

static void step_deadline(struct scene *s, struct script *script)
{
    uint64_t deadline = core_deadline(s->core);
    uint8_t off = next_byte(script);
    if (deadline != CORE_NEVER)
        at(s, off % 3 || deadline == s->now ? deadline : deadline - 1);
}

/* The machine sleeps; deadlines are found passed. */
static void step_sleep(struct scene *s, struct script *script)
{
    s->late = true;
    s->now += (uint64_t)next_number(script) * 1000;
    settle(s);
}

static void step_subscribe(struct scene *s, struct script *script)
{
    wants_channel(s, next_channel(script));
}

static void step_unsubscribe(struct scene *s, struct script *script)
{
    drops_channel(s, next_channel(script));
}

static void step_block(struct scene *s, struct script *script)
{
    blocks(s, next_byte(script) % 2);
}

static void step_hint(struct scene *s, struct script *script)
{
    if (next_byte(script) % 2)
        pings_now(s);
    else
        network_changes(s);
}

static void step_old_fact(struct scene *s, struct script *script)
{
    uint32_t old = s->want.generation - 1 - next_byte(script) % 3;
    enum phase phase = s->core->phase;
    struct core_closed closed = {.stage = CORE_STAGE_OPEN, .close_code = 4001};
    core_on_open(s->core, old, s->now);
    core_on_binary(s->core, old, 3, s->now);
    core_on_text(s->core, old, STR("{\"event\":\"order\"}"), s->now);
    core_on_closed(s->core, old, &closed, s->now);
    assert_true(s->core->phase == phase);
    settle(s);
}

/* What is received is not taken before the next input. */
static void step_two_at_once(struct scene *s, struct script *script)
{
    struct core_channel *channel =
        core_find_channel(s->core, str_of(next_channel(script)));
    pusher_str text = STR("{\"event\":\"order\",\"channel\":\"room\"}");
    core_on_text(s->core, s->want.generation, text, s->now);
    if (channel)
        core_unsubscribe(s->core, channel);
    core_on_text(s->core, s->want.generation, text, s->now);
    settle(s);
}

static void step_grant(struct scene *s, struct script *script)
{
    static const char *const answers[] = {
        "{\"auth\":\"appkey:" SCENE_SIGNATURE "\"}",
        "{\"auth\":\"appkey:" SCENE_SIGNATURE
        "\",\"channel_data\":\"{\\\"user_id\\\":7}\"}",
        "{\"auth\":7}",
    };
    const char *channel = next_channel(script);
    grants_with(s, channel,
                answers[next_byte(script) % (sizeof answers / sizeof *answers)]);
}

static void step_deny(struct scene *s, struct script *script)
{
    static const int statuses[] = {0, 403, 500};
    const char *channel = next_channel(script);
    denies(s, channel,
           statuses[next_byte(script) % (sizeof statuses / sizeof *statuses)]);
}

static void step_no_memory(struct scene *s, struct script *script)
{
    s->alloc.fail_at = s->alloc.calls + 1 + next_byte(script) % 4;
    s->alloc.fail_on = next_byte(script) % 4 == 0;
}

static void step_memory(struct scene *s, struct script *script)
{
    (void)script;
    s->alloc.fail_at = 0;
}

static void (*const steps[])(struct scene *, struct script *) = {
    step_connect, step_disconnect,  step_open,     step_greet,     step_up,
    step_event,   step_confirm,     step_refuse,   step_count,     step_error,
    step_raw,     step_nonsense,    step_binary,   step_close,     step_fail,
    step_time,    step_deadline,    step_sleep,    step_subscribe, step_subscribe,
    step_block,   step_unsubscribe, step_old_fact, step_up,        step_two_at_once,
    step_event,   step_no_memory,   step_memory,   step_confirm,   step_deadline,
    step_hint,    step_grant,       step_grant,    step_deny,
};

static struct core_config config_of(struct script *script)
{
    struct core_config config = scene_config();
    config.seed = next_byte(script);
    config.tls = next_byte(script) % 2;
    config.max_parallel_auth = 1 + (uint32_t)(config.seed % 3);
    config.max_channels = 1 + next_byte(script) % 5;
    config.stable_after_ms = next_byte(script) % 4 ? 10000 : 0;
    config.backoff_min_ms = next_byte(script) % 2 ? 1000 : 100;
    config.reconnect_spread_ms = next_byte(script) % 2 ? 9500 : 0;
    config.backoff_max_ms = next_byte(script) % 2 ? 30000 : config.backoff_min_ms;
    config.activity_timeout_ms = next_byte(script) % 2 ? 120000 : 1000;
    config.pong_timeout_ms = next_byte(script) % 2 ? 30000 : 1000;
    config.unavailable_timeout_ms = next_byte(script) % 2 ? 10000 : 1000;
    config.connect_timeout_ms = next_byte(script) % 2 ? 15000 : 1000;
    return config;
}

uint64_t walk(const uint8_t *bytes, size_t size)
{
    struct script script = {bytes, size};
    struct core_config config = config_of(&script);
    struct scene *s = malloc(sizeof *s);
    assert_non_null(s);
    scene_open(s, &config, 0, false);
    while (script.left) {
        steps[next_byte(&script) % (sizeof steps / sizeof *steps)](s, &script);
        s->said[0] = '\0';
    }
    recovers(s);
    uint64_t digest = s->digest;
    scene_close(s);
    free(s);
    return digest;
}
