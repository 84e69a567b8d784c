/*
 * Descriptors: how many the process may have, and what to say when there is none left.
 */
#include "net/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <pusher/error.h>

#include "base/log.h"

/* libwebsockets' table has 16 bytes an entry. One that is smaller than the process's
 * limit is searched from its start for every event: only where the limit is so large that
 * the table of all would be larger than the clients. */
enum { TABLE_OF_FEW = 65536, TABLE_OF_MANY = 1 << 20 };

/* The first loop of a process takes 12: 6 of libuv, 2 of libwebsockets, 4 of ours. Other
 * versions of the libraries may take some more. */
enum { STANDARD_STREAMS = 3, ENOUGH_FOR_A_LOOP = 16 };

int descriptors_raise(uint32_t wanted, const pusher_log *log)
{
    struct rlimit limit;
    if (!wanted || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return 0;
    if (limit.rlim_max < wanted) {
        log_line(
            log, PUSHER_LOG_ERROR,
            "%u descriptors are wanted, and the process may have %llu at most: raise "
            "the hard limit (ulimit -Hn, LimitNOFILE= of systemd)",
            wanted, (unsigned long long)limit.rlim_max);
        return PUSHER_ERR_LIMIT;
    }
    limit.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : PUSHER_ERR_LIMIT;
}

unsigned descriptors_table_size(uint32_t wanted, unsigned *ret_end)
{
    struct rlimit limit;
    rlim_t affordable = wanted ? TABLE_OF_MANY : TABLE_OF_FEW;
    *ret_end = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > affordable)
        return wanted > TABLE_OF_FEW ? wanted : TABLE_OF_FEW;
    *ret_end = (unsigned)limit.rlim_cur;
    return 0;
}

static int open_one(void)
{
    return open("/", O_PATH | O_CLOEXEC);
}

bool descriptors_hold(struct descriptors_hold *ret)
{
    int fds[ENOUGH_FOR_A_LOOP];
    int count = 0, fd;
    *ret = (struct descriptors_hold){{-1, -1, -1}};
    while ((fd = open_one()) >= 0 && fd < STANDARD_STREAMS)
        ret->first[fd] = fd;
    while (fd >= 0) {
        fds[count++] = fd;
        if (count == ENOUGH_FOR_A_LOOP)
            break;
        fd = open_one();
    }
    int error = errno;
    for (int i = 0; i < count; i++)
        close(fds[i]);
    if (count < ENOUGH_FOR_A_LOOP)
        descriptors_release(ret);
    errno = error;
    return count == ENOUGH_FOR_A_LOOP;
}

void descriptors_release(const struct descriptors_hold *hold)
{
    for (int i = 0; i < STANDARD_STREAMS; i++)
        if (hold->first[i] >= 0)
            close(hold->first[i]);
}

bool descriptors_left(unsigned end, struct cause *ret)
{
    int fd = open_one();
    int error = errno;
    /* Something else is wrong with the question: try. */
    if (fd < 0 && error != EMFILE && error != ENFILE)
        return true;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && (!end || (unsigned)fd < end))
        return true;
    *ret =
        (struct cause){.stage = CAUSE_CONNECT, .system_error = fd < 0 ? error : EMFILE};
    struct rlimit limit;
    if (fd >= 0)
        snprintf(
            ret->words, sizeof ret->words,
            "no descriptor is left: the loop was made when the process might have %u",
            end);
    else if (error == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
        snprintf(ret->words, sizeof ret->words,
                 "no descriptor is left: the process may have %llu",
                 (unsigned long long)limit.rlim_cur);
    else
        snprintf(ret->words, sizeof ret->words, "no descriptor is left in the system");
    return false;
}
