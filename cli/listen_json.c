/*
 * The JSON lines of `pusherctl listen --json`.
 */
#include "listen_print.h"

#include <string.h>

static int event_line(struct listen_output *out, const pusher_event *event)
{
    struct json_out *json = &out->json;
    json_out_begin(json, "event");
    json_out_text(json, "channel", event->channel_name);
    json_out_text(json, "event", event->name);
    json_out_text(json, "data", event->data);
    if (event->user_id.ptr)
        json_out_text(json, "user_id", event->user_id);
    return json_out_end(json);
}

static void members(struct json_out *json, const pusher_channel *channel)
{
    pusher_member me = {.id = {NULL, 0}};
    pusher_member member = {.id = {NULL, 0}};
    pusher_channel_me(channel, &me);
    json_out_open(json, "members", '{');
    json_out_number(json, "count", (long)pusher_channel_member_count(channel));
    json_out_text(json, "me", me.id);
    json_out_open(json, "ids", '[');
    while (pusher_channel_next_member(channel, &member))
        json_out_item(json, member.id);
    json_out_close(json, ']');
    json_out_close(json, '}');
}

static int subscribed_line(struct listen_output *out, const pusher_channel *channel)
{
    struct json_out *json = &out->json;
    json_out_begin(json, "subscribed");
    json_out_text(json, "channel", pusher_channel_name(channel));
    if (is_presence(channel))
        members(json, channel);
    return json_out_end(json);
}

static void state_member(struct json_out *json, const char *name, pusher_state state)
{
    const char *text = pusher_state_name(state);
    json_out_text(json, name, (pusher_str){text, strlen(text)});
}

static int state_line(struct listen_output *out, pusher_state previous,
                      pusher_state current, pusher_str socket_id)
{
    struct json_out *json = &out->json;
    json_out_begin(json, "state");
    state_member(json, "previous", previous);
    state_member(json, "current", current);
    if (current == PUSHER_STATE_CONNECTED)
        json_out_text(json, "socket_id", socket_id);
    return json_out_end(json);
}

static int problem_line(struct listen_output *out, const pusher_problem *problem)
{
    struct json_out *json = &out->json;
    const char *error = pusher_problem_name(problem->kind);
    json_out_begin(json, "problem");
    json_out_text(json, "error", (pusher_str){error, strlen(error)});
    if (problem->code == -1)
        json_out_null(json, "code");
    else
        json_out_number(json, "code", problem->code);
    if (problem->http_status == 0)
        json_out_null(json, "http_status");
    else
        json_out_number(json, "http_status", problem->http_status);
    json_out_text(json, "channel", problem->channel);
    json_out_text(json, "message", problem->message);
    json_out_bool(json, "will_retry", problem->will_retry);
    return json_out_end(json);
}

const struct listen_lines listen_json_lines = {
    .event = event_line,
    .subscribed = subscribed_line,
    .state = state_line,
    .problem = problem_line,
};
