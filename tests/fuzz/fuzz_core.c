/*
 * The core as an input script: the bytes decide what happens, on a virtual clock, and the
 * invariants are checked after each step (tests/core/walk.c).
 */
#include "core/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(data, size);
    return 0;
}
