/*
 * Encrypted channels: opened, refreshed, waiting, refused (ENC-01 … ENC-05, ENC-08).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/str.h"
#include "core/scenario.h"
#include "crypto/secretbox.h"

#define ROOM      "private-encrypted-a"
#define SUCCEEDED ROOM ".pusher:subscription_succeeded"
#define DROPPED   "!decrypt(" ROOM ")/-1/0+ " ROOM ".pusher:decryption_error"

enum { KEY_TEXT = 45, BOX_TEXT = 512 };

static void text_of(const void *bytes, size_t len, char *out, size_t size)
{
    size_t written;
    assert_int_equal(base64_encode(bytes, len, out, size, &written), 0);
}

static void key_of(int number, unsigned char ret[SECRETBOX_KEY_BYTES])
{
    memset(ret, number, SECRETBOX_KEY_BYTES);
}

/* Keys 1 and 2: the bytes, and how the endpoint writes them. */
static const char keys[2][SECRETBOX_KEY_BYTES + 1] = {
    "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
    "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2",
};
static const pusher_str secrets[] = {
    {keys[0], SECRETBOX_KEY_BYTES},
    {keys[1], SECRETBOX_KEY_BYTES},
    {"AQEBAQEBAQEBAQEBAQEBAQEBAQEB", 28},
    {"AgICAgICAgICAgICAgICAgICAgIC", 28},
};

/* The authorization is granted, with key `number`. From here on no memory that is given
 * back holds a key. */
static void grants_key(struct scene *s, int number)
{
    s->alloc.secrets = secrets;
    s->alloc.secret_count = sizeof secrets / sizeof *secrets;
    unsigned char key[SECRETBOX_KEY_BYTES];
    char key_text[KEY_TEXT], json[128];
    key_of(number, key);
    text_of(key, sizeof key, key_text, sizeof key_text);
    snprintf(json, sizeof json,
             "{\"auth\":\"appkey:" SCENE_SIGNATURE "\",\"shared_secret\":\"%s\"}",
             key_text);
    grants_with(s, ROOM, json);
}

/* An event with `plain` in a box for key `number`. */
static void publishes(struct scene *s, int number, const char *event, const char *plain)
{
    static unsigned char nonce[SECRETBOX_NONCE_BYTES];
    unsigned char key[SECRETBOX_KEY_BYTES];
    char box[256], box_text[BOX_TEXT], nonce_text[64], frame[1024];
    size_t len = strlen(plain);
    key_of(number, key);
    nonce[0]++;
    assert_true(len + SECRETBOX_OVERHEAD <= sizeof box);
    assert_int_equal(secretbox_seal(str_of(plain), nonce, key, box), 0);
    text_of(box, len + SECRETBOX_OVERHEAD, box_text, sizeof box_text);
    text_of(nonce, sizeof nonce, nonce_text, sizeof nonce_text);
    snprintf(frame, sizeof frame,
             "{\"event\":\"%s\",\"channel\":\"" ROOM "\",\"data\":"
             "\"{\\\"nonce\\\":\\\"%s\\\",\\\"ciphertext\\\":\\\"%s\\\"}\"}",
             event, nonce_text, box_text);
    says(s, frame);
}

static void expect_data(struct scene *s, const char *data)
{
    if (!s->quiet)
        assert_string_equal(s->data, data);
}

static void joins(struct scene *s)
{
    brings_up(s);
    wants_channel(s, ROOM), grants_key(s, 1), confirms(s, ROOM);
    s->said[0] = '\0';
}

static void opens_boxes(struct scene *s)
{
    brings_up(s);
    wants_channel(s, ROOM), grants_key(s, 1), confirms(s, ROOM);
    expect(s, "?" ROOM " >subscribe(" ROOM ") " SUCCEEDED);
    assert_true(s->quiet || !strstr(s->last_frame, "shared_secret"));
    publishes(s, 1, "order", "{\"id\":7}");
    expect(s, ROOM "+order");
    expect_data(s, "{\"id\":7}");
    publishes(s, 1, "order", "not \"JSON\" \\ at all");
    expect(s, ROOM "+order");
    expect_data(s, "not \"JSON\" \\ at all");
    publishes(s, 1, "order", "");
    expect(s, ROOM "+order");
    expect_data(s, "");
}

/* ENC-08 */
static void opens_what_the_server_library_made(struct scene *s)
{
    brings_up(s);
    wants_channel(s, "private-encrypted-room");
    grants_with(s, "private-encrypted-room",
                "{\"auth\":\"appkey:" SCENE_SIGNATURE "\",\"shared_secret\":"
                "\"jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hs=\"}");
    confirms(s, "private-encrypted-room");
    s->said[0] = '\0';
    says(s,
         "{\"event\":\"greet\",\"channel\":\"private-encrypted-room\",\"user_id\":\"x\","
         "\"data\":\"{\\\"nonce\\\":\\\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\\\","
         "\\\"ciphertext\\\":\\\"9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==\\\"}\"}");
    expect(s, "private-encrypted-room+greet");
    expect_data(s, "{\"msg\":\"hi\"}");
}

/* ENC-02 */
static void the_protocols_own_events_are_in_clear(struct scene *s)
{
    joins(s);
    says(s, "{\"event\":\"pusher:cache_miss\",\"channel\":\"" ROOM "\"}");
    expect(s, ROOM "+pusher:cache_miss");
}

/* ENC-04 */
static void what_is_no_box(struct scene *s)
{
    static const char *const data[] = {
        "7",
        "null",
        "{}",
        "{\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\"}",
        "{\"nonce\":\"QEFC\",\"ciphertext\":\"9sgkM2l8c0EMZTsUZOBn4kCOMY4t\"}",
        "{\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\",\"ciphertext\":\"9sgk\"}",
        "{\"nonce\":\"!\",\"ciphertext\":\"!\"}",
    };
    char frame[256];
    joins(s);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        snprintf(frame, sizeof frame,
                 "{\"event\":\"order\",\"channel\":\"" ROOM "\",\"data\":%s}", data[i]);
        says(s, frame);
        expect(s, DROPPED);
    }
    says(s, "{\"event\":\"order\",\"channel\":\"" ROOM "\"}");
    expect(s, DROPPED);
    publishes(s, 1, "order", "\xff\xfe");
    expect(s, DROPPED);
    expect_text(s, "an event could not be decrypted: what is in it is not UTF-8");
    assert_true(s->quiet ||
                strcmp(s->data, "{\"event\":\"order\",\"error\":\"what is in it is not "
                                "UTF-8\"}") == 0);
}

/* ENC-05 C: one request, and the messages in order. */
static void the_key_is_exchanged(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1");
    expect(s, "?" ROOM);
    publishes(s, 2, "b", "2");
    publishes(s, 1, "c", "3"); /* the old key: it waits in its turn, and is lost */
    publishes(s, 2, "d", "4");
    expect(s, "");
    expect_state_of(s, ROOM, PUSHER_SUBSCRIPTION_SUBSCRIBED);
    grants_key(s, 2);
    expect(s, ROOM "+a " ROOM "+b " DROPPED " " ROOM "+d");
    expect_data(s, "4");
    publishes(s, 2, "e", "5");
    expect(s, ROOM "+e");
}

static void the_new_key_does_not_help(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1");
    grants_key(s, 3);
    expect(s, "?" ROOM " " DROPPED);
    expect_text(s, "no key of the authorization opens it");
    publishes(s, 2, "a", "2"); /* not asked again at once */
    expect(s, DROPPED);
    after(s, 10000);
    publishes(s, 2, "a", "3");
    expect(s, "?" ROOM);
    grants_key(s, 2);
    expect(s, ROOM "+a");
}

static void no_new_key(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1"), publishes(s, 2, "b", "2");
    denies(s, ROOM, 403);
    expect(s, "?" ROOM " !auth(" ROOM ")/-1/0+ " DROPPED " " DROPPED);
    expect_state_of(s, ROOM, PUSHER_SUBSCRIPTION_SUBSCRIBED);
    publishes(s, 1, "c", "3"); /* the old one is still good for what it made */
    expect(s, ROOM "+c");
    after(s, 10000);
    publishes(s, 2, "a", "1");
    expect(s, "?" ROOM);
    after(s, 10000);
    expect(s, "!auth(" ROOM ")/-1/0+ " DROPPED " cancel(" ROOM ")");
}

static void few_wait(struct scene *s)
{
    joins(s);
    for (int i = 0; i < 101 && !s->quiet; i++)
        publishes(s, 2, "a", "1");
    if (!s->quiet)
        expect(s, "?" ROOM " " DROPPED);
    s->said[0] = '\0';
}

/* SUB-16: what waited is missing, too. */
static void lost_while_they_wait(struct scene *s)
{
    joins(s);
    after(s, 1000), publishes(s, 2, "a", "1");
    after(s, 1000), publishes(s, 2, "b", "1");
    closes(s, 4200);
    expect(s, "?" ROOM " !closed/4200/1+ =connecting dial#2 cancel(" ROOM ")");
    opens(s), greets(s), grants_key(s, 2), confirms(s, ROOM);
    assert_true(s->quiet || s->gap_ms == 1000);
    s->said[0] = '\0';
    publishes(s, 2, "c", "1");
    expect(s, ROOM "+c");
}

/* What was told of them is not missing. */
static void lost_while_they_are_told(struct scene *s)
{
    joins(s);
    after(s, 1000), publishes(s, 2, "a", "1");
    after(s, 1000), publishes(s, 2, "b", "1");
    s->leaves = true;
    grants_key(s, 2);
    s->leaves = false;
    expect(s, "?" ROOM " " ROOM "+a =disconnected hangup");
    after(s, 1000), wants_connection(s);
    opens(s), greets(s), grants_key(s, 2), confirms(s, ROOM);
    assert_true(s->quiet || s->gap_ms == 1000);
    s->said[0] = '\0';
}

static void dropped_while_they_wait(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1");
    drops_channel(s, ROOM);
    expect(s, "?" ROOM " cancel(" ROOM ") >unsubscribe(" ROOM ")");
    wants_channel(s, ROOM);
    publishes(s, 2, "b", "1"); /* nobody has its key */
    expect(s, "?" ROOM);
}

/* Before the confirmation no other key is asked for. */
static void before_the_confirmation(struct scene *s)
{
    brings_up(s);
    wants_channel(s, ROOM), grants_key(s, 1);
    s->said[0] = '\0';
    publishes(s, 1, "a", "1");
    expect(s, ROOM "+a");
    publishes(s, 2, "a", "1");
    expect(s, DROPPED);
}

/* Bounded in bytes, too. */
static void few_bytes_wait(struct scene *s)
{
    enum { LONG = 200 * 1024 };
    joins(s);
    publishes(s, 2, "a", "1");
    s->said[0] = '\0';
    static char data[LONG + 1], frame[LONG + 128];
    memset(data, 'A', LONG);
    snprintf(frame, sizeof frame,
             "{\"event\":\"b\",\"channel\":\"" ROOM "\",\"data\":\"%s\"}", data);
    for (int i = 0; i < 6; i++)
        says(s, frame);
    if (!s->quiet)
        assert_string_equal(s->said, DROPPED); /* the sixth */
    grants_key(s, 2);
    s->said[0] = '\0';
}

/* The connection is lost while messages that have waited are told. */
static void asked_again_after_the_answer(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1");
    grants_with(s, ROOM, "{\"auth\":\"appkey:" SCENE_SIGNATURE "\"}"); /* no secret */
    expect(s, "?" ROOM " !auth(" ROOM ")/-1/0+ " DROPPED);
    closes(s, 4200), after(s, s->problem.retry_in_ms), opens(s), greets(s),
        grants_key(s, 2);
    confirms(s, ROOM);
    s->said[0] = '\0';
    publishes(s, 2, "b", "1");
    expect(s, ROOM "+b");
}

static void freed_while_they_wait(struct scene *s)
{
    joins(s);
    publishes(s, 2, "a", "1");
    s->said[0] = '\0';
}

static const struct scenario scenarios[] = {
    {"opens boxes", opens_boxes},
    {"opens what the server library made", opens_what_the_server_library_made},
    {"the protocol's own events are in clear", the_protocols_own_events_are_in_clear},
    {"what is no box", what_is_no_box},
    {"the key is exchanged", the_key_is_exchanged},
    {"the new key does not help", the_new_key_does_not_help},
    {"no new key", no_new_key},
    {"few wait", few_wait},
    {"lost while they wait", lost_while_they_wait},
    {"lost while they are told", lost_while_they_are_told},
    {"dropped while they wait", dropped_while_they_wait},
    {"before the confirmation", before_the_confirmation},
    {"few bytes wait", few_bytes_wait},
    {"asked again after the answer", asked_again_after_the_answer},
    {"freed while they wait", freed_while_they_wait},
};

int main(void)
{
    return play_scenarios("core: encrypted channels", scenarios,
                          sizeof scenarios / sizeof *scenarios);
}
