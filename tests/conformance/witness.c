/*
 * Everything that an application is told, as lines of text.
 */
#include "witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- lines --- */

static void tell(struct witness *witness, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct witness *witness, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    assert_true(witness->told_count < WITNESS_LINES);
    char **line = &witness->told[witness->told_count++];
    assert_true(vasprintf(line, format, args) >= 0);
    va_end(args);
}

char *witness_take(struct witness *witness)
{
    if (!witness->told_count)
        return NULL;
    char *first = witness->told[0];
    witness->told_count--;
    memmove(witness->told, witness->told + 1,
            witness->told_count * sizeof *witness->told);
    return first;
}

pusher_id witness_take_request(struct witness *witness)
{
    if (!witness->request_count)
        return 0;
    pusher_id first = witness->requests[0];
    witness->request_count--;
    memmove(witness->requests, witness->requests + 1,
            witness->request_count * sizeof *witness->requests);
    return first;
}

/* --- callbacks --- */

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    (void)previous;
    pusher_str id = pusher_client_socket_id(client);
    tell(userdata, "state %s%s%s", pusher_state_name(current), id.len ? " " : "", id.ptr);
}

/* "later", "at once", or "for good"; one that costs nothing "goes on". */
static const char *outlook(const pusher_problem *problem)
{
    if (!problem->will_retry)
        return "for good";
    if (problem->retry_in_ms)
        return "later";
    return problem->attempt ? "at once" : "goes on";
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    struct witness *witness = userdata;
    char code[32] = "", status[32] = "";
    assert_int_equal(strlen(problem->message.ptr), problem->message.len);
    if (problem->code >= 0)
        snprintf(code, sizeof code, " code %d", problem->code);
    if (problem->http_status)
        snprintf(status, sizeof status, " status %d", problem->http_status);
    if (problem->retry_in_ms)
        witness->retry_in_ms = problem->retry_in_ms;
    tell(witness, "problem %s%s%s%s%s, %s", pusher_problem_name(problem->kind), code,
         status, problem->channel.ptr ? " " : "",
         problem->channel.ptr ? problem->channel.ptr : "", outlook(problem));
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    (void)client;
    assert_true(gap->from_unix_ms <= gap->until_unix_ms);
    tell(userdata, "gap %s", pusher_channel_name(gap->channel).ptr);
}

static const char *const data_kinds[] = {
    [PUSHER_DATA_ABSENT] = "nothing",
    [PUSHER_DATA_TEXT] = "text ",
    [PUSHER_DATA_JSON] = "json ",
};

static void tell_event(struct witness *witness, const char *whom,
                       const pusher_event *event)
{
    const char *channel = event->channel_name.ptr;
    const char *sender = event->user_id.ptr;
    assert_true((event->data_kind == PUSHER_DATA_ABSENT) == !event->data.ptr);
    tell(witness, "%s %s%s%s%s%s: %s%s", whom, channel ? channel : "", channel ? " " : "",
         event->name.ptr, sender ? " from " : "", sender ? sender : "",
         data_kinds[event->data_kind], event->data.ptr ? event->data.ptr : "");
}

static void on_channel_event(pusher_client *client, const pusher_event *event,
                             void *userdata)
{
    assert_ptr_equal(pusher_client_channel(client, event->channel_name.ptr),
                     event->channel);
    tell_event(userdata, "channel", event);
}

static void on_client_event(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    (void)client;
    tell_event(userdata, "client", event);
}

static void on_user_event(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    tell_event(userdata, "user", event);
}

static void begin(pusher_client *client, const pusher_auth_request *requests,
                  size_t count, void *userdata)
{
    (void)client;
    struct witness *witness = userdata;
    for (size_t i = 0; i < count; i++) {
        assert_true(witness->request_count < WITNESS_REQUESTS);
        witness->requests[witness->request_count++] = requests[i].id;
        tell(witness, "authorize %s on %s",
             requests[i].channel_name.ptr ? requests[i].channel_name.ptr : "the user",
             requests[i].socket_id.ptr);
    }
}

static void cancel(pusher_client *client, pusher_id request, void *userdata)
{
    (void)client;
    struct witness *witness = userdata;
    for (size_t i = 0; i < witness->request_count; i++) {
        if (witness->requests[i] == request) {
            witness->request_count--;
            memmove(witness->requests + i, witness->requests + i + 1,
                    (witness->request_count - i) * sizeof *witness->requests);
            tell(witness, "cancel");
            return;
        }
    }
}

/* --- life --- */

void witness_open(struct witness *witness, pusher_options *options)
{
    *witness = (struct witness){0};
    options->on_state = on_state;
    options->on_problem = on_problem;
    options->on_gap = on_gap;
    options->userdata = witness;
    options->authorizer = (pusher_authorizer){
        .begin = begin,
        .cancel = cancel,
        .userdata = witness,
    };
    assert_int_equal(pusher_client_new(&witness->client, options), 0);
    assert_int_equal(
        pusher_client_bind(witness->client, NULL, on_client_event, witness, NULL, NULL),
        0);
    assert_int_equal(pusher_client_bind_user(witness->client, NULL, on_user_event,
                                             witness, NULL, NULL),
                     0);
}

void witness_close(struct witness *witness)
{
    char *line;
    pusher_client_free(witness->client);
    while ((line = witness_take(witness)))
        free(line);
}

void witness_subscribe(struct witness *witness, const char *name)
{
    pusher_channel *channel;
    int is_new = !pusher_client_channel(witness->client, name);
    assert_int_equal(pusher_client_subscribe(witness->client, name, &channel), 0);
    if (is_new)
        assert_int_equal(
            pusher_channel_bind(channel, NULL, on_channel_event, witness, NULL, NULL), 0);
}

/* --- questions --- */

/* "2, me 1: 1 {…}, 2 nothing" */
static void list_members(const pusher_channel *channel, FILE *out)
{
    pusher_member member = {0}, me;
    const char *before = ": ";
    fprintf(out, "%zu", pusher_channel_member_count(channel));
    if (pusher_channel_me(channel, &me))
        fprintf(out, ", me %s", me.id.ptr);
    while (pusher_channel_next_member(channel, &member)) {
        fprintf(out, "%s%s %s", before, member.id.ptr,
                member.info.ptr ? member.info.ptr : "nothing");
        before = ", ";
    }
}

static void put_answer(const struct witness *witness, const char *question, FILE *out)
{
    pusher_channel *channel = NULL;
    const char *name = strchr(question, ' ');
    if (name)
        channel = pusher_client_channel(witness->client, name + 1);
    if (strcmp(question, "signin") == 0)
        fputs(pusher_subscription_name(pusher_client_signin_state(witness->client)), out);
    else if (strcmp(question, "user") == 0)
        fprintf(out, "%s %s", pusher_client_user_id(witness->client).ptr,
                pusher_client_user_data(witness->client).ptr);
    else if (strncmp(question, "members ", 8) == 0)
        list_members(channel, out);
    else if (strncmp(question, "channel ", 8) == 0)
        fputs(channel ? pusher_subscription_name(pusher_channel_state(channel)) : "none",
              out);
    else
        fputs("no such question", out);
}

void witness_ask(const struct witness *witness, const char *question, char *answer,
                 size_t size)
{
    FILE *out = fmemopen(answer, size, "w");
    assert_non_null(out);
    put_answer(witness, question, out);
    assert_int_equal(fclose(out), 0);
}
