/*
 * Plays a section of a script: the client on the fake network, against what is written.
 */
#ifndef CONFORMANCE_PLAYER_H
#define CONFORMANCE_PLAYER_H

#include "script.h"

/* Fails the running test of cmocka with file and line where the client does, or tells,
 * something else than what is written, or anything beyond it. */
void player_play(const struct script *script, const struct script_section *section);

#endif
