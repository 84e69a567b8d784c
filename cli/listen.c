/*
 * `pusherctl listen`: subscribes to channels and shows what arrives.
 *
 * Exit statuses: the first reason to end wins, and is kept in `status`.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/pusher.h>

#include "authorize.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/frame.h"
#include "listen_args.h"
#include "listen_print.h"
#include "stop_signals.h"

#define COMMAND "listen"

enum { MAX_EVENT_SIZE = 256, MAX_TRIGGER_BYTES = 64 * 1024 };

struct watched {
    pusher_str name;
    bool failed;    /* the last word of the server was a refusal for good */
    bool triggered; /* what is to be sent once was */
};

struct listener {
    struct listen_args args;
    struct authorize auth;
    struct listen_output out;
    pusher_client *client;
    struct watched *channels;
    size_t channel_count;
    uint32_t shown;
    bool over;
    int status; /* once over */
};

static void finish(struct listener *l, int status)
{
    if (l->over)
        return;
    l->over = true;
    l->status = status;
    pusher_loop_stop(pusher_client_loop(l->client));
}

/* A reader that went away has what it wanted; any other write error is ours to tell. */
static void check_written(struct listener *l, int error)
{
    if (!error || l->over)
        return;
    if (error != EPIPE)
        complain(COMMAND, "cannot write to standard output: %s", strerror(error));
    finish(l, error == EPIPE ? EXIT_DONE : EXIT_USAGE);
}

static struct watched *watched_named(const struct listener *l, pusher_str name)
{
    for (size_t i = 0; i < l->channel_count; i++) {
        if (str_equal(l->channels[i].name, name))
            return &l->channels[i];
    }
    return NULL;
}

static bool all_failed(const struct listener *l)
{
    for (size_t i = 0; i < l->channel_count; i++) {
        if (!l->channels[i].failed)
            return false;
    }
    return true;
}

static bool is_asked_for(const struct listener *l, pusher_str event)
{
    const struct text_list *events = &l->args.events;
    for (size_t i = 0; i < events->count; i++) {
        if (str_equal(event, str_of(events->items[i])))
            return true;
    }
    return events->count == 0;
}

static void show_event(struct listener *l, const pusher_event *event)
{
    if (l->over || !is_asked_for(l, event->name))
        return;
    check_written(l, l->out.lines->event(&l->out, event));
    if (++l->shown == l->args.count)
        finish(l, EXIT_DONE);
}

/* `item`: EVENT=DATA; data that is no JSON goes as text. */
static int trigger(pusher_channel *channel, const char *item)
{
    const char *data = strchr(item, '=') + 1;
    struct buf json;
    char event[MAX_EVENT_SIZE];
    snprintf(event, sizeof event, "%.*s", (int)(data - item - 1), item);
    int rc = pusher_channel_trigger(channel, event, data);
    if (rc != PUSHER_ERR_BAD_DATA)
        return rc;
    buf_init(&json, &mem_default, MAX_TRIGGER_BYTES);
    rc = frame_append_string(&json, str_of(data));
    if (!rc)
        rc = buf_append_byte(&json, '\0');
    if (!rc)
        rc = pusher_channel_trigger(channel, event, json.ptr);
    buf_free(&json);
    return rc;
}

static void trigger_once(struct listener *l, struct watched *watched,
                         pusher_channel *channel)
{
    const struct text_list *items = &l->args.triggers;
    for (size_t i = 0; i < items->count && !watched->triggered; i++) {
        int rc = trigger(channel, items->items[i]);
        if (rc)
            complain(COMMAND, "--trigger: %s on %s: %s", items->items[i],
                     watched->name.ptr, pusher_strerror(rc));
    }
    watched->triggered = true;
}

static void on_channel_event(pusher_client *client, const pusher_event *event,
                             void *userdata)
{
    struct listener *l = pusher_client_userdata(client);
    struct watched *channel = userdata;
    if (!str_equal(event->name, STR("pusher:subscription_succeeded"))) {
        show_event(l, event);
        return;
    }
    channel->failed = false;
    trigger_once(l, channel, event->channel);
    if (!l->over)
        check_written(l, l->out.lines->subscribed(&l->out, event->channel));
}

/* What keeps the connection going is no news (MSG-09); errors arrive as problems. */
static bool is_housekeeping(pusher_str event)
{
    return str_equal(event, STR("pusher:ping")) || str_equal(event, STR("pusher:pong")) ||
           str_equal(event, STR("pusher:error")) ||
           str_equal(event, STR("pusher:connection_established"));
}

static void on_client_event(pusher_client *client, const pusher_event *event,
                            void *userdata)
{
    (void)userdata;
    if (!event->channel_name.ptr && !is_housekeeping(event->name))
        show_event(pusher_client_userdata(client), event);
}

static void on_state(pusher_client *client, pusher_state previous, pusher_state current,
                     void *userdata)
{
    struct listener *l = userdata;
    if (l->over)
        return;
    if (l->args.states || !l->args.json)
        check_written(l, l->out.lines->state(&l->out, previous, current,
                                             pusher_client_socket_id(client)));
    if (current == PUSHER_STATE_DISCONNECTED || current == PUSHER_STATE_FAILED)
        finish(l, EXIT_REFUSED);
}

static void on_problem(pusher_client *client, const pusher_problem *problem,
                       void *userdata)
{
    (void)client;
    struct listener *l = userdata;
    if (l->over)
        return;
    check_written(l, l->out.lines->problem(&l->out, problem));
    if (problem->kind == PUSHER_PROBLEM_SIGNIN && !problem->will_retry &&
        !l->channel_count)
        finish(l, EXIT_NO_CHANNEL);
    bool refusal =
        problem->kind == PUSHER_PROBLEM_SUBSCRIBE || problem->kind == PUSHER_PROBLEM_AUTH;
    struct watched *channel = watched_named(l, problem->channel);
    if (!refusal || problem->will_retry || !channel)
        return;
    channel->failed = true;
    if (all_failed(l))
        finish(l, EXIT_NO_CHANNEL);
}

static void on_gap(pusher_client *client, const pusher_gap *gap, void *userdata)
{
    (void)client;
    struct listener *l = userdata;
    if (!l->over && l->out.lines->gap)
        check_written(l, l->out.lines->gap(&l->out, gap));
}

static int make_client(struct listener *l)
{
    pusher_options options;
    pusher_options_init(&options);
    client_args_apply(&l->args.connect, &l->args.client, &options);
    set_seconds(&options.activity_timeout_ms, l->args.activity_timeout_s);
    set_seconds(&options.pong_timeout_ms, l->args.pong_timeout_s);
    set_seconds(&options.unavailable_timeout_ms, l->args.unavailable_timeout_s);
    int status =
        authorize_read(&l->auth, COMMAND, &l->args.connect, &l->args.auth, &options);
    if (status)
        return status;
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.on_gap = on_gap;
    options.userdata = l;
    int rc = pusher_client_new(&l->client, &options);
    if (!rc)
        rc = pusher_client_bind(l->client, NULL, on_client_event, NULL, NULL, NULL);
    if (!rc && l->args.signin)
        rc = pusher_client_signin(l->client);
    if (rc == PUSHER_ERR_UNSUPPORTED)
        return usage_error(COMMAND,
                           "--signin: give --user-endpoint (or, for tests, --secret)");
    if (rc == PUSHER_ERR_INVALID &&
        (l->args.auth.auth_endpoint || l->args.auth.user_endpoint))
        return usage_error(
            COMMAND, "an endpoint: its URL, a header field or a parameter has a form "
                     "or bytes that have no place in a request");
    return rc ? client_args_refused(COMMAND, &l->args.connect, &l->args.client, rc)
              : EXIT_DONE;
}

static int watch_channel(struct listener *l, const char *name)
{
    if (watched_named(l, str_of(name)))
        return EXIT_DONE;
    struct watched *watched = &l->channels[l->channel_count];
    pusher_channel *channel;
    int rc = pusher_client_subscribe(l->client, name, &channel);
    if (rc == PUSHER_ERR_UNSUPPORTED &&
        (l->args.auth.auth_endpoint || l->args.auth.secret))
        return usage_error(COMMAND,
                           "--channel: %s is encrypted, and this program was built "
                           "without libsodium",
                           name);
    if (rc == PUSHER_ERR_UNSUPPORTED)
        return usage_error(COMMAND,
                           "--channel: %s needs an authorization: give --auth-endpoint "
                           "(or, for tests, --secret)",
                           name);
    if (rc == PUSHER_ERR_BAD_CHANNEL)
        return usage_error(COMMAND, "--channel: \"%s\": %s", name, pusher_strerror(rc));
    if (!rc)
        rc = pusher_channel_bind(channel, NULL, on_channel_event, watched, NULL, NULL);
    if (rc) {
        complain(COMMAND, "%s: %s", name, pusher_strerror(rc));
        return EXIT_USAGE;
    }
    watched->name = str_of(name);
    l->channel_count++;
    return EXIT_DONE;
}

static int watch_channels(struct listener *l)
{
    const struct text_list *names = &l->args.channels;
    l->channels = calloc(names->count + 1, sizeof *l->channels);
    if (!l->channels) {
        complain(COMMAND, "%s", pusher_strerror(PUSHER_ERR_NOMEM));
        return EXIT_USAGE;
    }
    int status = EXIT_DONE;
    for (size_t i = 0; i < names->count && !status; i++)
        status = watch_channel(l, names->items[i]);
    return status;
}

static void print_header(const struct listener *l)
{
    fputs("listening to ", stderr);
    if (!l->channel_count)
        fputs("the user", stderr);
    for (size_t i = 0; i < l->channel_count; i++)
        fprintf(stderr, "%s%s", i ? ", " : "", l->channels[i].name.ptr);
    fputs(" on ", stderr);
    connect_args_print(&l->args.connect);
    fprintf(stderr, "%s\n", l->args.connect.no_tls ? ", without TLS" : "");
}

static int run_loop(struct listener *l)
{
    pusher_loop *loop = pusher_client_loop(l->client);
    struct stop_signals signals = {0};
    int rc = stop_signals_watch(&signals, loop) ? PUSHER_ERR_SYSTEM : 0;
    if (!rc)
        rc = pusher_client_connect(l->client);
    if (!rc)
        rc = l->args.timeout_s ? pusher_loop_run_for(loop, l->args.timeout_s * 1000)
                               : pusher_loop_run(loop);
    stop_signals_end(&signals);
    if (l->over)
        return l->status;
    if (rc == PUSHER_ERR_TIMEOUT) {
        if (!l->args.json)
            complain(COMMAND, "ended after %u s", l->args.timeout_s);
        return EXIT_TIMED_OUT;
    }
    if (!rc)
        return EXIT_DONE; /* told to stop by a signal */
    complain(COMMAND, "%s", pusher_strerror(rc));
    return EXIT_USAGE;
}

static int listen_to(struct listener *l)
{
    int status = make_client(l);
    if (!status)
        status = watch_channels(l);
    if (status)
        return status;
    if (!l->args.json)
        print_header(l);
    return run_loop(l);
}

int command_listen(int argc, char **argv)
{
    struct listener l = {0};
    int status;
    if (listen_args_read(&l.args, argc, argv, &status)) {
        listen_output_init(&l.out, l.args.json);
        stop_signals_block();
        status = listen_to(&l);
        pusher_client_free(l.client);
        authorize_free(&l.auth);
        listen_output_free(&l.out);
    }
    free(l.channels);
    listen_args_free(&l.args);
    return status;
}
