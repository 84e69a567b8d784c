/*
 * Users, their connections and their watchers. A person exists while it is signed in or
 * watched.
 */
#include "sandbox/people.h"

#include <pusher/error.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/user_id.h"

void people_init(struct people *people, const pusher_allocator *mem)
{
    map_init(&people->persons, mem);
}

struct person *people_find(const struct people *people, pusher_str id)
{
    struct map_node *node = map_find(&people->persons, id);
    return node ? container_of(node, struct person, node) : NULL;
}

bool people_channel(pusher_str channel, pusher_str *ret)
{
    static const pusher_str prefix = {"#server-to-user-", 16};
    if (!str_starts_with(channel, prefix) || channel.len == prefix.len ||
        channel.len > prefix.len + USER_ID_MAX)
        return false;
    *ret = str_skip(channel, prefix.len);
    return true;
}

static void free_person(struct people *people, struct person *person)
{
    mem_free(people->persons.mem, person->id);
    mem_free(people->persons.mem, person);
}

static struct person *find_or_add(struct people *people, pusher_str id)
{
    struct person *person = people_find(people, id);
    if (person)
        return person;
    person = mem_zalloc(people->persons.mem, sizeof *person);
    if (!person)
        return NULL;
    list_init(&person->signins);
    list_init(&person->watches);
    person->id = mem_dup(people->persons.mem, id);
    map_set_key(&person->node, (pusher_str){person->id, id.len});
    if (!person->id || map_insert(&people->persons, &person->node)) {
        free_person(people, person);
        return NULL;
    }
    return person;
}

void people_release(struct people *people, struct person *person)
{
    if (!list_empty(&person->signins) || !list_empty(&person->watches))
        return;
    map_remove(&people->persons, &person->node);
    free_person(people, person);
}

static bool watches(const struct signin *signin, const struct person *person)
{
    for (size_t i = 0; i < signin->watch_count; i++)
        if (signin->watches[i].person == person)
            return true;
    return false;
}

static int watch_all(struct people *people, struct signin *signin,
                     const struct profile *profile)
{
    for (size_t i = 0; i < profile->watched_count; i++) {
        struct person *person = find_or_add(people, profile->watched[i]);
        if (!person)
            return PUSHER_ERR_NOMEM;
        if (watches(signin, person))
            continue;
        struct watch *watch = &signin->watches[signin->watch_count++];
        *watch = (struct watch){.person = person, .watcher = signin};
        list_append(&person->watches, &watch->link);
    }
    return 0;
}

/* A sign-in that nobody knows of. */
static struct signin *new_signin(const pusher_allocator *mem, struct hub_peer *peer,
                                 const struct profile *profile)
{
    struct signin *signin = mem_zalloc(
        mem, sizeof *signin + profile->watched_count * sizeof signin->watches[0]);
    if (!signin)
        return NULL;
    list_init(&signin->link);
    signin->peer = peer;
    if (profile->info.ptr) {
        signin->info = mem_dup(mem, profile->info);
        signin->info_len = profile->info.len;
    }
    if (!profile->info.ptr || signin->info)
        return signin;
    mem_free(mem, signin);
    return NULL;
}

static void free_signin(const pusher_allocator *mem, struct signin *signin)
{
    mem_free(mem, signin->info);
    mem_free(mem, signin);
}

int people_sign_in(struct people *people, struct hub_peer *peer,
                   const struct profile *profile, struct signin **ret)
{
    struct signin *signin = new_signin(people->persons.mem, peer, profile);
    if (!signin)
        return PUSHER_ERR_NOMEM;
    signin->person = find_or_add(people, profile->id);
    if (!signin->person) {
        free_signin(people->persons.mem, signin);
        return PUSHER_ERR_NOMEM;
    }
    list_append(&signin->person->signins, &signin->link);
    int rc = watch_all(people, signin, profile);
    if (!rc) {
        *ret = signin;
        return 0;
    }
    struct person *person = people_sign_out(people, signin);
    if (person)
        people_release(people, person);
    return rc;
}

struct person *people_sign_out(struct people *people, struct signin *signin)
{
    struct person *person = signin->person;
    /* A user may watch itself: it must not be released with its own watch, but after. */
    for (size_t i = 0; i < signin->watch_count; i++) {
        list_remove(&signin->watches[i].link);
        people_release(people, signin->watches[i].person);
    }
    list_remove(&signin->link);
    free_signin(people->persons.mem, signin);
    return list_empty(&person->signins) ? person : NULL;
}
