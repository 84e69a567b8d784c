/*
 * The heap of deadlines, against sorting: whatever is inserted and removed, the first is
 * the earliest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/heap.h"

enum { NODES = 200 };

static void random_against_search(void **state)
{
    (void)state;
    static struct heap_node nodes[NODES];
    static bool in[NODES];
    struct heap heap = {0};
    srand(1);
    for (int step = 0; step < 20000; step++) {
        int i = rand() % NODES;
        if (in[i])
            heap_remove(&heap, &nodes[i]);
        else
            heap_insert(&heap, &nodes[i], (uint64_t)(rand() % 1000));
        in[i] = !in[i];
        struct heap_node *earliest = NULL;
        for (int k = 0; k < NODES; k++) {
            if (in[k] && (!earliest || nodes[k].deadline < earliest->deadline))
                earliest = &nodes[k];
        }
        struct heap_node *first = heap_first(&heap);
        assert_true((first == NULL) == (earliest == NULL));
        if (first)
            assert_int_equal(first->deadline, earliest->deadline);
    }
}

static void empty_again(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_node a, b;
    heap_insert(&heap, &a, 2);
    heap_insert(&heap, &b, 1);
    assert_ptr_equal(heap_first(&heap), &b);
    heap_remove(&heap, &b);
    assert_ptr_equal(heap_first(&heap), &a);
    heap_remove(&heap, &a);
    assert_null(heap_first(&heap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_against_search),
        cmocka_unit_test(empty_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
