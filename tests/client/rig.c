/*
 * A client on the fake network, and a record of everything its callbacks were told.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

struct noter {
    struct rig *rig;
    pusher_id id;
    void (*then)(struct rig *rig);
    char word[32];
};

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)client;
    assert_int_not_equal(previous, current);
    rig_note(userdata, pusher_state_name(current));
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    struct rig *rig = userdata;
    rig->problems++;
    rig->last_problem = problem->kind;
    rig->last_will_retry = problem->will_retry;
    assert_true(problem->message.len > 0);
    assert_int_equal(strlen(problem->message.ptr), problem->message.len);
}

void rig_open_with(struct rig *rig, const pusher_options *options)
{
    *rig = (struct rig){0};
    pusher_options mine = *options;
    if (!mine.loop)
        assert_int_equal(pusher_loop_new(&mine.loop, NULL), 0);
    rig->loop = mine.loop;
    mine.on_state = on_state;
    mine.on_problem = on_problem;
    mine.userdata = rig;
    assert_int_equal(pusher_client_new(&rig->client, &mine), 0);
}

void rig_open(struct rig *rig)
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = "k";
    options.host = "h";
    options.tls = false;
    rig_open_with(rig, &options);
}

void rig_close(struct rig *rig)
{
    pusher_client_free(rig->client);
    pusher_loop_free(rig->loop);
}

void rig_greet(struct rig *rig)
{
    fake_text(rig->loop,
              "{\"event\":\"pusher:connection_established\",\"data\":\"{"
              "\\\"socket_id\\\":\\\"1.2\\\",\\\"activity_timeout\\\":120}\"}");
}

void rig_connect(struct rig *rig)
{
    assert_int_equal(pusher_client_connect(rig->client), 0);
    assert_int_equal(pusher_client_subscribe(rig->client, "room", &rig->room), 0);
    fake_settle(rig->loop);
    fake_open(rig->loop);
    rig_greet(rig);
    assert_string_equal(
        fake_sent(rig->loop),
        "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":\"room\"}}");
    fake_text(rig->loop, "{\"event\":\"pusher_internal:subscription_succeeded\","
                         "\"channel\":\"room\",\"data\":\"{}\"}");
    rig_expect(rig, "connecting connected");
}

void rig_note(struct rig *rig, const char *word)
{
    assert_true(strlen(rig->record) + strlen(word) + 2 < sizeof rig->record);
    if (*rig->record)
        strcat(rig->record, " ");
    strcat(rig->record, word);
}

void rig_expect(struct rig *rig, const char *record)
{
    assert_string_equal(rig->record, record);
    *rig->record = '\0';
}

static void on_event(pusher_client *client, const pusher_event *event, void *userdata)
{
    (void)client;
    struct noter *noter = userdata;
    assert_int_equal(strlen(event->name.ptr), event->name.len);
    rig_note(noter->rig, noter->word);
    if (noter->then)
        noter->then(noter->rig);
}

struct noter *rig_bind_then(struct rig *rig, pusher_channel *channel, const char *event,
                            const char *word, void (*then)(struct rig *rig))
{
    struct noter *noter = calloc(1, sizeof *noter);
    assert_non_null(noter);
    noter->rig = rig;
    noter->then = then;
    strncpy(noter->word, word, sizeof noter->word - 1);
    int rc =
        channel
            ? pusher_channel_bind(channel, event, on_event, noter, free, &noter->id)
            : pusher_client_bind(rig->client, event, on_event, noter, free, &noter->id);
    assert_int_equal(rc, 0);
    return noter;
}

struct noter *rig_bind(struct rig *rig, pusher_channel *channel, const char *event,
                       const char *word)
{
    return rig_bind_then(rig, channel, event, word, NULL);
}

pusher_id noter_id(const struct noter *noter)
{
    return noter->id;
}
