/*
 * The hash table from text to elements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "support/fail_alloc.h"
#include <pusher/error.h>

struct element {
    struct map_node node;
    char name[16];
};

static void name_it(struct element *element, unsigned number)
{
    snprintf(element->name, sizeof element->name, "name-%u", number);
    map_set_key(&element->node, str_of(element->name));
}

enum { MANY = 5000 };

static void finds_what_was_put_in(void **state)
{
    struct fail_alloc alloc;
    struct map map;
    struct element *elements = calloc(MANY, sizeof *elements);
    (void)state;
    fail_alloc_init(&alloc);
    map_init(&map, &alloc.mem);
    assert_null(map_find(&map, STR("name-0")));
    assert_int_equal(map_size(&map), 0);
    for (unsigned i = 0; i < MANY; i++) {
        name_it(&elements[i], i);
        assert_int_equal(map_insert(&map, &elements[i].node), 0);
    }
    assert_int_equal(map_size(&map), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        struct element wanted;
        name_it(&wanted, i);
        assert_ptr_equal(map_find(&map, map_key(&wanted.node)), &elements[i].node);
    }
    assert_null(map_find(&map, STR("name-")));
    assert_null(map_find(&map, STR("")));
    for (unsigned i = 0; i < MANY; i += 2)
        map_remove(&map, &elements[i].node);
    assert_int_equal(map_size(&map), MANY / 2);
    for (unsigned i = 0; i < MANY; i++)
        assert_ptr_equal(map_find(&map, map_key(&elements[i].node)),
                         i % 2 ? &elements[i].node : NULL);
    for (unsigned i = 1; i < MANY; i += 2)
        map_remove(&map, &elements[i].node);
    assert_int_equal(alloc.live, 0); /* the last one took the table with it */
    free(elements);
}

/* Iteration follows insertion (SUB-08 builds on it). */
static void keeps_the_order(void **state)
{
    struct fail_alloc alloc;
    struct map map;
    struct element elements[50];
    unsigned seen = 0;
    (void)state;
    fail_alloc_init(&alloc);
    map_init(&map, &alloc.mem);
    for (unsigned i = 0; i < 50; i++) {
        name_it(&elements[i], i * 7919 % 1000);
        assert_int_equal(map_insert(&map, &elements[i].node), 0);
    }
    for (struct map_node *at = map.first; at; at = at->hh.next)
        assert_ptr_equal(at, &elements[seen++].node);
    assert_int_equal(seen, 50);
    for (unsigned i = 0; i < 50; i++)
        map_remove(&map, &elements[i].node);
}

/* An insertion that finds no memory changes nothing. */
static void without_memory(void **state)
{
    (void)state;
    for (size_t fail_at = 1; fail_at < 12; fail_at++) {
        struct fail_alloc alloc;
        struct map map;
        static struct element elements[200];
        bool inside[200];
        size_t size = 0;
        fail_alloc_init(&alloc);
        alloc.fail_at = fail_at;
        map_init(&map, &alloc.mem);
        for (unsigned i = 0; i < 200; i++) {
            elements[i] = (struct element){0};
            name_it(&elements[i], i);
            int rc = map_insert(&map, &elements[i].node);
            assert_true(rc == 0 || rc == PUSHER_ERR_NOMEM);
            inside[i] = rc == 0;
            size += inside[i];
            assert_int_equal(map_size(&map), size);
        }
        for (unsigned i = 0; i < 200; i++) {
            assert_ptr_equal(map_find(&map, map_key(&elements[i].node)),
                             inside[i] ? &elements[i].node : NULL);
            if (inside[i])
                map_remove(&map, &elements[i].node);
        }
        assert_int_equal(alloc.live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_put_in),
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
