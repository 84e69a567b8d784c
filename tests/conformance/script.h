/*
 * A conversation with a server as a text file: what README.md describes, cut into lines.
 */
#ifndef CONFORMANCE_SCRIPT_H
#define CONFORMANCE_SCRIPT_H

#include <stddef.h>

struct script_line {
    char kind;        /* one of ! > < = ? */
    const char *text; /* after the kind and a blank */
    unsigned number;  /* in the file, from 1 */
};

struct script_section {
    const char *name;
    int is_test; /* else a part, for "! play" */
    size_t first_line;
    size_t line_count;
};

struct script {
    const char *path;
    char *text;
    struct script_line *lines;
    struct script_section *sections;
    size_t line_count, section_count;
};

/* Reads the file; a line of another form, or no memory, ends the program. */
void script_read(struct script *script, const char *path);
void script_free(struct script *script);

/* The part called `name`, or NULL. */
const struct script_section *script_part(const struct script *script, const char *name);

#endif
