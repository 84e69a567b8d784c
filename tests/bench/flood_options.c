#include "flood_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mode_names[] = {"bulk", "paced", "idle"};

static const char usage[] =
    "usage: flood [options]\n"
    "\n"
    "  --mode bulk|paced|idle  as fast as possible, at a fixed rate, or no events "
    "(bulk)\n"
    "  --clients N             clients to wait for (1)\n"
    "  --count N               events to send, over all clients together (100000)\n"
    "  --size B                bytes of payload on average, 172 to 65000 (180)\n"
    "  --rate R                paced: events a second, over all clients together (1000)\n"
    "  --burst N               paced: so many at an instant, one a client (1)\n"
    "  --port P                TCP port on 127.0.0.1; 0 takes a free one (0)\n"
    "  --channel NAME          channel that the clients subscribe to (bench)\n"
    "  --event NAME            name of the events (order-updated)\n"
    "  --settle MS             pause between the last subscription and the events (200)\n"
    "  --timeout S             give up, with exit status 1, after this time (120)\n"
    "  --cert FILE --key FILE  serve wss with this PEM certificate and key\n"
    "\n"
    "Prints {\"port\":P} once it listens, {\"sent\":N,…} at the end.\n";

void flood_fail(const char *format, ...)
{
    va_list args;

    fputs("flood: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static double number(const char *option, const char *text, double min, double max)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= min && value <= max))
        flood_fail("--%s wants a number from %.0f to %.0f, not \"%s\"", option, min, max,
                   text);
    return value;
}

static enum flood_mode parse_mode(const char *text)
{
    for (unsigned m = MODE_BULK; m <= MODE_IDLE; m++)
        if (strcmp(text, mode_names[m]) == 0)
            return (enum flood_mode)m;
    flood_fail("--mode wants bulk, paced or idle, not \"%s\"", text);
}

void flood_options_parse(int argc, char **argv, struct flood_options *ret)
{
    static const struct flood_options defaults = {.mode = MODE_BULK,
                                                  .clients = 1,
                                                  .count = 100000,
                                                  .size = 180,
                                                  .rate = 1000,
                                                  .burst = 1,
                                                  .settle_ms = 200,
                                                  .timeout_s = 120,
                                                  .channel = "bench",
                                                  .event = "order-updated"};
    static const struct option names[] = {{"mode", required_argument, NULL, 'm'},
                                          {"clients", required_argument, NULL, 'n'},
                                          {"count", required_argument, NULL, 'c'},
                                          {"size", required_argument, NULL, 's'},
                                          {"rate", required_argument, NULL, 'r'},
                                          {"burst", required_argument, NULL, 'b'},
                                          {"port", required_argument, NULL, 'p'},
                                          {"channel", required_argument, NULL, 'C'},
                                          {"event", required_argument, NULL, 'E'},
                                          {"settle", required_argument, NULL, 'S'},
                                          {"timeout", required_argument, NULL, 't'},
                                          {"cert", required_argument, NULL, 'x'},
                                          {"key", required_argument, NULL, 'k'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int index = 0;

    *ret = defaults;

    for (int c; (c = getopt_long(argc, argv, "", names, &index)) != -1;) {
        const char *name = names[index].name;

        switch (c) {
        case 'm':
            ret->mode = parse_mode(optarg);
            break;
        case 'n':
            ret->clients = (unsigned)number(name, optarg, 1, 100000);
            break;
        case 'c':
            ret->count = (uint64_t)number(name, optarg, 1, 1e12);
            break;
        case 's':
            ret->size = (size_t)number(name, optarg, 172, 65000);
            break;
        case 'r':
            ret->rate = number(name, optarg, 1, 1e6);
            break;
        case 'b':
            ret->burst = (uint64_t)number(name, optarg, 1, 1e6);
            break;
        case 'p':
            ret->port = (unsigned)number(name, optarg, 0, 65535);
            break;
        case 'S':
            ret->settle_ms = (unsigned)number(name, optarg, 0, 60000);
            break;
        case 't':
            ret->timeout_s = (unsigned)number(name, optarg, 1, 86400);
            break;
        case 'C':
            ret->channel = optarg;
            break;
        case 'E':
            ret->event = optarg;
            break;
        case 'x':
            ret->cert_file = optarg;
            break;
        case 'k':
            ret->key_file = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            fputs(usage, stderr);
            exit(1);
        }
    }
    if (optind < argc)
        flood_fail("what is \"%s\"? See --help", argv[optind]);
    if ((ret->cert_file == NULL) != (ret->key_file == NULL))
        flood_fail("--cert and --key go together");
}
