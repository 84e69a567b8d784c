/*
 * Encrypted channels from the server's side: numbered keys, and boxes made with them.
 */
#ifndef SIM_SEALED_H
#define SIM_SEALED_H

struct world;

enum { SEALED_SECRET_MAX = 64, SEALED_TEXT_MAX = 200, NO_KEY = 0xffff };

/* The shared secret of key number `key` as an authorization holds it. */
void sealed_secret(unsigned key, char ret[SEALED_SECRET_MAX]);

/* The data of an event, JSON text: {"n":number} in a box. */
void sealed_data(struct world *world, unsigned key, unsigned number,
                 char ret[SEALED_TEXT_MAX]);

#endif
