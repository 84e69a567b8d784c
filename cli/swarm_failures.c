/*
 * A short table of reasons.
 */
#include "swarm_failures.h"

#include <stdio.h>
#include <string.h>

/* Without half a character at the end. */
static void copy_cut(char *out, size_t size, pusher_str text)
{
    size_t len = text.len < size ? text.len : size - 1;
    while (len < text.len && len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    if (len)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

void failures_add(struct swarm_failures *failures, const char *error, int code,
                  int http_status, pusher_str message)
{
    for (size_t i = 0; i < failures->count; i++) {
        struct swarm_failure *item = &failures->items[i];
        if (item->code != code || item->http_status != http_status ||
            strcmp(item->error, error) != 0)
            continue;
        item->count++;
        return;
    }
    if (failures->count == MAX_FAILURES) {
        failures->others++;
        return;
    }
    struct swarm_failure *item = &failures->items[failures->count++];
    *item = (struct swarm_failure){.code = code, .http_status = http_status, .count = 1};
    snprintf(item->error, sizeof item->error, "%s", error);
    copy_cut(item->message, sizeof item->message, message);
}
