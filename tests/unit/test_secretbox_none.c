/*
 * A build without libsodium says so (CHAN-03).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "crypto/secretbox.h"
#include <pusher/error.h>

static void unsupported(void **state)
{
    static const unsigned char key[SECRETBOX_KEY_BYTES], nonce[SECRETBOX_NONCE_BYTES];
    char out[100] = "untouched";
    (void)state;
    assert_false(secretbox_supported());
    assert_int_equal(secretbox_open(STR("a box that is long enough"), nonce, key, out),
                     PUSHER_ERR_UNSUPPORTED);
    assert_int_equal(secretbox_seal(STR("plain"), nonce, key, out),
                     PUSHER_ERR_UNSUPPORTED);
    assert_string_equal(out, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unsupported)};
    return cmocka_run_group_tests_name("secretbox_none", tests, NULL, NULL);
}
