/*
 * The limit of open descriptors.
 */
#include "swarm_limits.h"

#include <sys/resource.h>

#include "command.h"

#define COMMAND "swarm"

enum {
    SPARE = 64,      /* the standard streams, the loop's own, name resolution */
    PUBLISHING = 256 /* requests under way at once */
};

/* An endpoint is asked on a connection of its own, one at a time for each client. */
static rlim_t needed_by(const struct swarm_args *args, rlim_t clients)
{
    return clients * (args->auth.auth_endpoint ? 2 : 1) +
           (args->publish ? PUBLISHING : 0) + SPARE;
}

int swarm_allow_descriptors(const struct swarm_args *args)
{
    struct rlimit limit;
    rlim_t needed = needed_by(args, args->clients);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return EXIT_DONE;
    struct rlimit raised = limit;
    raised.rlim_cur = needed;
    if (limit.rlim_max < needed)
        raised.rlim_max = needed; /* for those who may */
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return EXIT_DONE;
    rlim_t clients = 0;
    if (limit.rlim_max > needed_by(args, 0))
        clients =
            (limit.rlim_max - needed_by(args, 0)) / (args->auth.auth_endpoint ? 2 : 1);
    complain(COMMAND,
             "%u clients take %llu descriptors, and this process may have %llu: enough "
             "for %llu clients. More are allowed by \"ulimit -Hn\" or LimitNOFILE=, to "
             "the administrator",
             args->clients, (unsigned long long)needed,
             (unsigned long long)limit.rlim_max, (unsigned long long)clients);
    return EXIT_USAGE;
}
