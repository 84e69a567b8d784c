/*
 * A heap of deadlines: a pairing heap with its links in the elements, so that setting a
 * deadline can never fail and costs no allocation. Earliest first.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap_node {
    uint64_t deadline;
    struct heap_node *child; /* first child */
    struct heap_node *next;  /* next sibling */
    struct heap_node *prev;  /* previous sibling, or the parent of a first child */
};

struct heap {
    struct heap_node *root;
};

/* The earliest node, or NULL. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
    return heap->root;
}

/* Adds a node that is on no heap. */
void heap_insert(struct heap *heap, struct heap_node *node, uint64_t deadline);

/* Removes a node that is on this heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

#endif
