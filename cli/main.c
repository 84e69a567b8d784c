/*
 * pusherctl: the command line of libpusher. Finds the subcommand; each has a file of its
 * own.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pusher/version.h>

#include "command.h"
#include "options.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
} commands[] = {
    {"listen", command_listen, "subscribe to channels and show their events"},
    {"trigger", command_trigger, "publish an event (takes the app secret)"},
    {"sandbox", command_sandbox, "run a local server for first steps and tests"},
    {"swarm", command_swarm, "simulate many browsers, to load a server"},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_help(void)
{
    printf("Usage: pusherctl COMMAND [OPTION...]\n\n"
           "Pusher Channels from the command line.\n\n"
           "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].purpose);
    printf("\n"
           "Options:\n"
           "  --help     print this; pusherctl COMMAND --help says more\n"
           "  --version  print the version\n"
           "\n"
           "Example, in three terminals:\n"
           "  pusherctl sandbox --port 6001\n"
           "  pusherctl listen --key app-key --host 127.0.0.1 --port 6001 --no-tls "
           "--channel room\n"
           "  pusherctl trigger --app-id app-id --key app-key --secret app-secret \\\n"
           "      --host 127.0.0.1 --port 6001 --no-tls \\\n"
           "      --channel room --event order --data '{\"id\":7}'\n"
           "\n"
           "Options may come from the environment instead, where the help of a command\n"
           "names a variable: PUSHER_KEY, PUSHER_CLUSTER, PUSHER_HOST, PUSHER_PORT,\n"
           "PUSHER_APP_ID, PUSHER_SECRET. An option wins over its variable.\n");
}

/* A standard descriptor that is closed would be the next socket's, which prints would
 * then go to. The lowest free one is taken, so it is in order; opened the wrong way
 * round, so that using it fails as it would closed. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    /* A reader that has gone is an error of write, which is looked at. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return usage_error(NULL, "which command: listen, trigger, sandbox or swarm?");
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help();
        return EXIT_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("pusherctl %s\n", pusher_version());
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    return usage_error(NULL, "unknown %s \"%s\"", name[0] == '-' ? "option" : "command",
                       name);
}
