/*
 * A walk through a core: bytes as a script of inputs. Random bytes make the random walk,
 * a fuzzer's bytes make the fuzz target.
 */
#ifndef CORE_TEST_WALK_H
#define CORE_TEST_WALK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Plays the script; the invariants of scenario.c are checked after each step. At the end
 * faults stop and the core must come back to a working subscription. Returns a digest of
 * everything that the core put out.
 */
uint64_t walk(const uint8_t *script, size_t size);

#endif
