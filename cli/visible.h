/*
 * Text of others for people to read: control characters are escaped, so that it stays on
 * its line and cannot steer the terminal.
 */
#ifndef CLI_VISIBLE_H
#define CLI_VISIBLE_H

#include <stdio.h>

#include <pusher/types.h>

/* `text` is UTF-8. */
void put_visible(FILE *file, pusher_str text);

#endif
