/*
 * Encrypted channels: opening their events.
 */
#include "core/cipher.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/auth_reply.h"
#include "codec/encrypted.h"
#include "codec/frame.h"
#include "core/core_impl.h"
#include "core/inbound.h"
#include "core/problem.h"
#include "core/said.h"
#include "crypto/secretbox.h"

/* What may wait for a key; and how long a key that did not help is not asked for again.
 */
enum { MOST_WAITING = 100, MOST_WAITING_BYTES = 1 << 20, REFRESH_PAUSE_MS = 10000 };

/* A message that waits for another key. */
struct waiting {
    struct list link;
    uint64_t since;
    pusher_str event;
    pusher_str data; /* as text: the box and its nonce */
    char texts[];
};

struct cipher {
    struct core_channel *channel;
    struct list waiting;
    struct list link; /* in auth_set.opening while waiting messages are to be told */
    size_t waiting_count, waiting_bytes;
    uint64_t no_refresh_before; /* the last one did not help */
    bool refreshing;
    unsigned char key[SECRETBOX_KEY_BYTES];
};

static void drop(struct cipher *cipher, struct waiting *one, const pusher_allocator *mem)
{
    list_remove(&one->link);
    cipher->waiting_count--;
    cipher->waiting_bytes -= one->data.len;
    mem_free(mem, one);
}

static struct waiting *first_waiting(const struct cipher *cipher)
{
    return list_empty(&cipher->waiting)
               ? NULL
               : container_of(cipher->waiting.next, struct waiting, link);
}

static void drop_all(struct cipher *cipher, const pusher_allocator *mem)
{
    struct waiting *one;
    while ((one = first_waiting(cipher)))
        drop(cipher, one, mem);
    list_remove(&cipher->link);
}

void cipher_free(struct cipher *cipher, const pusher_allocator *mem)
{
    if (!cipher)
        return;
    drop_all(cipher, mem);
    wipe(cipher->key, sizeof cipher->key);
    mem_free(mem, cipher);
}

int cipher_authorized(struct core *core, struct core_channel *channel,
                      const struct auth_reply *reply)
{
    struct cipher *cipher = channel->cipher;
    if (!cipher) {
        cipher = mem_zalloc(core->config.mem, sizeof *cipher);
        if (!cipher)
            return PUSHER_ERR_NOMEM;
        list_init(&cipher->waiting);
        list_init(&cipher->link);
        cipher->channel = channel;
        channel->cipher = cipher;
    }
    memcpy(cipher->key, reply->shared_secret, sizeof cipher->key);
    return 0;
}

uint64_t cipher_lost(struct core_channel *channel, const pusher_allocator *mem)
{
    struct cipher *cipher = channel->kind == CHANNEL_ENCRYPTED ? channel->cipher : NULL;
    if (!cipher)
        return CORE_NEVER;
    const struct waiting *oldest = first_waiting(cipher);
    uint64_t since = oldest ? oldest->since : CORE_NEVER;
    drop_all(cipher, mem);
    wipe(cipher->key, sizeof cipher->key);
    cipher->refreshing = false;
    cipher->no_refresh_before = 0;
    return since;
}

/* --- opening --- */

/* What came of trying a key. */
enum opened {
    OPENED,
    OPENED_NOT,    /* by this key */
    OPENED_FAILED, /* by no key: *why says */
};

/* Puts the name and what is in the box, each with a NUL, into core->auth->said. */
static int keep_opened(struct core *core, pusher_str event, pusher_str plain)
{
    struct buf *text = &core->auth->said;
    buf_clear(text);
    int rc = buf_reserve(text, event.len + plain.len + 2);
    if (rc)
        return rc;
    buf_append(text, event);
    buf_append_byte(text, '\0');
    buf_append(text, plain);
    buf_append_byte(text, '\0');
    return 0;
}

static enum opened try_key(struct core *core, const struct cipher *cipher,
                           pusher_str event, pusher_str data, const char **why)
{
    struct encrypted box;
    enum encrypted_fault fault = encrypted_parse(core->config.mem, data, &box);
    if (fault) {
        *why = encrypted_fault_text(fault);
        return OPENED_FAILED;
    }
    pusher_str plain = {box.box, box.box_bytes - ENCRYPTED_OVERHEAD};
    enum opened result = OPENED;
    int rc = secretbox_open((pusher_str){box.box, box.box_bytes}, box.nonce, cipher->key,
                            box.box);
    if (rc == PUSHER_ERR_INVALID) {
        *why = "no key of the authorization opens it";
        result = OPENED_NOT;
    } else if (rc) {
        *why = pusher_strerror(rc);
        result = OPENED_FAILED;
    } else if (!utf8_valid(plain)) {
        *why = "what is in it is not UTF-8";
        result = OPENED_FAILED;
    } else if (keep_opened(core, event, plain)) {
        *why = "out of memory";
        result = OPENED_FAILED;
    }
    encrypted_release(core->config.mem, &box);
    return result;
}

/* What keep_opened() has kept becomes the delivery: plain text, and no sender (ENC-03).
 */
static void deliver_opened(struct core *core, struct core_channel *channel,
                           size_t name_len)
{
    const struct buf *text = &core->auth->said;
    message_release(&core->message);
    core->message = (struct message){
        .event = {text->ptr, name_len},
        .channel = core_channel_name(channel),
        .data = {text->ptr + name_len + 1, text->len - name_len - 2},
        .data_kind = PUSHER_DATA_TEXT,
    };
    inbound_deliver(core, CORE_SCOPE_BOTH, core->message.event, channel);
}

/* --- waiting --- */

static bool keep_waiting(struct core *core, struct cipher *cipher, pusher_str data,
                         const char **why)
{
    pusher_str event = core->message.event;
    if (cipher->waiting_count >= MOST_WAITING ||
        cipher->waiting_bytes + data.len > MOST_WAITING_BYTES) {
        *why = "too many messages wait for a key";
        return false;
    }
    struct waiting *one =
        mem_alloc(core->config.mem, sizeof *one + event.len + data.len + 2);
    if (!one) {
        *why = "out of memory";
        return false;
    }
    char *at = one->texts;
    one->event = (pusher_str){str_put(&at, event), event.len};
    one->data = (pusher_str){str_put(&at, data), data.len};
    one->since = core->now;
    list_append(&cipher->waiting, &one->link);
    cipher->waiting_count++;
    cipher->waiting_bytes += data.len;
    return true;
}

/* Asks for the authorization once more, on the same connection (ENC-05). */
static void refresh(struct core *core, struct cipher *cipher)
{
    cipher->refreshing = true;
    list_append(&core->auth->queue, &cipher->channel->line);
}

/* Before the subscription is confirmed its key is as new as one can be. */
static bool may_refresh(const struct core *core, const struct cipher *cipher)
{
    return cipher->channel->stage == CHANNEL_SUBSCRIBED &&
           core->now >= cipher->no_refresh_before;
}

/* True: opened, or it waits. */
static bool receive(struct core *core, struct cipher *cipher, pusher_str data,
                    const char **why)
{
    if (!cipher->refreshing && list_empty(&cipher->waiting)) {
        enum opened opened = try_key(core, cipher, core->message.event, data, why);
        if (opened == OPENED)
            deliver_opened(core, cipher->channel, core->message.event.len);
        if (opened != OPENED_NOT || !may_refresh(core, cipher))
            return opened == OPENED;
    }
    if (!keep_waiting(core, cipher, data, why))
        return false;
    if (!cipher->refreshing && list_empty(&cipher->link))
        refresh(core, cipher);
    return true;
}

/* A problem, and an event of the channel, {"event":…,"error":…} (ENC-04 C). */
static void report(struct core *core, struct core_channel *channel, pusher_str event,
                   const char *why)
{
    int rc;
    problem_decrypt(core, core_channel_name(channel), why);
    struct buf *text =
        said_begin(core, STR("pusher:decryption_error"), core_channel_name(channel), &rc);
    if (!rc)
        rc = buf_append(text, STR("{\"event\":"));
    if (!rc)
        rc = frame_append_string(text, event);
    if (!rc)
        rc = buf_append(text, STR(",\"error\":"));
    if (!rc)
        rc = frame_append_string(text, str_of(why));
    if (!rc)
        rc = buf_append_byte(text, '}');
    said_end(core, channel, rc);
}

void cipher_received(struct core *core, struct core_channel *channel)
{
    const char *why = "out of memory";
    pusher_str data = {NULL, 0};
    char *copy = inbound_copy_data(core, &data);
    if (!copy || !receive(core, channel->cipher, data, &why))
        report(core, channel, core->message.event, why);
    mem_free(core->config.mem, copy);
}

void cipher_refreshed(struct core *core, struct core_channel *channel,
                      const struct auth_reply *reply)
{
    struct cipher *cipher = channel->cipher;
    cipher->refreshing = false;
    cipher->no_refresh_before = core->now + REFRESH_PAUSE_MS;
    if (reply)
        memcpy(cipher->key, reply->shared_secret, sizeof cipher->key);
    if (!list_empty(&cipher->waiting))
        list_append(&core->auth->opening, &cipher->link);
}

bool cipher_tell(struct core *core)
{
    if (!core->auth || list_empty(&core->auth->opening))
        return false;
    struct cipher *cipher = container_of(core->auth->opening.next, struct cipher, link);
    struct waiting *one = first_waiting(cipher);
    const char *why = NULL;
    enum opened opened = try_key(core, cipher, one->event, one->data, &why);
    if (opened == OPENED) {
        cipher->no_refresh_before = 0; /* the new key is a good one */
        deliver_opened(core, cipher->channel, one->event.len);
    } else {
        report(core, cipher->channel, one->event, why);
    }
    drop(cipher, one, core->config.mem);
    if (list_empty(&cipher->waiting))
        list_remove(&cipher->link);
    return true;
}
