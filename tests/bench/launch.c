/*
 * launch: starts a receiver from a small process and tells what the kernel counted for
 * it.
 *
 * The peak memory that the kernel keeps for a process starts with that of the process it
 * was forked from, so a receiver that a Python program starts can never show less than
 * Python itself. Here it is forked from a process of about one MiB.
 *
 *     launch REPORT_FD CPU COMMAND [ARGUMENT…]
 *
 * CPU: the core to pin the command to; -1: none. Lines on descriptor REPORT_FD:
 *
 *     {"pid":P,"start_ns":T}                          before the command runs
 *     {"exit":E,"signal":S,"cpu_s":C,"max_rss_kb":M}  after it has ended
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
    _exit(127);
}

static void pin(int cpu)
{
    cpu_set_t set;

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fail("sched_setaffinity");
}

/* In the child. It waits for the report of its pid, and ends if the parent does. */
static _Noreturn void become(const int gate[2], int cpu, char **command)
{
    char byte;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        fail("prctl");
    close(gate[1]); /* so that the read ends if the parent has ended already */
    if (read(gate[0], &byte, 1) != 1)
        _exit(127);
    pin(cpu);
    execvp(command[0], command);
    fail(command[0]);
}

static unsigned long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int gate[2];
    int status;

    if (argc < 4) {
        fputs("usage: launch REPORT_FD CPU COMMAND [ARGUMENT...]\n", stderr);
        return 127;
    }
    int report = atoi(argv[1]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        fcntl(report, F_SETFD, FD_CLOEXEC) != 0 || pipe2(gate, O_CLOEXEC) != 0)
        fail("cannot prepare");
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0)
        become(gate, atoi(argv[2]), argv + 3);
    dprintf(report, "{\"pid\":%d,\"start_ns\":%llu}\n", (int)pid, now_ns());
    if (write(gate[1], "g", 1) != 1)
        fail("write");
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            fail("wait4");
    dprintf(report, "{\"exit\":%d,\"signal\":%d,\"cpu_s\":%.6f,\"max_rss_kb\":%ld}\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    return 0;
}
