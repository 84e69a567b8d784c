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

#include "base/str.h"
#include "connect_args.h"
#include "listen_print.h"
#include "options.h"
#include "stop_signals.h"

#define COMMAND       "listen"
#define MAX_NAME_LEN  200 /* of an event (LIM-02) */
#define A_DAY_S       86400
#define AN_HOUR_S     3600
#define A_WEEK_S      (7 * A_DAY_S)
#define MAX_COUNT     1000000000
#define MAX_CONNECT_S 600

struct listen_args {
    struct text_list channels;
    struct text_list events;
    const char *path;
    uint32_t count;     /* 0: no end */
    uint32_t timeout_s; /* 0: none; likewise below: the library's default */
    uint32_t activity_timeout_s;
    uint32_t pong_timeout_s;
    uint32_t unavailable_timeout_s;
    uint32_t connect_timeout_s;
    bool states;
    bool json;
};

struct watched {
    pusher_str name;
    bool failed; /* the last word of the server was a refusal for good */
};

struct listener {
    struct connect_args connect;
    struct listen_args args;
    struct listen_output out;
    pusher_client *client;
    struct watched *channels;
    size_t channel_count;
    uint32_t shown;
    bool over;
    int status; /* once over */
};

#define FIELD(name) offsetof(struct listen_args, name)

static const struct option_spec listen_options[] = {
    {.name = "path",
     .kind = OPTION_TEXT,
     .offset = FIELD(path),
     .value = "PATH",
     .help = "put before /app/KEY in the address"},
    {.name = "channel",
     .kind = OPTION_LIST,
     .offset = FIELD(channels),
     .value = "NAME",
     .help = "a public channel; may be given several times"},
    {.name = "event",
     .kind = OPTION_LIST,
     .offset = FIELD(events),
     .value = "NAME",
     .help = "show only this event; may be given several times"},
    {.name = "count",
     .kind = OPTION_NUMBER,
     .offset = FIELD(count),
     .min = 1,
     .max = MAX_COUNT,
     .value = "N",
     .help = "end after N events"},
    {.name = "timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(timeout_s),
     .min = 1,
     .max = A_WEEK_S,
     .value = "S",
     .help = "end after S seconds"},
    {.name = "states",
     .kind = OPTION_FLAG,
     .offset = FIELD(states),
     .help = "with --json: a line for each state of the connection too"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = FIELD(json),
     .help = "one JSON object a line"},
    {.name = "activity-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(activity_timeout_s),
     .min = 1,
     .max = A_DAY_S,
     .value = "S",
     .help = "ping after S seconds of silence; default 120"},
    {.name = "pong-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(pong_timeout_s),
     .min = 1,
     .max = AN_HOUR_S,
     .value = "S",
     .help = "reconnect S seconds after a ping without answer; default 30"},
    {.name = "unavailable-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(unavailable_timeout_s),
     .min = 1,
     .max = AN_HOUR_S,
     .value = "S",
     .help = "call the server unavailable after S seconds; default 10"},
    {.name = "connect-timeout",
     .kind = OPTION_NUMBER,
     .offset = FIELD(connect_timeout_s),
     .min = 1,
     .max = MAX_CONNECT_S,
     .value = "S",
     .help = "give up one attempt after S seconds; default 15"},
};

static const struct command_help help = {
    .name = COMMAND,
    .synopsis = "--key KEY (--cluster NAME | --host HOST) --channel NAME... [OPTION...]",
    .purpose = "Subscribes to public channels and shows their events as they arrive.\n"
               "Reconnects by itself, until --count, --timeout, SIGINT or SIGTERM.",
    .notes = "Examples:\n"
             "  pusherctl listen --key KEY --cluster eu --channel room\n"
             "  pusherctl listen --key app-key --host 127.0.0.1 --port 6001 --no-tls \\\n"
             "      --channel room --channel news --event order --count 3 --timeout 60\n"
             "  pusherctl listen --json --states --channel room | jq .\n"
             "\n"
             "Exit status:\n"
             "  0  --count was reached, or told to stop by SIGINT or SIGTERM\n"
             "  1  wrong usage\n"
             "  2  the server refused for good\n"
             "  3  --timeout passed\n"
             "  4  every subscription failed for good\n",
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
    if (!l->over)
        check_written(l, l->out.lines->subscribed(&l->out, channel->name));
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
    bool refusal =
        problem->kind == PUSHER_PROBLEM_SUBSCRIBE || problem->kind == PUSHER_PROBLEM_AUTH;
    struct watched *channel = watched_named(l, problem->channel);
    if (!refusal || problem->will_retry || !channel)
        return;
    channel->failed = true;
    if (all_failed(l))
        finish(l, EXIT_NO_CHANNEL);
}

static int check_args(const struct listener *l)
{
    const struct listen_args *args = &l->args;
    int status = connect_args_check(COMMAND, &l->connect);
    if (status)
        return status;
    if (args->channels.count == 0)
        return usage_error(COMMAND, "nothing to listen to: give --channel");
    if (args->path && args->path[0] != '/')
        return usage_error(COMMAND, "--path: \"%s\" does not start with /", args->path);
    for (size_t i = 0; i < args->events.count; i++) {
        if (strlen(args->events.items[i]) > MAX_NAME_LEN)
            return usage_error(COMMAND, "--event: a name has at most %d bytes",
                               MAX_NAME_LEN);
    }
    return EXIT_DONE;
}

static void set_seconds(uint32_t *timeout_ms, uint32_t seconds)
{
    if (seconds)
        *timeout_ms = seconds * 1000;
}

static int make_client(struct listener *l)
{
    pusher_options options;
    pusher_options_init(&options);
    options.key = l->connect.key;
    options.cluster = l->connect.cluster;
    options.host = l->connect.host;
    options.port = (uint16_t)l->connect.port;
    options.path = l->args.path;
    options.tls = !l->connect.no_tls;
    options.ca_file = l->connect.ca_file;
    set_seconds(&options.activity_timeout_ms, l->args.activity_timeout_s);
    set_seconds(&options.pong_timeout_ms, l->args.pong_timeout_s);
    set_seconds(&options.unavailable_timeout_ms, l->args.unavailable_timeout_s);
    set_seconds(&options.connect_timeout_ms, l->args.connect_timeout_s);
    options.on_state = on_state;
    options.on_problem = on_problem;
    options.userdata = l;
    options.log = stderr_log(l->connect.log_level);
    int rc = pusher_client_new(&l->client, &options);
    if (!rc)
        rc = pusher_client_bind(l->client, NULL, on_client_event, NULL, NULL, NULL);
    return rc ? connect_args_refused(COMMAND, &l->connect, rc) : EXIT_DONE;
}

static int watch_channel(struct listener *l, const char *name)
{
    if (watched_named(l, str_of(name)))
        return EXIT_DONE;
    struct watched *watched = &l->channels[l->channel_count];
    pusher_channel *channel;
    int rc = pusher_client_subscribe(l->client, name, &channel);
    if (rc == PUSHER_ERR_UNSUPPORTED)
        return usage_error(COMMAND,
                           "--channel: %s needs an authorization, which this version "
                           "cannot make; only public channels work",
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
    l->channels = calloc(names->count, sizeof *l->channels);
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
    for (size_t i = 0; i < l->channel_count; i++)
        fprintf(stderr, "%s%s", i ? ", " : "", l->channels[i].name.ptr);
    if (l->connect.host)
        fprintf(stderr, " on %s", l->connect.host);
    else
        fprintf(stderr, " on cluster %s", l->connect.cluster);
    if (l->connect.port)
        fprintf(stderr, ", port %u", l->connect.port);
    fprintf(stderr, "%s\n", l->connect.no_tls ? ", without TLS" : "");
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
    const struct option_table tables[] = {
        {connect_options, CONNECT_OPTION_COUNT, &l.connect},
        OPTION_TABLE(listen_options, &l.args),
    };
    int status = EXIT_USAGE;
    enum options_result parsed = options_parse(&help, tables, 2, argc, argv);
    if (parsed == OPTIONS_HELP)
        status = EXIT_DONE;
    if (parsed == OPTIONS_OK)
        status = check_args(&l);
    if (parsed == OPTIONS_OK && !status) {
        listen_output_init(&l.out, l.args.json);
        stop_signals_block();
        status = listen_to(&l);
        pusher_client_free(l.client);
        listen_output_free(&l.out);
    }
    free(l.channels);
    text_list_free(&l.args.channels);
    text_list_free(&l.args.events);
    return status;
}
