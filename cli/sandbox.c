/*
 * `pusherctl sandbox`: runs the local Channels server until it is told to stop.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <pusher/sandbox.h>

#include "connect_args.h"
#include "options.h"
#include "stop_signals.h"

#define COMMAND "sandbox"

enum { SPARE_DESCRIPTORS = 512 }; /* requests of the HTTP API, and the loop's own */

struct sandbox_args {
    const char *host;
    uint32_t port;
    const char *app_id;
    const char *key;
    const char *secret;
    bool subscription_count;
    pusher_log_level log_level;
};

#define FIELD(name) offsetof(struct sandbox_args, name)

static const struct option_spec sandbox_options[] = {
    {.name = "port",
     .kind = OPTION_NUMBER,
     .offset = FIELD(port),
     .min = 0,
     .max = 65535,
     .env = "PUSHER_PORT",
     .value = "PORT",
     .help = "default 0: a free one"},
    {.name = "host",
     .kind = OPTION_TEXT,
     .offset = FIELD(host),
     .value = "ADDRESS",
     .help = "numeric address to listen on; default 127.0.0.1"},
    {.name = "app-id",
     .kind = OPTION_TEXT,
     .offset = FIELD(app_id),
     .env = "PUSHER_APP_ID",
     .value = "ID",
     .help = "default app-id"},
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = FIELD(key),
     .env = "PUSHER_KEY",
     .value = "KEY",
     .help = "default app-key"},
    {.name = "secret",
     .kind = OPTION_TEXT,
     .offset = FIELD(secret),
     .env = "PUSHER_SECRET",
     .value = "SECRET",
     .help = "default app-secret"},
    {.name = "subscription-count",
     .kind = OPTION_FLAG,
     .offset = FIELD(subscription_count),
     .help = "tell subscribers how many they are"},
    {.name = "log",
     .kind = OPTION_LEVEL,
     .offset = FIELD(log_level),
     .value = "LEVEL",
     .help = "log to standard error: error, warn, info or debug; default error"},
};

static const struct command_help help = {
    .name = COMMAND,
    .synopsis = "[--port PORT] [--app-id ID --key KEY --secret SECRET] [OPTION...]",
    .purpose =
        "Runs a small Channels server for first steps and tests, without TLS, until\n"
        "SIGINT or SIGTERM. Prints \"listening on HOST:PORT\" when it is ready.\n"
        "It has channels of all kinds, signs users in and answers the HTTP API.\n"
        "In production use Pusher, soketi, Reverb or Sockudo.",
    .notes = "Examples:\n"
             "  pusherctl sandbox\n"
             "  pusherctl sandbox --port 6001 --log info\n"
             "\n"
             "Exit status:\n"
             "  0  told to stop by SIGINT or SIGTERM\n"
             "  1  wrong usage, or the address cannot be used\n",
};

static void print_how_to_try(const pusher_sandbox_options *options, uint16_t port,
                             const struct sandbox_args *args)
{
    /* A secret of the user's own is not shown. */
    const char *secret = args->secret ? "$PUSHER_SECRET" : options->secret;
    fprintf(stderr,
            "app id %s, key %s, secret %s. Try it in two other terminals:\n"
            "  pusherctl listen --key %s --host %s --port %u --no-tls --channel room\n"
            "  pusherctl trigger --app-id %s --key %s --secret %s --host %s --port %u "
            "--no-tls --channel room --event order --data '{\"id\":7}'\n",
            options->app_id, options->key, args->secret ? "as given" : secret,
            options->key, options->address, port, options->app_id, options->key, secret,
            options->address, port);
}

static int print_ready(const char *address, uint16_t port)
{
    bool is_ipv6 = strchr(address, ':') != NULL;
    printf("listening on %s%s%s:%u\n", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "",
           port);
    if (fflush(stdout) == 0)
        return EXIT_DONE;
    complain(COMMAND, "cannot write to standard output: %s", strerror(errno));
    return EXIT_USAGE;
}

static int cannot_listen(const pusher_sandbox_options *options, int error, int reason)
{
    switch (error) {
    case PUSHER_ERR_BAD_KEY:
        return usage_error(COMMAND, "--key: %s", pusher_strerror(error));
    case PUSHER_ERR_BAD_HOST:
        return usage_error(COMMAND, "--host: \"%s\" is not a numeric address",
                           options->address);
    case PUSHER_ERR_INVALID:
        return usage_error(COMMAND, "--app-id: \"%s\" may only hold A-Z a-z 0-9 _ . ~ -",
                           options->app_id);
    case PUSHER_ERR_SYSTEM:
        complain(COMMAND, "cannot listen on %s port %u: %s", options->address,
                 options->port, strerror(reason));
        return EXIT_USAGE;
    default:
        complain(COMMAND, "%s", pusher_strerror(error));
        return EXIT_USAGE;
    }
}

static int serve(pusher_loop *loop, const struct sandbox_args *args)
{
    pusher_sandbox_options options;
    pusher_sandbox_options_init(&options);
    options.loop = loop;
    options.port = (uint16_t)args->port;
    options.address = args->host ? args->host : options.address;
    options.app_id = args->app_id ? args->app_id : options.app_id;
    options.key = args->key ? args->key : options.key;
    options.secret = args->secret ? args->secret : options.secret;
    options.subscription_count = args->subscription_count;
    options.log = stderr_log(args->log_level);

    pusher_sandbox *sandbox;
    errno = 0;
    int rc = pusher_sandbox_new(&sandbox, &options);
    if (rc)
        return cannot_listen(&options, rc, errno);
    struct stop_signals signals = {0};
    rc = stop_signals_watch(&signals, loop) ? PUSHER_ERR_SYSTEM : 0;
    int status = EXIT_USAGE;
    if (!rc)
        status = print_ready(options.address, pusher_sandbox_port(sandbox));
    if (!rc && !status) {
        print_how_to_try(&options, pusher_sandbox_port(sandbox), args);
        rc = pusher_loop_run(loop);
    }
    stop_signals_end(&signals);
    pusher_sandbox_free(sandbox);
    if (rc)
        complain(COMMAND, "%s", pusher_strerror(rc));
    return rc ? EXIT_USAGE : status;
}

/* As many as a full sandbox takes, or as many as it may have. */
static uint32_t descriptors(void)
{
    pusher_sandbox_options options;
    struct rlimit limit;
    pusher_sandbox_options_init(&options);
    uint32_t wanted = options.max_connections + SPARE_DESCRIPTORS;
    bool is_known = getrlimit(RLIMIT_NOFILE, &limit) == 0;
    return is_known && limit.rlim_max < wanted ? (uint32_t)limit.rlim_max : wanted;
}

int command_sandbox(int argc, char **argv)
{
    struct sandbox_args args = {.log_level = PUSHER_LOG_ERROR};
    const struct option_table tables[] = {OPTION_TABLE(sandbox_options, &args)};
    enum options_result parsed = options_parse(&help, tables, 1, argc, argv);
    if (parsed != OPTIONS_OK)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;

    stop_signals_block();
    pusher_loop_options loop_options;
    pusher_loop_options_init(&loop_options);
    loop_options.log = stderr_log(args.log_level);
    loop_options.descriptors = descriptors();
    pusher_loop *loop;
    int rc = pusher_loop_new(&loop, &loop_options);
    if (rc) {
        complain(COMMAND, "%s", pusher_strerror(rc));
        return EXIT_USAGE;
    }
    int status = serve(loop, &args);
    pusher_loop_free(loop);
    return status;
}
