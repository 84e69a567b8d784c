/*
 * Writing log lines: the level is tested before anything is formatted, and one line never
 * allocates.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include <pusher/log.h>

static inline bool log_enabled(const pusher_log *log, pusher_log_level level)
{
    return log->write && level <= log->level;
}

/* Formats and writes one line; cut at 512 bytes. Use the macro. */
void log_write(const pusher_log *log, pusher_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_line(log, level, ...)                                                        \
    do {                                                                                 \
        if (log_enabled((log), (level)))                                                 \
            log_write((log), (level), __VA_ARGS__);                                      \
    } while (0)

#endif
