/*
 * Options of a subcommand, from the command line and the environment: a table says what
 * there is, and both the parser and --help read it.
 *
 * An option is written "--name value" or "--name=value", in any order, never shortened.
 * One that is given twice keeps the last value, unless it makes a list. The command line
 * wins over the environment; an empty variable counts as unset.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pusher/log.h>

enum option_kind {
    OPTION_FLAG,     /* bool; takes no value */
    OPTION_TEXT,     /* const char *; not empty */
    OPTION_ANY_TEXT, /* const char *; may be empty */
    OPTION_LIST,     /* struct text_list; each occurrence adds one that is not empty */
    OPTION_NUMBER,   /* uint32_t, from min to max */
    OPTION_LEVEL,    /* pusher_log_level, by name */
};

/* Points into the arguments; the array is freed by text_list_free(). */
struct text_list {
    const char **items;
    size_t count;
};

void text_list_free(struct text_list *list);

struct option_spec {
    const char *name; /* without the dashes */
    enum option_kind kind;
    size_t offset;          /* of the field, in the struct of the table */
    uint32_t min, max;      /* OPTION_NUMBER */
    const char *env;        /* variable that stands in for it; NULL: none */
    const char *env_unless; /* … but not when this option is on the command line */
    const char *value;      /* how --help names the value */
    const char *help;       /* one line */
};

/* A table and the struct that it fills. */
struct option_table {
    const struct option_spec *specs;
    size_t count;
    void *fields;
};

#define OPTION_TABLE(table, struct_ptr)                                                  \
    {                                                                                    \
        .specs = (table), .count = sizeof(table) / sizeof *(table),                      \
        .fields = (struct_ptr)                                                           \
    }

struct command_help {
    const char *name;     /* "listen" */
    const char *synopsis; /* what follows the name */
    const char *purpose;
    const char *notes; /* examples and exit statuses */
};

enum options_result {
    OPTIONS_OK,
    OPTIONS_HELP, /* --help was asked for and has been printed */
    OPTIONS_WRONG /* one line on standard error says what is wrong */
};

enum options_result options_parse(const struct command_help *help,
                                  const struct option_table *tables, size_t table_count,
                                  int argc, char **argv);

/* Says on standard error what is wrong with the usage of `command`, and where to read on;
 * returns EXIT_USAGE. */
int usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says on standard error what went wrong otherwise. */
void complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
