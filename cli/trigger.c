/*
 * `pusherctl trigger`: publishes one event over the HTTP API.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pusher/server.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "connect_args.h"
#include "options.h"
#include "visible.h"

#define COMMAND        "trigger"
#define MAX_DATA_BYTES ((size_t)1 << 24) /* the most that the library takes */

struct trigger_args {
    const char *app_id;
    const char *secret;
    struct text_list channels;
    const char *event;
    const char *data;
    const char *socket_id;
};

struct trigger {
    struct connect_args connect;
    struct trigger_args args;
    pusher_loop *loop;
    struct buf data;
    int status; /* once the answer is there */
};

#define FIELD(name) offsetof(struct trigger_args, name)

static const struct option_spec trigger_options[] = {
    {.name = "app-id",
     .kind = OPTION_TEXT,
     .offset = FIELD(app_id),
     .env = "PUSHER_APP_ID",
     .value = "ID",
     .help = "the app id"},
    {.name = "secret",
     .kind = OPTION_TEXT,
     .offset = FIELD(secret),
     .env = "PUSHER_SECRET",
     .value = "SECRET",
     .help = "the app secret; a variable is less exposed"},
    {.name = "channel",
     .kind = OPTION_LIST,
     .offset = FIELD(channels),
     .value = "NAME",
     .help = "where to; may be given up to 100 times"},
    {.name = "event",
     .kind = OPTION_TEXT,
     .offset = FIELD(event),
     .value = "NAME",
     .help = "the event's name"},
    {.name = "data",
     .kind = OPTION_ANY_TEXT,
     .offset = FIELD(data),
     .value = "TEXT|@FILE|-",
     .help = "the event's data: this text, a file, or standard input"},
    {.name = "socket-id",
     .kind = OPTION_TEXT,
     .offset = FIELD(socket_id),
     .value = "ID",
     .help = "the connection that is not to get it"},
};

static const struct command_help help = {
    .name = COMMAND,
    .synopsis = "--app-id ID --key KEY --secret SECRET (--cluster NAME | --host HOST)\n"
                "       --channel NAME... --event NAME --data TEXT|@FILE|- [OPTION...]",
    .purpose = "Publishes an event to one or more channels.",
    .notes = "Examples:\n"
             "  export PUSHER_APP_ID=ID PUSHER_KEY=KEY PUSHER_SECRET=SECRET "
             "PUSHER_CLUSTER=eu\n"
             "  pusherctl trigger --channel room --event order --data '{\"id\":7}'\n"
             "  pusherctl trigger --channel room --event order --data @order.json\n"
             "  date | pusherctl trigger --channel room --channel news --event now "
             "--data -\n"
             "\n"
             "Exit status:\n"
             "  0  published\n"
             "  1  wrong usage\n"
             "  2  the server refused\n"
             "  3  the server is out of reach, did not answer in time, or is in trouble "
             "(HTTP status 5xx)\n",
};

static int check_args(const struct trigger *t)
{
    const struct trigger_args *args = &t->args;
    int status = connect_args_check(COMMAND, &t->connect);
    if (status)
        return status;
    if (!args->app_id)
        return usage_error(COMMAND, "no app id: give --app-id, or set PUSHER_APP_ID");
    if (!args->secret)
        return usage_error(COMMAND, "no app secret: give --secret, or set PUSHER_SECRET");
    if (args->channels.count == 0)
        return usage_error(COMMAND, "no --channel");
    if (!args->event)
        return usage_error(COMMAND, "no --event");
    if (!args->data)
        return usage_error(COMMAND, "no --data");
    return EXIT_DONE;
}

static int read_all(struct trigger *t, FILE *file, const char *name)
{
    char chunk[4096];
    size_t len;
    int rc = 0;
    while (!rc && (len = fread(chunk, 1, sizeof chunk, file)) > 0)
        rc = buf_append(&t->data, (pusher_str){chunk, len});
    if (rc == PUSHER_ERR_LIMIT)
        return usage_error(COMMAND, "--data: %s is longer than %zu bytes", name,
                           MAX_DATA_BYTES);
    if (!rc && ferror(file))
        return usage_error(COMMAND, "--data: cannot read %s: %s", name, strerror(errno));
    if (rc)
        complain(COMMAND, "%s", pusher_strerror(rc));
    return rc ? EXIT_USAGE : EXIT_DONE;
}

/* The data that --data stands for; a text is used where it is. */
static int read_data(struct trigger *t, pusher_str *ret)
{
    const char *data = t->args.data;
    bool is_stdin = strcmp(data, "-") == 0;
    if (!is_stdin && data[0] != '@') {
        *ret = str_of(data);
        return EXIT_DONE;
    }
    const char *name = is_stdin ? "standard input" : data + 1;
    FILE *file = is_stdin ? stdin : fopen(name, "re");
    if (!file)
        return usage_error(COMMAND, "--data: cannot read %s: %s", name, strerror(errno));
    int status = read_all(t, file, name);
    if (!is_stdin)
        fclose(file);
    pusher_str text = buf_str(&t->data);
    *ret = text.ptr ? text : STR("");
    return status;
}

static void on_done(pusher_server *server, const pusher_server_result *result,
                    void *userdata)
{
    (void)server;
    struct trigger *t = userdata;
    pusher_loop_stop(t->loop);
    if (!result->error) {
        t->status = EXIT_DONE;
        return;
    }
    bool refused = result->http_status >= 300 && result->http_status < 500;
    t->status = refused ? EXIT_REFUSED : EXIT_TIMED_OUT;
    fprintf(stderr, "pusherctl " COMMAND ": %s",
            result->http_status ? "" : "no answer from ");
    connect_args_print(&t->connect);
    if (result->http_status)
        fprintf(stderr, ", answered with HTTP status %d", result->http_status);
    if (result->message.len)
        fprintf(stderr, ": ");
    put_visible(stderr, result->message);
    fputc('\n', stderr);
}

static int refused_locally(const struct trigger *t, int error)
{
    const struct trigger_args *args = &t->args;
    switch (error) {
    case PUSHER_ERR_BAD_CHANNEL:
        return usage_error(COMMAND, "--channel: %s", pusher_strerror(error));
    case PUSHER_ERR_UNSUPPORTED:
        return usage_error(COMMAND,
                           "--channel: one is encrypted, and trigger does not encrypt: "
                           "--data must be {\"nonce\":…,\"ciphertext\":…}");
    case PUSHER_ERR_INVALID:
        return usage_error(COMMAND, "--event and --data must be UTF-8%s",
                           args->socket_id ? ", and --socket-id digits.digits" : "");
    case PUSHER_ERR_LIMIT:
        return usage_error(COMMAND,
                           "--event has at most 200 bytes, --data %zu, and "
                           "there are at most 100 channels",
                           MAX_DATA_BYTES);
    default:
        complain(COMMAND, "%s", pusher_strerror(error));
        return EXIT_USAGE;
    }
}

static int publish(struct trigger *t, pusher_server *server, pusher_str data)
{
    pusher_server_event event;
    pusher_server_event_init(&event);
    event.name = t->args.event;
    event.data = data;
    event.channels = t->args.channels.items;
    event.channel_count = t->args.channels.count;
    event.socket_id = t->args.socket_id;
    int rc = pusher_server_publish(server, &event, on_done, t, NULL);
    if (rc)
        return refused_locally(t, rc);
    rc = pusher_loop_run(t->loop);
    if (!rc)
        return t->status;
    complain(COMMAND, "%s", pusher_strerror(rc));
    return EXIT_USAGE;
}

static int make_server(const struct trigger *t, pusher_server **ret)
{
    pusher_server_options options;
    pusher_server_options_init(&options);
    options.loop = t->loop;
    options.app_id = t->args.app_id;
    options.key = t->connect.key;
    options.secret = t->args.secret;
    options.cluster = t->connect.cluster;
    options.host = t->connect.host;
    options.port = (uint16_t)t->connect.port;
    options.tls = !t->connect.no_tls;
    options.ca_file = t->connect.ca_file;
    options.max_data_bytes = MAX_DATA_BYTES; /* servers differ: theirs is the last word */
    options.log = stderr_log(t->connect.log_level);
    int rc = pusher_server_new(ret, &options);
    if (rc == PUSHER_ERR_INVALID)
        return usage_error(COMMAND, "--app-id: \"%s\" may only hold A-Z a-z 0-9 _ . ~ -",
                           t->args.app_id);
    return rc ? connect_args_refused(COMMAND, &t->connect, rc) : EXIT_DONE;
}

static int trigger(struct trigger *t)
{
    pusher_str data = {0};
    int status = read_data(t, &data);
    if (status)
        return status;
    pusher_loop_options loop_options;
    pusher_loop_options_init(&loop_options);
    loop_options.log = stderr_log(t->connect.log_level);
    int rc = pusher_loop_new(&t->loop, &loop_options);
    if (rc) {
        complain(COMMAND, "%s", pusher_strerror(rc));
        return EXIT_USAGE;
    }
    pusher_server *server = NULL;
    status = make_server(t, &server);
    if (!status)
        status = publish(t, server, data);
    pusher_server_free(server);
    pusher_loop_free(t->loop);
    return status;
}

int command_trigger(int argc, char **argv)
{
    struct trigger t = {0};
    const struct option_table tables[] = {
        {connect_options, CONNECT_OPTION_COUNT, &t.connect},
        OPTION_TABLE(trigger_options, &t.args),
    };
    int status = EXIT_USAGE;
    enum options_result parsed = options_parse(&help, tables, 2, argc, argv);
    if (parsed == OPTIONS_HELP)
        status = EXIT_DONE;
    if (parsed == OPTIONS_OK)
        status = check_args(&t);
    if (parsed == OPTIONS_OK && !status) {
        buf_init(&t.data, &mem_default, MAX_DATA_BYTES);
        status = trigger(&t);
        buf_free(&t.data);
    }
    text_list_free(&t.args.channels);
    return status;
}
