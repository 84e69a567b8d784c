/*
 * The registry of bindings (BIND-01, BIND-02, BIND-04 … BIND-06).
 */
#include "client/binding.h"

#include "base/mem.h"
#include "client/dispatch.h"
#include "codec/channel_name.h"

void binding_scope_init(struct binding_scope *scope)
{
    list_init(&scope->every);
    list_init(&scope->named);
}

static int binding_new(pusher_client *client, pusher_str name, struct binding **ret)
{
    struct binding *binding = mem_zalloc(&client->mem, sizeof *binding + name.len + 1);
    if (!binding)
        return PUSHER_ERR_NOMEM;
    int rc = handle_add(&client->handles, binding, &binding->id);
    if (rc) {
        mem_free(&client->mem, binding);
        return rc;
    }
    binding->name_len = (uint32_t)name.len;
    if (name.len)
        memcpy(binding->name, name.ptr, name.len);
    *ret = binding;
    return 0;
}

int binding_add(pusher_client *client, struct binding_scope *scope,
                const struct binding_want *want, pusher_id *ret)
{
    pusher_str name = str_of(want->event);
    bool valid = client && scope && want->fn &&
                 (!want->event || (name.len > 0 && name.len <= EVENT_NAME_MAX));
    struct binding *binding = NULL;
    int rc = valid ? binding_new(client, name, &binding) : PUSHER_ERR_INVALID;
    if (rc) {
        dispatch_free(want->free_userdata, want->userdata);
        return rc;
    }
    binding->fn = want->fn;
    binding->userdata = want->userdata;
    binding->free_userdata = want->free_userdata;
    binding->once = want->once;
    binding->born = ++client->binding_clock;
    list_append(want->event ? &scope->named : &scope->every, &binding->link);
    if (ret)
        *ret = binding->id;
    return 0;
}

void binding_remove(pusher_client *client, struct binding *binding)
{
    if (!binding->fn)
        return;
    binding->fn = NULL;
    handle_remove(&client->handles, binding->id);
    binding->next_dead = client->dead_bindings;
    client->dead_bindings = binding;
}

static bool matches(const struct binding *binding, const char *event, pusher_event_fn fn,
                    const void *userdata)
{
    return binding->fn && (!event || binding_matches(binding, str_of(event))) &&
           (!fn || binding->fn == fn) && (!userdata || binding->userdata == userdata);
}

size_t binding_remove_matching(pusher_client *client, struct list *bindings,
                               const char *event, pusher_event_fn fn,
                               const void *userdata)
{
    size_t removed = 0;
    for (struct list *at = bindings->next; at != bindings; at = at->next) {
        struct binding *binding = container_of(at, struct binding, link);
        if (!matches(binding, event, fn, userdata))
            continue;
        binding_remove(client, binding);
        removed++;
    }
    return removed;
}

void binding_scope_clear(pusher_client *client, struct binding_scope *scope)
{
    binding_remove_matching(client, &scope->every, NULL, NULL, NULL);
    binding_remove_matching(client, &scope->named, NULL, NULL, NULL);
}
