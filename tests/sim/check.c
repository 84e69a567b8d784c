/*
 * The names of the checks, and the first that failed.
 */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "world.h"

static const struct {
    const char *id, *name, *what;
} checks[] = {[CHECK_NONE] = {"", "", ""},
#define X(id, name, what) [CHECK_##id] = {#id, name, what},
              CHECKS(X)
#undef X
};

const char *check_id(enum check check)
{
    return checks[check].id;
}

const char *check_name(enum check check)
{
    return checks[check].name;
}

const char *check_what(enum check check)
{
    return checks[check].what;
}

void violated(struct world *world, enum check check, const char *format, ...)
{
    struct violation *violation = &world->violation;
    if (violation->check)
        return;
    violation->check = check;
    violation->at = world->now;
    va_list args;
    va_start(args, format);
    vsnprintf(violation->text, sizeof violation->text, format, args);
    va_end(args);
    trace_note(world, "VIOLATION of %s %s: %s", check_id(check), check_name(check),
               violation->text);
}
