/*
 * Opening and closing boxes: the vector of ENC-08, and that nothing else opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/str.h"
#include "codec/encrypted.h"
#include "crypto/secretbox.h"
#include <pusher/error.h>

_Static_assert(SECRETBOX_NONCE_BYTES == (int)ENCRYPTED_NONCE_BYTES, "nonce");
_Static_assert(SECRETBOX_OVERHEAD == (int)ENCRYPTED_OVERHEAD, "overhead");

static const char plain[] = "{\"msg\":\"hi\"}";
enum { PLAIN = sizeof plain - 1, BOX = PLAIN + SECRETBOX_OVERHEAD };

struct vector {
    unsigned char key[SECRETBOX_KEY_BYTES];
    unsigned char nonce[SECRETBOX_NONCE_BYTES];
    char box[BOX];
};

static void decode(const char *text, void *out, size_t bytes)
{
    size_t written;
    assert_int_equal(base64_decode(str_of(text), out, bytes, &written), 0);
    assert_int_equal(written, bytes);
}

/* ENC-08 */
static struct vector published(void)
{
    struct vector vector;
    decode("jLl7T7Vic8zzeBQOhI8a5zJ4iMwqc2omg0xT37NC5hs=", vector.key, sizeof vector.key);
    decode("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX", vector.nonce, sizeof vector.nonce);
    decode("9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==", vector.box, sizeof vector.box);
    return vector;
}

static int open_vector(const struct vector *vector, char *ret)
{
    return secretbox_open((pusher_str){vector->box, BOX}, vector->nonce, vector->key,
                          ret);
}

static void opens_and_seals(void **state)
{
    struct vector vector = published();
    char out[BOX];
    (void)state;
    assert_true(secretbox_supported());
    assert_int_equal(open_vector(&vector, out), 0);
    assert_memory_equal(out, plain, PLAIN);
    assert_int_equal(
        secretbox_seal(STR("{\"msg\":\"hi\"}"), vector.nonce, vector.key, out), 0);
    assert_memory_equal(out, vector.box, BOX);
    /* In place, both ways. */
    assert_int_equal(open_vector(&vector, vector.box), 0);
    assert_memory_equal(vector.box, plain, PLAIN);
    assert_int_equal(secretbox_seal((pusher_str){vector.box, PLAIN}, vector.nonce,
                                    vector.key, vector.box),
                     0);
    assert_memory_equal(out, vector.box, BOX);
}

static void empty(void **state)
{
    struct vector vector = published();
    char box[SECRETBOX_OVERHEAD], out[1];
    (void)state;
    assert_int_equal(secretbox_seal((pusher_str){NULL, 0}, vector.nonce, vector.key, box),
                     0);
    assert_int_equal(
        secretbox_open((pusher_str){box, sizeof box}, vector.nonce, vector.key, out), 0);
    for (size_t len = 0; len < sizeof box; len++)
        assert_int_equal(
            secretbox_open((pusher_str){box, len}, vector.nonce, vector.key, out),
            PUSHER_ERR_INVALID);
}

/* Any bit of the box, the nonce or the key that is another one. */
static void nothing_else_opens(void **state)
{
    static const char untouched[BOX] = {0};
    struct vector vector = published();
    unsigned char *bytes = (unsigned char *)&vector;
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof vector; bit++) {
        char out[BOX] = {0};
        unsigned char flip = (unsigned char)(1u << bit % 8);
        bytes[bit / 8] ^= flip;
        assert_int_equal(open_vector(&vector, out), PUSHER_ERR_INVALID);
        assert_memory_equal(out, untouched, BOX);
        bytes[bit / 8] ^= flip;
    }
    char out[BOX];
    assert_int_equal(open_vector(&vector, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_and_seals),
        cmocka_unit_test(empty),
        cmocka_unit_test(nothing_else_opens),
    };
    return cmocka_run_group_tests_name("secretbox", tests, NULL, NULL);
}
