/*
 * `pusherctl swarm`: simulates many browsers against a Channels server. Here is what it
 * takes before the first of them comes.
 */
#include "swarm.h"

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "stop_signals.h"
#include "swarm_browser.h"
#include "swarm_limits.h"
#include "swarm_run.h"

#define COMMAND "swarm"

enum { REPORT_BYTES = 131072 };

static int set_options(struct swarm *swarm)
{
    const struct swarm_args *args = &swarm->args;
    pusher_options *options = &swarm->options;
    pusher_options_init(options);
    options->loop = swarm->loop;
    client_args_apply(&args->connect, &args->client, options);
    options->max_parallel_auth = 1;
    return authorize_read(&swarm->auth, COMMAND, &args->connect, &args->auth, options);
}

/* A client that is thrown away tells what is wrong with the options before anything
 * begins. */
static int check_options(const struct swarm *swarm)
{
    const struct swarm_args *args = &swarm->args;
    pusher_client *client;
    int rc = pusher_client_new(&client, &swarm->options);
    if (!rc) {
        pusher_client_free(client);
        return EXIT_DONE;
    }
    if (rc == PUSHER_ERR_INVALID && args->auth.auth_endpoint)
        return usage_error(COMMAND, "--auth-endpoint: its URL, a header field or a "
                                    "parameter has a form or bytes that have no place in "
                                    "a request");
    return client_args_refused(COMMAND, &args->connect, &args->client, rc);
}

static int make_room(struct swarm *swarm)
{
    const struct swarm_args *args = &swarm->args;
    size_t templates = args->templates.count;
    for (size_t i = 0; i < templates; i++)
        swarm->first_channel[i + 1] =
            swarm->first_channel[i] + swarm_template_channels(args, i);
    swarm->browsers = calloc(args->clients, sizeof *swarm->browsers);
    swarm->places = calloc(args->clients * templates, sizeof *swarm->places);
    pusher_loop_options options;
    pusher_loop_options_init(&options);
    options.log = stderr_log(args->connect.log_level);
    options.descriptors = swarm_descriptors(args);
    options.max_connecting = 0; /* browsers do not wait for each other */
    swarm->reserve = malloc(REPORT_BYTES);
    int rc = swarm->browsers && swarm->places && swarm->reserve ? 0 : PUSHER_ERR_NOMEM;
    if (!rc)
        rc = pusher_loop_new(&swarm->loop, &options);
    if (!rc)
        return EXIT_DONE;
    complain(COMMAND, "%s", pusher_strerror(rc));
    return EXIT_USAGE;
}

static void print_header(const struct swarm_args *args)
{
    if (args->json)
        return;
    fprintf(stderr, "%u clients to ", args->clients);
    connect_args_print(&args->connect);
    fprintf(stderr, ", %u a second, then %u s\n", args->ramp, args->duration_s);
}

static int swarm_out(struct swarm *swarm)
{
    int status = swarm_allow_descriptors(&swarm->args);
    if (!status)
        status = make_room(swarm);
    if (!status)
        status = set_options(swarm);
    if (!status)
        status = check_options(swarm);
    if (!status && swarm->args.publish)
        status = publisher_init(swarm);
    if (status)
        return status;
    print_header(&swarm->args);
    srandom((unsigned)swarm_clock());
    swarm->began_us = swarm_clock();
    return swarm_run(swarm);
}

int command_swarm(int argc, char **argv)
{
    int status = EXIT_USAGE;
    struct swarm *swarm = calloc(1, sizeof *swarm); /* too large for a stack */
    if (!swarm) {
        complain(COMMAND, "%s", pusher_strerror(PUSHER_ERR_NOMEM));
        return status;
    }
    if (swarm_args_read(&swarm->args, argc, argv, &status)) {
        stop_signals_block();
        status = swarm_out(swarm);
        publisher_free(&swarm->publisher);
        pusher_loop_free(swarm->loop); /* and the clients on it */
        authorize_free(&swarm->auth);
    }
    free(swarm->reserve);
    free(swarm->browsers);
    free(swarm->places);
    swarm_args_free(&swarm->args);
    free(swarm);
    return status;
}
