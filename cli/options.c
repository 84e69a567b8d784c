/*
 * The parser of the option tables, and --help.
 */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define MAX_OPTIONS 64

static const char *const level_names[] = {
    [PUSHER_LOG_OFF] = "off",   [PUSHER_LOG_ERROR] = "error", [PUSHER_LOG_WARN] = "warn",
    [PUSHER_LOG_INFO] = "info", [PUSHER_LOG_DEBUG] = "debug",
};

/* One option of one of the tables. */
struct found {
    const struct option_spec *spec;
    void *field;
    size_t index; /* over all tables */
};

struct parser {
    const struct command_help *help;
    const struct option_table *tables;
    size_t table_count;
    size_t capacity; /* of a list: there are no more arguments */
    bool given[MAX_OPTIONS];
};

void text_list_free(struct text_list *list)
{
    free(list->items);
    *list = (struct text_list){0};
}

static void print_line(const char *command, const char *format, va_list args,
                       const char *end)
{
    fprintf(stderr, "pusherctl%s%s: ", command ? " " : "", command ? command : "");
    vfprintf(stderr, format, args);
    fprintf(stderr, "%s\n", end);
}

void complain(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line(command, format, args, "");
    va_end(args);
}

int usage_error(const char *command, const char *format, ...)
{
    char hint[80];
    snprintf(hint, sizeof hint, " (see pusherctl %s%s--help)", command ? command : "",
             command ? " " : "");
    va_list args;
    va_start(args, format);
    print_line(command, format, args, hint);
    va_end(args);
    return EXIT_USAGE;
}

/* The `index`th option over all tables; false past the end. */
static bool option_at(const struct parser *p, size_t index, struct found *ret)
{
    size_t first = 0;
    for (size_t t = 0; t < p->table_count; first += p->tables[t++].count) {
        const struct option_table *table = &p->tables[t];
        if (index - first >= table->count)
            continue;
        const struct option_spec *spec = &table->specs[index - first];
        *ret = (struct found){spec, (char *)table->fields + spec->offset, index};
        return true;
    }
    return false;
}

static bool option_named(const struct parser *p, const char *name, size_t len,
                         struct found *ret)
{
    for (size_t i = 0; option_at(p, i, ret); i++) {
        if (strlen(ret->spec->name) == len && memcmp(ret->spec->name, name, len) == 0)
            return true;
    }
    return false;
}

static bool read_number(const struct option_spec *spec, const char *text, uint32_t *ret)
{
    uint64_t number = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 10 || text[digits])
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    if (number < spec->min || number > spec->max)
        return false;
    *ret = (uint32_t)number;
    return true;
}

static bool read_level(const char *text, pusher_log_level *ret)
{
    for (size_t i = PUSHER_LOG_ERROR; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (pusher_log_level)i;
            return true;
        }
    }
    return false;
}

static bool append(const struct parser *p, struct text_list *list, const char *text)
{
    if (!list->items)
        list->items = calloc(p->capacity, sizeof *list->items);
    if (!list->items)
        return false;
    list->items[list->count++] = text;
    return true;
}

/* `source` is how the user wrote it: "--port" or "PUSHER_PORT". */
static bool set_value(const struct parser *p, const struct found *option,
                      const char *source, const char *text)
{
    const struct option_spec *spec = option->spec;
    const char *command = p->help->name;
    if (!*text && spec->kind != OPTION_ANY_TEXT) {
        usage_error(command, "%s needs a value that is not empty", source);
        return false;
    }
    switch (spec->kind) {
    case OPTION_FLAG:
        break;
    case OPTION_TEXT:
    case OPTION_ANY_TEXT:
        *(const char **)option->field = text;
        break;
    case OPTION_LIST:
        if (append(p, option->field, text))
            break;
        complain(command, "out of memory");
        return false;
    case OPTION_NUMBER:
        if (read_number(spec, text, option->field))
            break;
        usage_error(command, "%s: \"%s\" is not a whole number from %u to %u", source,
                    text, spec->min, spec->max);
        return false;
    case OPTION_LEVEL:
        if (read_level(text, option->field))
            break;
        usage_error(command, "%s: \"%s\" is none of error, warn, info, debug", source,
                    text);
        return false;
    }
    return true;
}

/* Reads the option at argv[*at] and moves on to its last argument. */
static bool read_argument(struct parser *p, int argc, char **argv, int *at)
{
    const char *command = p->help->name;
    const char *arg = argv[*at];
    if (strncmp(arg, "--", 2) != 0 || !arg[2]) {
        const char *what =
            arg[0] == '-' && arg[1] ? "unknown option" : "unexpected argument";
        usage_error(command, "%s \"%s\"", what, arg);
        return false;
    }
    size_t name_len = strcspn(arg + 2, "=");
    const char *value = arg[2 + name_len] ? arg + 2 + name_len + 1 : NULL;
    struct found option;
    if (!option_named(p, arg + 2, name_len, &option)) {
        usage_error(command, "unknown option \"%.*s\"", (int)name_len + 2, arg);
        return false;
    }
    char source[64];
    snprintf(source, sizeof source, "--%s", option.spec->name);
    p->given[option.index] = true;
    if (option.spec->kind == OPTION_FLAG) {
        if (value)
            usage_error(command, "%s takes no value", source);
        *(bool *)option.field = true;
        return !value;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value) {
        usage_error(command, "%s needs a value: %s", source, option.spec->value);
        return false;
    }
    return set_value(p, &option, source, value);
}

static bool read_environment(const struct parser *p)
{
    struct found option;
    for (size_t i = 0; option_at(p, i, &option); i++) {
        const struct option_spec *spec = option.spec;
        const char *text = spec->env && !p->given[i] ? getenv(spec->env) : NULL;
        if (!text || !*text)
            continue;
        struct found other;
        if (spec->env_unless &&
            option_named(p, spec->env_unless, strlen(spec->env_unless), &other) &&
            p->given[other.index])
            continue;
        if (!set_value(p, &option, spec->env, text))
            return false;
    }
    return true;
}

static void print_help(const struct parser *p)
{
    const struct command_help *help = p->help;
    printf("Usage: pusherctl %s %s\n\n%s\n\nOptions:\n", help->name, help->synopsis,
           help->purpose);
    struct found option;
    for (size_t i = 0; option_at(p, i, &option); i++) {
        const struct option_spec *spec = option.spec;
        char left[48];
        snprintf(left, sizeof left, "--%s%s%s", spec->name, spec->value ? " " : "",
                 spec->value ? spec->value : "");
        printf("  %-26s %s", left, spec->help);
        if (spec->kind == OPTION_NUMBER)
            printf(" (%u to %u)", spec->min, spec->max);
        if (spec->env)
            printf(" [%s]", spec->env);
        printf("\n");
    }
    printf("  %-26s %s\n\n%s", "--help", "print this", help->notes);
}

enum options_result options_parse(const struct command_help *help,
                                  const struct option_table *tables, size_t table_count,
                                  int argc, char **argv)
{
    struct parser p = {
        .help = help,
        .tables = tables,
        .table_count = table_count,
        .capacity = (size_t)argc + 1,
    };
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(&p);
            return OPTIONS_HELP;
        }
        if (!read_argument(&p, argc, argv, &i))
            return OPTIONS_WRONG;
    }
    return read_environment(&p) ? OPTIONS_OK : OPTIONS_WRONG;
}
