/*
 * The table of the connection options, and their log.
 */
#include "connect_args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pusher/error.h>

#include "command.h"

#define FIELD(name) offsetof(struct connect_args, name)

const struct option_spec connect_options[CONNECT_OPTION_COUNT] = {
    {.name = "key",
     .kind = OPTION_TEXT,
     .offset = FIELD(key),
     .env = "PUSHER_KEY",
     .value = "KEY",
     .help = "the app key"},
    {.name = "cluster",
     .kind = OPTION_TEXT,
     .offset = FIELD(cluster),
     .env = "PUSHER_CLUSTER",
     .value = "NAME",
     .help = "the cluster of hosted Pusher, for example eu"},
    {.name = "host",
     .kind = OPTION_TEXT,
     .offset = FIELD(host),
     .env = "PUSHER_HOST",
     .env_unless = "cluster",
     .value = "HOST",
     .help = "another server; wins over --cluster"},
    {.name = "port",
     .kind = OPTION_NUMBER,
     .offset = FIELD(port),
     .min = 1,
     .max = 65535,
     .env = "PUSHER_PORT",
     .env_unless = "cluster",
     .value = "PORT",
     .help = "default 443, without TLS 80"},
    {.name = "no-tls",
     .kind = OPTION_FLAG,
     .offset = FIELD(no_tls),
     .help = "do not encrypt the connection"},
    {.name = "ca",
     .kind = OPTION_TEXT,
     .offset = FIELD(ca_file),
     .value = "FILE",
     .help = "trust these certification authorities (PEM), not the system's"},
    {.name = "log",
     .kind = OPTION_LEVEL,
     .offset = FIELD(log_level),
     .value = "LEVEL",
     .help = "log to standard error: error, warn, info or debug"},
};

static void write_log(pusher_log_level level, const char *line, void *userdata)
{
    static const char *const names[] = {"off", "error", "warn", "info", "debug"};
    (void)userdata;
    fprintf(stderr, "[%s] %s\n", names[level], line);
}

pusher_log stderr_log(pusher_log_level level)
{
    return (pusher_log){.level = level, .write = write_log};
}

static int check_file(const char *command, const char *option, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file && fgetc(file) != EOF) {
        fclose(file);
        return EXIT_DONE;
    }
    const char *why = !file || ferror(file) ? strerror(errno) : "it is empty";
    int status = usage_error(command, "%s: cannot read %s: %s", option, path, why);
    if (file)
        fclose(file);
    return status;
}

int connect_args_check(const char *command, const struct connect_args *args)
{
    if (!args->key)
        return usage_error(command, "no app key: give --key, or set PUSHER_KEY");
    if (!args->cluster && !args->host)
        return usage_error(command, "nowhere to connect to: give --cluster or --host, or "
                                    "set PUSHER_CLUSTER or PUSHER_HOST");
    return args->ca_file ? check_file(command, "--ca", args->ca_file) : EXIT_DONE;
}

void connect_args_print(const struct connect_args *args)
{
    fprintf(stderr, "%s%s", args->host ? "" : "cluster ",
            args->host ? args->host : args->cluster);
    if (args->port)
        fprintf(stderr, ", port %u", args->port);
}

int connect_args_refused(const char *command, const struct connect_args *args, int error)
{
    if (error == PUSHER_ERR_BAD_KEY)
        return usage_error(command, "--key: %s", pusher_strerror(error));
    if (error == PUSHER_ERR_BAD_HOST && args->host && strchr(args->host, ':'))
        return usage_error(command,
                           "--host: \"%s\": give a host name or address alone, without "
                           "scheme and brackets; the port goes into --port",
                           args->host);
    if (error == PUSHER_ERR_BAD_HOST)
        return usage_error(command, "%s: \"%s\": %s", args->host ? "--host" : "--cluster",
                           args->host ? args->host : args->cluster,
                           pusher_strerror(error));
    if (error == PUSHER_ERR_INVALID)
        return usage_error(command, "%s", pusher_strerror(error));
    complain(command, "%s", pusher_strerror(error));
    return EXIT_USAGE;
}
