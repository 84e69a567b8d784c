/*
 * The table of the options of `pusherctl swarm`, its help, and what must be given.
 */
#include "swarm_args.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <pusher/error.h>

#include "base/str.h"
#include "codec/channel_name.h"
#include "command.h"

#define COMMAND        "swarm"
#define MAX_MEMBER_LEN 31
#define MAX_DIGITS     7 /* of the number of a channel; there are 500000 at most */
#define FIELD(name)    offsetof(struct swarm_args, name)

static const struct option_spec swarm_options[] = {
    {.name = "clients",
     .kind = OPTION_NUMBER,
     .offset = FIELD(clients),
     .min = 1,
     .max = 500000,
     .value = "N",
     .help = "how many browsers; default 100"},
    {.name = "ramp",
     .kind = OPTION_NUMBER,
     .offset = FIELD(ramp),
     .min = 1,
     .max = 100000,
     .value = "N",
     .help = "how many of them come in a second; default 100"},
    {.name = "duration",
     .kind = OPTION_NUMBER,
     .offset = FIELD(duration_s),
     .min = 1,
     .max = 604800,
     .value = "S",
     .help = "stay S seconds from when all have come; default 30"},
    {.name = "channel-template",
     .kind = OPTION_LIST,
     .offset = FIELD(templates),
     .value = "NAME",
     .help = "each subscribes to it, %d is its number; up to 16 times"},
    {.name = "channels",
     .kind = OPTION_NUMBER,
     .offset = FIELD(channels),
     .min = 1,
     .max = 1000000,
     .value = "N",
     .help = "%d goes from 0 to N-1 over and over; default: no end"},
    {.name = "think",
     .kind = OPTION_TEXT,
     .offset = FIELD(think),
     .value = "S|MIN-MAX",
     .help = "go to the next page, on a new connection, after that many seconds"},
    {.name = "publish",
     .kind = OPTION_NUMBER,
     .offset = FIELD(publish),
     .min = 1,
     .max = 10000,
     .value = "N",
     .help = "publish N events a second, to one channel after the other"},
    {.name = "publish-bytes",
     .kind = OPTION_NUMBER,
     .offset = FIELD(publish_bytes),
     .min = 128,
     .max = 10240,
     .value = "N",
     .help = "the size of their data"},
    {.name = "app-id",
     .kind = OPTION_TEXT,
     .offset = FIELD(app_id),
     .env = "PUSHER_APP_ID",
     .value = "ID",
     .help = "the app id, for --publish"},
    {.name = "secret",
     .kind = OPTION_TEXT,
     .offset = FIELD(secret),
     .env = "PUSHER_SECRET",
     .value = "SECRET",
     .help = "the app secret, for --publish and to authorize"},
    {.name = "seq-member",
     .kind = OPTION_TEXT,
     .offset = FIELD(seq_member),
     .value = "NAME",
     .help = "what holds the number in others' data; default seq"},
    {.name = "time-member",
     .kind = OPTION_TEXT,
     .offset = FIELD(time_member),
     .value = "NAME",
     .help = "what holds the time in others' data; default time"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = FIELD(json),
     .help = "one JSON object a second, the report last"},
    {.name = "i-own-this-app",
     .kind = OPTION_FLAG,
     .offset = FIELD(own_app),
     .help = "do it to hosted Pusher, too: its quotas and bills are yours"},
};

static const struct command_help help = {
    .name = COMMAND,
    .synopsis = "--key KEY --host HOST --channel-template NAME... [OPTION...]",
    .purpose =
        "Simulates many browsers, to load a Channels server: they come one after the\n"
        "other, subscribe and stay. Then says how long it took them to connect and to\n"
        "subscribe, how late events were, and which were lost or came twice.\n"
        "SIGINT or SIGTERM ends it early, with the report of what was.",
    .notes =
        "Events are measured when swarm publishes them itself, with --publish: they are\n"
        "called \"swarm\". Else their data tells, when it is an object with a number "
        "that\n"
        "rises by one from event to event of a channel, and the time of publishing in\n"
        "milliseconds since 1970: {\"seq\":7,\"time\":1763712345678}.\n"
        "\n"
        "Lost is what was published while the subscription stood, and missed what was\n"
        "published while the connection was lost or in the 2 s before: servers do not\n"
        "repeat it. Late is what came after it was given up for lost.\n"
        "\n"
        "The report, its times in ms: events that arrived, and of those with a number "
        "the\n"
        "ones received for the first time, duplicates and late ones (none of these: "
        "sent\n"
        "before the subscription was confirmed); events published as asked by the rate,\n"
        "as sent, accepted and refused. What was sent and is neither was not answered.\n"
        "\n"
        "All have come when each is subscribed or refused, or when the last one has had\n"
        "30 s for it (S seconds of --duration, if those are fewer). At the end, what\n"
        "--publish sent is awaited, until nothing has come for 2 s, and 30 s at most: a\n"
        "second SIGINT or SIGTERM cuts that short.\n"
        "\n"
        "With --auth-endpoint that is asked for each private or presence channel; "
        "without,\n"
        "the app secret signs here, and members are called after their connections.\n"
        "A presence channel takes 100 members on most servers: spread more by %d.\n"
        "\n"
        "Examples:\n"
        "  pusherctl swarm --key app-key --host 127.0.0.1 --port 6001 --no-tls \\\n"
        "      --clients 1000 --ramp 200 --channel-template 'room-%d' --channels 10\n"
        "  export PUSHER_APP_ID=ID PUSHER_KEY=KEY PUSHER_SECRET=SECRET "
        "PUSHER_HOST=ws.local\n"
        "  pusherctl swarm --clients 5000 --ramp 250 --duration 60 \\\n"
        "      --channel-template news --channel-template 'presence-room-%d' --channels "
        "100 "
        "\\\n"
        "      --publish 50 --think 20-120\n"
        "  pusherctl swarm --clients 500 --channel-template room --json | tail -n 1 | jq "
        ".\n"
        "\n"
        "Exit status:\n"
        "  0  the time is over, or told to stop by SIGINT or SIGTERM: the report tells\n"
        "  1  wrong usage, not enough memory or descriptors, or the output cannot be "
        "written\n"
        "  2  the server refused all clients for good\n"
        "  3  the time is over, and no client ever got a connection\n"
        "  4  every subscription failed for good\n",
};

/* "5" or "2-10", in seconds. */
static bool read_think(const char *text, uint32_t *min_s, uint32_t *max_s)
{
    uint32_t numbers[2] = {0};
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        size_t digits = strspn(text + at, "0123456789");
        if (digits == 0 || digits > 5)
            return false;
        for (; digits; digits--)
            numbers[i] = numbers[i] * 10 + (uint32_t)(text[at++] - '0');
        if (i == 0 && text[at] == '\0')
            numbers[++i] = numbers[0];
        else if (i == 0 && text[at++] != '-')
            return false;
    }
    *min_s = numbers[0];
    *max_s = numbers[1];
    return text[at] == '\0' && numbers[0] >= 1 && numbers[0] <= numbers[1];
}

/* Its clusters, and hosts by name (CFG-02, API-01). */
static bool is_hosted(const struct connect_args *connect)
{
    static const char *const domains[] = {"pusher.com", "pusherapp.com"};
    if (!connect->host)
        return true;
    size_t len = strlen(connect->host);
    while (len && connect->host[len - 1] == '.')
        len--;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        size_t domain_len = strlen(domains[i]);
        if (len < domain_len ||
            strncasecmp(connect->host + len - domain_len, domains[i], domain_len) != 0)
            continue;
        if (len == domain_len || connect->host[len - domain_len - 1] == '.')
            return true;
    }
    return false;
}

static int check_place(const struct swarm_args *args)
{
    int status = client_args_check(COMMAND, &args->connect, &args->client);
    if (status)
        return status;
    if (is_hosted(&args->connect) && !args->own_app)
        return usage_error(
            COMMAND,
            "%s is hosted Pusher, which is not there to be load-tested: if "
            "the app and its bill are yours, say --i-own-this-app",
            args->connect.host ? args->connect.host : args->connect.cluster);
    return EXIT_DONE;
}

static int check_numbers(struct swarm_args *args)
{
    args->clients = args->clients ? args->clients : 100;
    args->ramp = args->ramp ? args->ramp : 100;
    args->duration_s = args->duration_s ? args->duration_s : 30;
    args->seq_member = args->seq_member ? args->seq_member : "seq";
    args->time_member = args->time_member ? args->time_member : "time";
    if (args->think && !read_think(args->think, &args->think_min_s, &args->think_max_s))
        return usage_error(COMMAND,
                           "--think: \"%s\" is neither a number of seconds nor MIN-MAX, "
                           "from 1 to 99999",
                           args->think);
    if (strlen(args->seq_member) > MAX_MEMBER_LEN ||
        strlen(args->time_member) > MAX_MEMBER_LEN)
        return usage_error(COMMAND, "--seq-member, --time-member: at most %d bytes",
                           MAX_MEMBER_LEN);
    return EXIT_DONE;
}

static int check_publish(const struct swarm_args *args)
{
    if (!args->publish && args->publish_bytes)
        return usage_error(COMMAND, "--publish-bytes: give --publish, too");
    if (args->publish && args->connect.host && is_hosted(&args->connect))
        return usage_error(COMMAND,
                           "--publish: hosted Pusher takes events at another host than "
                           "%s: give --cluster instead of --host",
                           args->connect.host);
    if (args->publish && !args->app_id)
        return usage_error(COMMAND, "--publish: give --app-id, or set PUSHER_APP_ID");
    if (args->publish && !args->secret)
        return usage_error(COMMAND, "--publish: give --secret, or set PUSHER_SECRET");
    return EXIT_DONE;
}

static int check_template(const struct swarm_args *args, size_t index)
{
    const char *template = args->templates.items[index];
    char name[SWARM_NAME_BYTES];
    const char *number = strchr(template, '%');
    if (number && (number[1] != 'd' || strchr(number + 1, '%')))
        return usage_error(
            COMMAND, "--channel-template: \"%s\": of %% there may be one %%d", template);
    swarm_template_name(args, index, swarm_template_channels(args, index) - 1, name);
    pusher_str text = str_of(name);
    if (!channel_name_valid(text))
        return usage_error(COMMAND, "--channel-template: \"%s\": %s", template,
                           pusher_strerror(PUSHER_ERR_BAD_CHANNEL));
    enum channel_kind kind = channel_kind_of(text);
    if (kind != CHANNEL_PUBLIC && !args->auth.auth_endpoint &&
        (!args->secret || kind == CHANNEL_ENCRYPTED))
        return usage_error(COMMAND,
                           "--channel-template: %s needs an authorization: give "
                           "--auth-endpoint%s",
                           template, kind == CHANNEL_ENCRYPTED ? "" : " or --secret");
    if (kind == CHANNEL_ENCRYPTED && args->publish)
        return usage_error(COMMAND, "--channel-template: %s: --publish does not encrypt",
                           template);
    return EXIT_DONE;
}

/* Whether that is the name of one of the template's channels. */
static bool template_has(const struct swarm_args *args, size_t index, const char *name)
{
    const char *template = args->templates.items[index];
    const char *number = strchr(template, '%');
    size_t before = number ? (size_t)(number - template) : 0;
    char own[SWARM_NAME_BYTES];
    if (!number)
        return strcmp(template, name) == 0;
    if (strncmp(template, name, before) != 0)
        return false;
    size_t digits = strspn(name + before, "0123456789");
    for (uint64_t channel = 0, i = 0; i < digits && i < MAX_DIGITS; i++) {
        channel = channel * 10 + (uint64_t)(name[before + i] - '0');
        if (channel >= swarm_template_channels(args, index))
            return false;
        swarm_template_name(args, index, (uint32_t)channel, own);
        if (strcmp(own, name) == 0)
            return true;
    }
    return false;
}

/* A browser has one subscription to a channel: by two templates, it would count the
 * events of each twice. */
static int check_apart(const struct swarm_args *args, size_t index)
{
    char name[SWARM_NAME_BYTES];
    for (size_t other = 0; other < index; other++) {
        for (uint32_t i = 0; i < swarm_template_channels(args, index); i++) {
            swarm_template_name(args, index, i, name);
            if (template_has(args, other, name))
                return usage_error(
                    COMMAND, "--channel-template: \"%s\" is one of \"%s\" and of \"%s\"",
                    name, args->templates.items[other], args->templates.items[index]);
        }
    }
    return EXIT_DONE;
}

static bool has_number(const struct swarm_args *args)
{
    for (size_t i = 0; i < args->templates.count; i++) {
        if (strchr(args->templates.items[i], '%'))
            return true;
    }
    return false;
}

static int check_templates(const struct swarm_args *args)
{
    if (args->templates.count == 0)
        return usage_error(COMMAND, "no --channel-template");
    if (args->templates.count > SWARM_MAX_TEMPLATES)
        return usage_error(COMMAND, "--channel-template: at most %d of them",
                           SWARM_MAX_TEMPLATES);
    int status = EXIT_DONE;
    for (size_t i = 0; i < args->templates.count && !status; i++)
        status = check_template(args, i);
    for (size_t i = 1; i < args->templates.count && !status; i++)
        status = check_apart(args, i);
    if (!status && args->channels && !has_number(args))
        return usage_error(COMMAND, "--channels: no --channel-template has a %%d");
    return status;
}

uint32_t swarm_template_channels(const struct swarm_args *args, size_t index)
{
    if (!strchr(args->templates.items[index], '%'))
        return 1;
    return args->channels && args->channels < args->clients ? args->channels
                                                            : args->clients;
}

void swarm_template_name(const struct swarm_args *args, size_t index, uint32_t channel,
                         char *ret)
{
    const char *template = args->templates.items[index];
    const char *number = strchr(template, '%');
    if (number)
        snprintf(ret, SWARM_NAME_BYTES, "%.*s%u%s", (int)(number - template), template,
                 channel, number + 2);
    else
        snprintf(ret, SWARM_NAME_BYTES, "%s", template);
}

bool swarm_args_read(struct swarm_args *args, int argc, char **argv, int *status)
{
    const struct option_table tables[] = {
        {connect_options, CONNECT_OPTION_COUNT, &args->connect},
        {client_options, CLIENT_OPTION_COUNT, &args->client},
        {auth_options, AUTH_OPTION_COUNT, &args->auth},
        OPTION_TABLE(swarm_options, args),
    };
    enum options_result parsed = options_parse(&help, tables, 4, argc, argv);
    if (parsed != OPTIONS_OK) {
        *status = parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
        return false;
    }
    *status = check_place(args);
    if (!*status)
        *status = check_numbers(args);
    if (!*status)
        *status = check_publish(args);
    if (!*status)
        *status = check_templates(args);
    if (!args->auth.auth_endpoint)
        args->auth.secret = args->secret;
    return *status == EXIT_DONE;
}

void swarm_args_free(struct swarm_args *args)
{
    text_list_free(&args->templates);
    auth_args_free(&args->auth);
}
