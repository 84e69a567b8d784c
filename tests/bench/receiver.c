#include "receiver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000u
#define T_DIGITS 20

void receiver_fail(const char *format, ...)
{
    va_list args;

    fputs("receiver: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static const char *env_text(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL || *value == '\0')
        receiver_fail("%s is not set", name);
    return value;
}

static uint64_t env_number(const char *name, const char *fallback, uint64_t max)
{
    const char *value = getenv(name);
    char *end;

    if (value == NULL || *value == '\0')
        value = fallback;
    unsigned long long number = strtoull(value, &end, 10);
    if (end == value || *end != '\0' || number > max)
        receiver_fail("%s is \"%s\", not a number up to %llu", name, value,
                      (unsigned long long)max);
    return number;
}

static enum receiver_mode env_mode(void)
{
    const char *mode = getenv("BENCH_MODE");

    if (mode == NULL || strcmp(mode, "bulk") == 0)
        return RECEIVER_BULK;
    if (strcmp(mode, "paced") == 0)
        return RECEIVER_PACED;
    if (strcmp(mode, "idle") == 0)
        return RECEIVER_IDLE;
    receiver_fail("BENCH_MODE is \"%s\", not bulk, paced or idle", mode);
}

static bool parse_depth(int argc, char **argv)
{
    if (argc == 1)
        return false;
    if (argc == 3 && strcmp(argv[1], "--depth") == 0) {
        if (strcmp(argv[2], "text") == 0)
            return false;
        if (strcmp(argv[2], "json") == 0)
            return true;
    }
    receiver_fail("usage: %s [--depth text|json], the rest in BENCH_ variables", argv[0]);
}

void receiver_init(struct receiver *receiver, int argc, char **argv)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->json = parse_depth(argc, argv);
    receiver->host = env_text("BENCH_HOST");
    receiver->port = (uint16_t)env_number("BENCH_PORT", "", 65535);
    receiver->key = env_text("BENCH_KEY");
    receiver->channel = env_text("BENCH_CHANNEL");
    receiver->event = env_text("BENCH_EVENT");
    receiver->clients = (uint32_t)env_number("BENCH_CLIENTS", "1", 1000000);
    receiver->window = (uint32_t)env_number("BENCH_WINDOW", "64", 1000000);
    receiver->count = env_number("BENCH_COUNT", "0", UINT32_MAX);
    receiver->mode = env_mode();
    if (env_number("BENCH_TLS", "0", 1) == 1)
        receiver->ca_file = env_text("BENCH_CA");
    if (receiver->clients == 0 || receiver->window == 0)
        receiver_fail("BENCH_CLIENTS and BENCH_WINDOW must not be 0");
    if (receiver->mode != RECEIVER_IDLE && receiver->count == 0)
        receiver_fail("BENCH_COUNT is needed but in idle mode");
    if (receiver->mode == RECEIVER_PACED) {
        receiver->latency_ns = malloc(receiver->count * sizeof(uint32_t));
        if (receiver->latency_ns == NULL)
            receiver_fail("out of memory");
    }
}

void receiver_ready(struct receiver *receiver)
{
    printf("{\"ready\":%u}\n", receiver->clients);
    fflush(stdout);
    getrusage(RUSAGE_SELF, &receiver->at_ready);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t receiver_stamp(const char *text, size_t len, bool escaped)
{
    const char *mark = escaped ? "\\\"t\\\":\\\"" : "\"t\":\"";
    const char *at = memmem(text, len, mark, strlen(mark));
    uint64_t t_ns = 0;

    if (at == NULL || (size_t)(text + len - at) < strlen(mark) + T_DIGITS)
        return 0;
    at += strlen(mark);
    for (int i = 0; i < T_DIGITS; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        t_ns = t_ns * 10 + (uint64_t)(at[i] - '0');
    }
    return t_ns;
}

bool receiver_count(struct receiver *receiver, uint64_t t_ns)
{
    if (receiver->latency_ns != NULL && receiver->received < receiver->count) {
        uint64_t late_ns = now_ns() - t_ns;

        if (t_ns == 0)
            receiver->errors++;
        receiver->latency_ns[receiver->received] =
            late_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)late_ns;
    }
    if (receiver->received == 0)
        receiver->first_ns = now_ns();
    if (++receiver->received != receiver->count)
        return false;
    receiver->last_ns = now_ns();
    getrusage(RUSAGE_SELF, &receiver->at_end);
    return true;
}

static double seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print_latency(const struct receiver *receiver)
{
    static const struct {
        const char *name;
        double part;
    } marks[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}};

    qsort(receiver->latency_ns, receiver->count, sizeof(uint32_t), compare);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t at = (size_t)(marks[i].part * (double)(receiver->count - 1) + 0.5);

        printf(",\"%s_us\":%.1f", marks[i].name, receiver->latency_ns[at] / 1e3);
    }
}

void receiver_finish(struct receiver *receiver)
{
    printf("{\"received\":%llu,\"cpu_s\":%.6f,\"max_rss_kb\":%ld,\"wall_s\":%.6f",
           (unsigned long long)receiver->received,
           seconds(&receiver->at_end) - seconds(&receiver->at_ready),
           receiver->at_end.ru_maxrss,
           (double)(receiver->last_ns - receiver->first_ns) / NS_PER_S);
    if (receiver->latency_ns != NULL)
        print_latency(receiver);
    printf(",\"errors\":%llu,\"parsed\":\"%s\"}\n", (unsigned long long)receiver->errors,
           receiver->json ? "json" : "text");
    fflush(stdout);
    free(receiver->latency_ns);
    receiver->latency_ns = NULL;
}
