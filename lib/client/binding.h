/*
 * The registry of bindings: who wants which event. Knows nothing of how they are called.
 */
#ifndef CLIENT_BINDING_H
#define CLIENT_BINDING_H

#include "base/str.h"
#include "client/client.h"

struct binding {
    struct list link;          /* scope->every or scope->named */
    struct binding *next_dead; /* in client->dead_bindings, once removed */
    pusher_id id;
    uint64_t born;      /* client->binding_clock when it was made (BIND-05) */
    pusher_event_fn fn; /* NULL: removed, not to be called any more */
    void *userdata;
    pusher_free_fn free_userdata;
    bool once; /* removed before it is called */
    uint32_t name_len;
    char name[]; /* NUL-terminated; unused in `every` */
};

void binding_scope_init(struct binding_scope *scope);

/* What is wanted of a new binding. */
struct binding_want {
    const char *event; /* NULL: every event */
    pusher_event_fn fn;
    void *userdata;
    pusher_free_fn free_userdata;
    bool once;
};

/*
 * Adds a binding to `scope` of `client`. 0 and the id in
 * `*ret` (may be NULL), PUSHER_ERR_INVALID (also for a NULL client or scope),
 * PUSHER_ERR_NOMEM; userdata is freed on failure.
 */
int binding_add(pusher_client *client, struct binding_scope *scope,
                const struct binding_want *want, pusher_id *ret);

/* Removes those of a list that match; NULL matches any. Returns how many. */
size_t binding_remove_matching(pusher_client *client, struct list *bindings,
                               const char *event, pusher_event_fn fn,
                               const void *userdata);

/* Removes one binding, or all of a scope: they are not called any more, and freed by the
 * client_leave() around the call. */
void binding_remove(pusher_client *client, struct binding *binding);
void binding_scope_clear(pusher_client *client, struct binding_scope *scope);

static inline bool binding_matches(const struct binding *binding, pusher_str name)
{
    return binding->name_len == name.len &&
           memcmp(binding->name, name.ptr, name.len) == 0;
}

#endif
