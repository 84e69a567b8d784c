/*
 * The data of an event on an encrypted channel: box and nonce, exact lengths (ENC-02 …
 * ENC-04).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "codec/encrypted.h"
#include "support/fail_alloc.h"

/* ENC-08 */
#define NONCE "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX"
#define BOX   "9sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA=="

static enum encrypted_fault parse(const char *text, struct encrypted *ret)
{
    size_t len = strlen(text);
    char *data = malloc(len ? len : 1);
    assert_non_null(data);
    memcpy(data, text, len);
    enum encrypted_fault fault =
        encrypted_parse(&mem_default, (pusher_str){data, len}, ret);
    free(data);
    return fault;
}

static void boxes(void **state)
{
    static const char *const good[] = {
        "{\"nonce\":\"" NONCE "\",\"ciphertext\":\"" BOX "\"}",
        " { \"ciphertext\" : \"\\u0039"
        "sgkM2l8c0EMZTsUZOBn4kCOMY4tLxSg4cX4gA==\", "
        "\"more\" : 1, \"nonce\" : \"\\u0051"
        "EFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\" } ",
        "{\"nonce\":1,\"ciphertext\":\"" BOX "\",\"nonce\":\"" NONCE "\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct encrypted encrypted;
        assert_int_equal(parse(good[i], &encrypted), ENCRYPTED_FAULT_NONE);
        for (int j = 0; j < ENCRYPTED_NONCE_BYTES; j++)
            assert_int_equal(encrypted.nonce[j], 64 + j);
        assert_int_equal(encrypted.box_bytes, 28);
        assert_memory_equal(encrypted.box, "\xf6\xc8\x24\x33", 4);
        encrypted_release(&mem_default, &encrypted);
        encrypted_release(&mem_default, &encrypted);
    }
}

/* PHP writes "/" as "\/". */
static void slashes(void **state)
{
    struct encrypted encrypted;
    (void)state;
    assert_int_equal(parse("{\"nonce\":\"\\/\\/////////////////////////////\\/\\/\","
                           "\"ciphertext\":\"\\/\\/\\/\\/\\/\\/////////////////8=\"}",
                           &encrypted),
                     ENCRYPTED_FAULT_NONE);
    assert_int_equal(encrypted.nonce[23], 0xff);
    assert_int_equal(encrypted.box_bytes, 17);
    assert_int_equal((unsigned char)encrypted.box[16], 0xff);
    encrypted_release(&mem_default, &encrypted);
}

static void faults(void **state)
{
    static const struct {
        const char *data;
        enum encrypted_fault fault;
    } rows[] = {
        {"", ENCRYPTED_FAULT_NOT_OBJECT},
        {"hello", ENCRYPTED_FAULT_NOT_OBJECT},
        {"[]", ENCRYPTED_FAULT_NOT_OBJECT},
        {"\"" BOX "\"", ENCRYPTED_FAULT_NOT_OBJECT},
        {"{}", ENCRYPTED_FAULT_NO_CIPHERTEXT},
        {"{\"nonce\":\"" NONCE "\",\"ciphertext\":null}", ENCRYPTED_FAULT_NO_CIPHERTEXT},
        {"{\"ciphertext\":\"" BOX "\"}", ENCRYPTED_FAULT_NO_NONCE},
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":24}", ENCRYPTED_FAULT_NO_NONCE},
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":\"\"}", ENCRYPTED_FAULT_BAD_NONCE},
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":\"" BOX "\"}", ENCRYPTED_FAULT_BAD_NONCE},
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":\"" NONCE "AAAA\"}",
         ENCRYPTED_FAULT_BAD_NONCE},
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVY=\"}",
         ENCRYPTED_FAULT_BAD_NONCE}, /* 23 bytes */
        {"{\"ciphertext\":\"" BOX "\",\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZ!\"}",
         ENCRYPTED_FAULT_BAD_NONCE},
        {"{\"nonce\":\"" NONCE "\",\"ciphertext\":\"!\"}",
         ENCRYPTED_FAULT_BAD_CIPHERTEXT},
        {"{\"nonce\":\"" NONCE "\",\"ciphertext\":\"" BOX "\\n\"}",
         ENCRYPTED_FAULT_BAD_CIPHERTEXT},
        {"{\"nonce\":\"" NONCE "\",\"ciphertext\":\"\"}",
         ENCRYPTED_FAULT_SHORT_CIPHERTEXT},
        {"{\"nonce\":\"" NONCE "\",\"ciphertext\":\"AAAAAAAAAAAAAAAAAAAA\"}",
         ENCRYPTED_FAULT_SHORT_CIPHERTEXT}, /* 15 bytes */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct encrypted encrypted = {.box_bytes = 7};
        assert_int_equal(parse(rows[i].data, &encrypted), rows[i].fault);
        assert_int_equal(encrypted.box_bytes, 7);
        assert_true(strlen(encrypted_fault_text(rows[i].fault)) > 20);
    }
    assert_string_equal(encrypted_fault_text(ENCRYPTED_FAULT_NONE), "");
    struct encrypted encrypted;
    /* 16 bytes: a box with nothing in it. */
    assert_int_equal(parse("{\"nonce\":\"" NONCE "\",\"ciphertext\":"
                           "\"AAAAAAAAAAAAAAAAAAAAAA==\"}",
                           &encrypted),
                     ENCRYPTED_FAULT_NONE);
    assert_int_equal(encrypted.box_bytes, 16);
    encrypted_release(&mem_default, &encrypted);
}

/* ENC-02 */
static void events(void **state)
{
    (void)state;
    assert_true(encrypted_is_event(STR("order")));
    assert_true(encrypted_is_event(STR("pusherx")));
    assert_true(encrypted_is_event(STR("")));
    assert_false(encrypted_is_event(STR("pusher:subscription_error")));
    assert_false(encrypted_is_event(STR("pusher_internal:subscription_succeeded")));
}

static void without_memory(void **state)
{
    struct fail_alloc alloc;
    struct encrypted encrypted = {.box_bytes = 7};
    pusher_str data = STR("{\"nonce\":\"" NONCE "\",\"ciphertext\":\"" BOX "\"}");
    (void)state;
    fail_alloc_init(&alloc);
    alloc.fail_at = 1;
    assert_int_equal(encrypted_parse(&alloc.mem, data, &encrypted),
                     ENCRYPTED_FAULT_MEMORY);
    assert_int_equal(encrypted.box_bytes, 7);
    assert_int_equal(encrypted_parse(&alloc.mem, data, &encrypted), ENCRYPTED_FAULT_NONE);
    assert_int_equal(alloc.calls, 2);
    encrypted_release(&alloc.mem, &encrypted);
    assert_int_equal(alloc.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes),          cmocka_unit_test(slashes),
        cmocka_unit_test(faults),         cmocka_unit_test(events),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests_name("encrypted", tests, NULL, NULL);
}
