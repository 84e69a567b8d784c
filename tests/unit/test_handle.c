/*
 * Ids that never dangle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/handle.h"
#include "support/fail_alloc.h"
#include <pusher/error.h>

enum { MANY = 1000 };

static void ids_lead_to_objects(void **state)
{
    struct fail_alloc alloc;
    struct handle_table table;
    static int objects[MANY];
    pusher_id ids[MANY];
    (void)state;
    fail_alloc_init(&alloc);
    handle_table_init(&table, &alloc.mem);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(handle_add(&table, &objects[i], &ids[i]), 0);
        assert_true(ids[i] != 0); /* 0 stands for none */
    }
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(handle_find(&table, ids[i]), &objects[i]);
    handle_table_free(&table);
    assert_int_equal(alloc.live, 0);
    assert_null(handle_find(&table, ids[0]));
}

/* A slot is used again, an id never. */
static void old_ids_find_nothing(void **state)
{
    struct fail_alloc alloc;
    struct handle_table table;
    int object;
    pusher_id ids[MANY];
    (void)state;
    fail_alloc_init(&alloc);
    handle_table_init(&table, &alloc.mem);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(handle_add(&table, &object, &ids[i]), 0);
        handle_remove(&table, ids[i]);
        for (unsigned j = 0; j <= i; j++)
            assert_null(handle_find(&table, ids[j]));
    }
    assert_int_equal(alloc.calls, 1); /* and the table did not grow */
    handle_table_free(&table);
}

static void unknown_ids_do_no_harm(void **state)
{
    static const pusher_id unknown[] = {
        0, 5, 1000, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32, (UINT64_C(7) << 32) + 1};
    struct fail_alloc alloc;
    struct handle_table table;
    int object;
    pusher_id id;
    (void)state;
    fail_alloc_init(&alloc);
    handle_table_init(&table, &alloc.mem);
    assert_null(handle_find(&table, 1));
    assert_int_equal(handle_add(&table, &object, &id), 0);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_null(handle_find(&table, unknown[i]));
        handle_remove(&table, unknown[i]);
    }
    assert_ptr_equal(handle_find(&table, id), &object);
    handle_remove(&table, id);
    handle_remove(&table, id);
    handle_table_free(&table);
}

/* A slot whose generations are used up is given up rather than used twice. */
static void generations_end(void **state)
{
    struct fail_alloc alloc;
    struct handle_table table;
    int object;
    pusher_id last, next;
    (void)state;
    fail_alloc_init(&alloc);
    handle_table_init(&table, &alloc.mem);
    assert_int_equal(handle_add(&table, &object, &last), 0);
    handle_remove(&table, last);
    table.slots[(uint32_t)last - 1].generation = UINT32_MAX;
    assert_int_equal(handle_add(&table, &object, &last), 0);
    handle_remove(&table, last);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(handle_add(&table, &object, &next), 0);
        assert_int_not_equal((uint32_t)next, (uint32_t)last);
        handle_remove(&table, next);
    }
    handle_table_free(&table);
}

static void without_memory(void **state)
{
    struct fail_alloc alloc;
    struct handle_table table;
    int object;
    pusher_id first = 0, id = 7;
    (void)state;
    fail_alloc_init(&alloc);
    handle_table_init(&table, &alloc.mem);
    alloc.fail_at = 1;
    assert_int_equal(handle_add(&table, &object, &id), PUSHER_ERR_NOMEM);
    assert_int_equal(id, 7);
    assert_int_equal(handle_add(&table, &object, &first), 0);
    alloc.fail_at = alloc.calls + 1;
    int rc;
    while (!(rc = handle_add(&table, &object, &id)))
        ;
    assert_int_equal(rc, PUSHER_ERR_NOMEM);
    assert_ptr_equal(handle_find(&table, first), &object);
    assert_int_equal(handle_add(&table, &object, &id), 0);
    handle_table_free(&table);
    assert_int_equal(alloc.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_lead_to_objects),    cmocka_unit_test(old_ids_find_nothing),
        cmocka_unit_test(unknown_ids_do_no_harm), cmocka_unit_test(generations_end),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
