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
    list_init(&binding->dead_link);
    binding->name_len = (uint32_t)name.len;
    if (name.len)
        memcpy(binding->name, name.ptr, name.len);
    *ret = binding;
    return 0;
}

int binding_add(pusher_client *client, struct binding_scope *scope, const char *event,
                pusher_event_fn fn, void *userdata, pusher_free_fn free_userdata,
                pusher_id *ret)
{
    pusher_str name = str_of(event);
    bool valid =
        client && scope && fn && (!event || (name.len > 0 && name.len <= EVENT_NAME_MAX));
    struct binding *binding = NULL;
    int rc = valid ? binding_new(client, name, &binding) : PUSHER_ERR_INVALID;
    if (rc) {
        dispatch_free(free_userdata, userdata);
        return rc;
    }
    binding->fn = fn;
    binding->userdata = userdata;
    binding->free_userdata = free_userdata;
    binding->born = ++client->binding_clock;
    list_append(event ? &scope->named : &scope->every, &binding->link);
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
    list_append(&client->dead_bindings, &binding->dead_link);
}

static void clear(pusher_client *client, struct list *bindings)
{
    for (struct list *at = bindings->next; at != bindings; at = at->next)
        binding_remove(client, container_of(at, struct binding, link));
}

void binding_scope_clear(pusher_client *client, struct binding_scope *scope)
{
    clear(client, &scope->every);
    clear(client, &scope->named);
}
