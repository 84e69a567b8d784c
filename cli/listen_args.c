/*
 * The table of the options of `pusherctl listen`, its help, and what must be given.
 */
#include "listen_args.h"

#include <string.h>

#include "command.h"

#define COMMAND      "listen"
#define MAX_NAME_LEN 200 /* of an event (LIM-02) */
#define A_DAY_S      86400
#define AN_HOUR_S    3600
#define A_WEEK_S     (7 * A_DAY_S)
#define MAX_COUNT    1000000000

#define FIELD(name) offsetof(struct listen_args, name)

static const struct option_spec listen_options[] = {
    {.name = "channel",
     .kind = OPTION_LIST,
     .offset = FIELD(channels),
     .value = "NAME",
     .help = "a channel; may be given several times"},
    {.name = "event",
     .kind = OPTION_LIST,
     .offset = FIELD(events),
     .value = "NAME",
     .help = "show only this event; may be given several times"},
    {.name = "signin",
     .kind = OPTION_FLAG,
     .offset = FIELD(signin),
     .help = "sign the user in, and show their events"},
    {.name = "user-endpoint",
     .kind = OPTION_TEXT,
     .offset = FIELD(auth.user_endpoint),
     .value = "URL",
     .help = "who signs for the user; takes --auth-header and --auth-param, too"},
    {.name = "secret",
     .kind = OPTION_TEXT,
     .offset = FIELD(auth.secret),
     .value = "SECRET",
     .help = "the app secret, to sign here instead; for tests"},
    {.name = "trigger",
     .kind = OPTION_LIST,
     .offset = FIELD(triggers),
     .value = "EVENT=DATA",
     .help = "send a client event once subscribed; may be given several times"},
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
};

static const struct command_help help = {
    .name = COMMAND,
    .synopsis = "--key KEY (--cluster NAME | --host HOST) --channel NAME... [OPTION...]",
    .purpose = "Subscribes to channels and shows their events as they arrive.\n"
               "Reconnects by itself, until --count, --timeout, SIGINT or SIGTERM.",
    .notes =
        "Examples:\n"
        "  pusherctl listen --key KEY --cluster eu --channel room\n"
        "  pusherctl listen --key app-key --host 127.0.0.1 --port 6001 --no-tls \\\n"
        "      --channel room --channel news --event order --count 3 --timeout 60\n"
        "  pusherctl listen --key KEY --cluster eu --channel private-orders \\\n"
        "      --auth-endpoint https://example.com/pusher/auth \\\n"
        "      --auth-header 'Authorization: Bearer TOKEN'\n"
        "  pusherctl listen --json --states --channel room | jq .\n"
        "\n"
        "Exit status:\n"
        "  0  --count was reached, told to stop by SIGINT or SIGTERM, or the reader of "
        "the output has gone\n"
        "  1  wrong usage, or the output cannot be written\n"
        "  2  the server refused for good\n"
        "  3  --timeout passed\n"
        "  4  every subscription failed for good\n",
};

static int check_args(const struct listen_args *args)
{
    int status = client_args_check(COMMAND, &args->connect, &args->client);
    if (status)
        return status;
    if (args->channels.count == 0 && !args->signin)
        return usage_error(COMMAND, "nothing to listen to: give --channel or --signin");
    for (size_t i = 0; i < args->triggers.count; i++) {
        if (strncmp(args->triggers.items[i], "client-", 7) != 0 ||
            !strchr(args->triggers.items[i], '='))
            return usage_error(COMMAND, "--trigger: \"%s\" is not client-EVENT=DATA",
                               args->triggers.items[i]);
    }
    for (size_t i = 0; i < args->events.count; i++) {
        if (strlen(args->events.items[i]) > MAX_NAME_LEN)
            return usage_error(COMMAND, "--event: a name has at most %d bytes",
                               MAX_NAME_LEN);
    }
    return EXIT_DONE;
}

bool listen_args_read(struct listen_args *args, int argc, char **argv, int *status)
{
    const struct option_table tables[] = {
        {connect_options, CONNECT_OPTION_COUNT, &args->connect},
        {client_options, CLIENT_OPTION_COUNT, &args->client},
        {auth_options, AUTH_OPTION_COUNT, &args->auth},
        OPTION_TABLE(listen_options, args),
    };
    enum options_result parsed = options_parse(&help, tables, 4, argc, argv);
    if (parsed == OPTIONS_OK)
        *status = check_args(args);
    else
        *status = parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    return parsed == OPTIONS_OK && *status == EXIT_DONE;
}

void listen_args_free(struct listen_args *args)
{
    text_list_free(&args->channels);
    text_list_free(&args->events);
    auth_args_free(&args->auth);
    text_list_free(&args->triggers);
}
