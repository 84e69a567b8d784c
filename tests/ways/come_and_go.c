/*
 * Create, connect, destroy, again and again, in one way to drive a loop: a loop with a
 * sandbox and a client that subscribes. Descriptors and threads are as before, and memory
 * does not grow.
 *
 *   come-and-go-WAY ROUNDS
 */
#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <pusher/pusher.h>
#include <pusher/sandbox.h>

/* The allocator's own ups and downs; a byte lost in each round of a long run is more. */
enum {
    LEAST_ROUNDS = 100,
    GROWTH_KIB = 256,
    ROUND_S = 20,
    MOMENT_MS = 10,
    MOMENTS = 1000
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_COUNTS = false }; /* a sanitizer's own memory grows */
#else
enum { MEMORY_COUNTS = true };
#endif

struct traces {
    long rss_kib;
    int descriptors, threads;
};

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static long rss_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct traces look(void)
{
    return (struct traces){rss_kib(), entries("/proc/self/fd"),
                           entries("/proc/self/task")};
}

static void need(int rc, const char *what)
{
    if (!rc)
        return;
    fprintf(stderr, "%s: %s\n", what, pusher_strerror(rc));
    exit(1);
}

static void on_subscribed(pusher_client *client, const pusher_event *event,
                          void *userdata)
{
    (void)client;
    (void)event;
    pusher_loop_stop(userdata);
}

static void come_and_go(void)
{
    pusher_loop *loop;
    pusher_sandbox *sandbox;
    pusher_client *client;
    pusher_channel *channel;
    pusher_sandbox_options served;
    pusher_options options;
    need(pusher_loop_new(&loop, NULL), "loop");
    pusher_sandbox_options_init(&served);
    served.loop = loop;
    need(pusher_sandbox_new(&sandbox, &served), "sandbox");
    pusher_options_init(&options);
    options.loop = loop;
    options.key = "app-key";
    options.host = "127.0.0.1";
    options.port = pusher_sandbox_port(sandbox);
    options.tls = false;
    need(pusher_client_new(&client, &options), "client");
    need(pusher_client_subscribe(client, "room", &channel), "subscribe");
    need(pusher_channel_bind(channel, "pusher:subscription_succeeded", on_subscribed,
                             loop, NULL, NULL),
         "bind");
    need(pusher_client_connect(client), "connect");
    alarm(ROUND_S); /* ends the program */
    need(pusher_loop_run(loop), "run");
    alarm(0);
    pusher_client_free(client);
    pusher_sandbox_free(sandbox);
    pusher_loop_free(loop);
}

static void *count_threads(void *ret)
{
    *(int *)ret = entries("/proc/self/task");
    return NULL;
}

/* Those that there are without the library's. A sanitizer's own is among them, which
 * begins with the first that is made. */
static int own_threads(void)
{
    pthread_t thread;
    int count = 0;
    if (pthread_create(&thread, NULL, count_threads, &count) == 0)
        pthread_join(thread, NULL);
    return count - 1;
}

/* A thread that was joined may be listed for a moment yet. */
static void await_threads(int threads)
{
    static const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000L};
    for (int i = 0; i < MOMENTS && entries("/proc/self/task") > threads; i++)
        nanosleep(&moment, NULL);
}

int main(int argc, char **argv)
{
    int rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (rounds < LEAST_ROUNDS) {
        fprintf(stderr, "usage: %s ROUNDS (%d or more)\n", argv[0], LEAST_ROUNDS);
        return 1;
    }
    int threads = own_threads();
    struct traces early = {0};
    for (int i = 0; i < rounds; i++) {
        if (i == rounds / 4) {
            await_threads(threads);
            early = look();
        }
        come_and_go();
    }
    await_threads(threads);
    struct traces late = look();
    printf("after %d and %d rounds: %ld and %ld KiB, %d and %d descriptors, %d and %d "
           "threads\n",
           rounds / 4, rounds, early.rss_kib, late.rss_kib, early.descriptors,
           late.descriptors, early.threads, late.threads);
    bool flat = !MEMORY_COUNTS || late.rss_kib <= early.rss_kib + GROWTH_KIB;
    return flat && late.descriptors == early.descriptors && late.threads == early.threads
               ? 0
               : 1;
}
