/*
 * A conversation as a text file, cut into lines.
 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static void give_up(const struct script *script, unsigned number, const char *why)
{
    fprintf(stderr, "%s:%u: %s\n", script->path, number, why);
    exit(2);
}

static char *read_file(const struct script *script)
{
    FILE *file = fopen(script->path, "rb");
    char *text = malloc(FILE_MAX);
    if (!file || !text)
        give_up(script, 0, "cannot be read");
    size_t len = fread(text, 1, FILE_MAX, file);
    if (ferror(file) || len == FILE_MAX)
        give_up(script, 0, "cannot be read whole");
    text[len] = '\0';
    fclose(file);
    return text;
}

/* "[a test]" or "(a part)" */
static void begin_section(struct script *script, char *line, unsigned number)
{
    size_t len = strlen(line);
    if (len < 3 || line[len - 1] != (*line == '[' ? ']' : ')'))
        give_up(script, number, "the name of a section does not end");
    line[len - 1] = '\0';
    script->sections[script->section_count++] = (struct script_section){
        .name = line + 1,
        .is_test = *line == '[',
        .first_line = script->line_count,
    };
}

static void add_line(struct script *script, const char *line, unsigned number)
{
    if (!strchr("!><=?", *line) || line[1] != ' ')
        give_up(script, number,
                "begins with none of \"! \", \"> \", \"< \", \"= \", \"? \"");
    if (!script->section_count)
        give_up(script, number, "stands before the first section");
    script->lines[script->line_count++] = (struct script_line){
        .kind = *line,
        .text = line + 2,
        .number = number,
    };
    script->sections[script->section_count - 1].line_count++;
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

void script_read(struct script *script, const char *path)
{
    *script = (struct script){.path = path};
    script->text = read_file(script);
    size_t most = count_lines(script->text);
    script->lines = calloc(most, sizeof *script->lines);
    script->sections = calloc(most, sizeof *script->sections);
    if (!script->lines || !script->sections)
        give_up(script, 0, "no memory");
    char *rest = script->text;
    for (unsigned number = 1; rest; number++) {
        char *line = strsep(&rest, "\n");
        if (*line == '[' || *line == '(')
            begin_section(script, line, number);
        else if (*line && *line != '#')
            add_line(script, line, number);
    }
}

void script_free(struct script *script)
{
    free(script->lines);
    free(script->sections);
    free(script->text);
}

const struct script_section *script_part(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->section_count; i++) {
        if (!script->sections[i].is_test && strcmp(script->sections[i].name, name) == 0)
            return &script->sections[i];
    }
    return NULL;
}
