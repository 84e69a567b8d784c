/*
 * Digests against published vectors, AUTH-10 and API-03.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pusher/error.h>

#include "base/str.h"
#include "crypto/digest.h"

static void is_hmac(const char *text, const char *hex)
{
    char got[SHA256_HEX + 1];
    assert_int_equal(hmac_sha256_hex(STR("test-secret"), str_of(text), got), 0);
    assert_string_equal(got, hex);
}

static void auth_vectors(void **state)
{
    (void)state;
    is_hmac("10.20:private-room",
            "b3d3d5384f50570866fa82f562b5c377ae79af4dd6f6f35ab099edb3aed7ea02");
    is_hmac("10.20:presence-room:{\"user_id\":\"u1\",\"user_info\":{\"n\":\"A\"}}",
            "aa95aef50f006c2f058a97f92ca42b329bbc82acd33bc5321c353e7db0739b72");
    is_hmac("10.20::user::{\"id\":\"u1\"}",
            "75da9ef3469f1b78848d0d9a5e2fbce4868b1c6c6a295a8d6810d57c78d61a2c");
}

/* RFC 4231, test case 2 */
static void hmac_vector(void **state)
{
    (void)state;
    char got[SHA256_HEX + 1];
    assert_int_equal(
        hmac_sha256_hex(STR("Jefe"), STR("what do ya want for nothing?"), got), 0);
    assert_string_equal(
        got, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void md5_vectors(void **state)
{
    (void)state;
    char got[MD5_HEX + 1];
    assert_int_equal(
        md5_hex(
            STR("{\"name\":\"ev\",\"channels\":[\"room\"],\"data\":\"{\\\"a\\\":1}\"}"),
            got),
        0);
    assert_string_equal(got, "9792596ba62e112049430c145b4c75e9"); /* API-03 */
    assert_int_equal(md5_hex(STR(""), got), 0);
    assert_string_equal(got, "d41d8cd98f00b204e9800998ecf8427e"); /* RFC 1321 */
}

static void compare(void **state)
{
    (void)state;
    assert_true(constant_time_equal(STR("abc"), STR("abc")));
    assert_true(constant_time_equal(STR(""), STR("")));
    assert_false(constant_time_equal(STR("abc"), STR("abd")));
    assert_false(constant_time_equal(STR("abc"), STR("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auth_vectors),
        cmocka_unit_test(hmac_vector),
        cmocka_unit_test(md5_vectors),
        cmocka_unit_test(compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
