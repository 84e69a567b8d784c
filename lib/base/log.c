/*
 * Writing log lines.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_write(const pusher_log *log, pusher_log_level level, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->write(level, line, log->userdata);
}
