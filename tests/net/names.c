/*
 * A resolver under the test's control.
 */
#include "names.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool released;
static int hanging, begun, most_at_once;

void names_await(int count)
{
    pthread_mutex_lock(&lock);
    while (hanging < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void names_release(void)
{
    pthread_mutex_lock(&lock);
    released = true;
    pthread_cond_broadcast(&changed);
    while (hanging)
        pthread_cond_wait(&changed, &lock);
    released = false;
    pthread_mutex_unlock(&lock);
}

static int read_count(const int *count)
{
    pthread_mutex_lock(&lock);
    int value = *count;
    pthread_mutex_unlock(&lock);
    return value;
}

int names_begun(void)
{
    return read_count(&begun);
}

int names_most_at_once(void)
{
    return read_count(&most_at_once);
}

void names_forget(void)
{
    pthread_mutex_lock(&lock);
    begun = 0;
    most_at_once = hanging;
    pthread_mutex_unlock(&lock);
}

static bool hangs(const char *name)
{
    static const char end[] = "hang.test";
    size_t len = strlen(name);
    return len >= sizeof end - 1 && strcmp(name + len - (sizeof end - 1), end) == 0;
}

static int hang(void)
{
    pthread_mutex_lock(&lock);
    begun++;
    hanging++;
    if (hanging > most_at_once)
        most_at_once = hanging;
    pthread_cond_broadcast(&changed);
    while (!released)
        pthread_cond_wait(&changed, &lock);
    hanging--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return EAI_AGAIN;
}

struct entry {
    struct addrinfo info;
    struct sockaddr_in address;
};

static struct addrinfo *entry(const char *address, struct addrinfo *next)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        abort();
    entry->address.sin_family = AF_INET;
    inet_pton(AF_INET, address, &entry->address.sin_addr);
    entry->info = (struct addrinfo){
        .ai_family = AF_INET,
        .ai_socktype = SOCK_STREAM,
        .ai_addrlen = sizeof entry->address,
        .ai_addr = (struct sockaddr *)&entry->address,
        .ai_flags = -1, /* ours */
        .ai_next = next,
    };
    return &entry->info;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    if (hangs(node))
        return hang();
    if (strcmp(node, "none.test") == 0)
        return EAI_NONAME;
    if (strcmp(node, "two.test") == 0) {
        *ret = entry("127.0.0.2", entry("127.0.0.1", NULL));
        return 0;
    }
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, ret);
}

void freeaddrinfo(struct addrinfo *list)
{
    if (list && list->ai_flags == -1) {
        while (list) {
            struct addrinfo *next = list->ai_next;
            free(list);
            list = next;
        }
        return;
    }
    void (*real)(struct addrinfo *);
    *(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
    real(list);
}
