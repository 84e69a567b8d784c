/*
 * The limit of open descriptors.
 */
#include "swarm_limits.h"

#include <stdio.h>
#include <sys/resource.h>

#include "command.h"

#define COMMAND "swarm"

enum {
    SPARE = 64,      /* the standard streams, the loop's own, name resolution */
    PUBLISHING = 256 /* requests under way at once */
};

/* An endpoint is asked on a connection of its own, one at a time for each client. */
static uint32_t each_takes(const struct swarm_args *args)
{
    return args->auth.auth_endpoint ? 2 : 1;
}

static uint32_t others_take(const struct swarm_args *args)
{
    return SPARE + (args->publish ? PUBLISHING : 0);
}

uint32_t swarm_descriptors(const struct swarm_args *args)
{
    return args->clients * each_takes(args) + others_take(args);
}

int swarm_allow_descriptors(const struct swarm_args *args)
{
    struct rlimit limit;
    rlim_t needed = swarm_descriptors(args);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return EXIT_DONE;
    struct rlimit raised = limit;
    raised.rlim_cur = needed;
    if (limit.rlim_max < needed)
        raised.rlim_max = needed; /* for those who may */
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return EXIT_DONE;
    rlim_t others = others_take(args);
    rlim_t clients =
        limit.rlim_max > others ? (limit.rlim_max - others) / each_takes(args) : 0;
    char publishing[40] = "";
    if (args->publish)
        snprintf(publishing, sizeof publishing, " (%d of them for --publish)",
                 PUBLISHING);
    complain(COMMAND,
             "%u clients take %llu descriptors%s, and this process may have %llu: enough "
             "for %llu clients. An administrator can allow more, by \"ulimit -Hn\" or "
             "LimitNOFILE=",
             args->clients, (unsigned long long)needed, publishing,
             (unsigned long long)limit.rlim_max, (unsigned long long)clients);
    return EXIT_USAGE;
}
