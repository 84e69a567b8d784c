/*
 * The version of libpusher: the only place where it is written. The build reads it from
 * here, so that the soname, the pkg-config files and `pusherctl --version` cannot differ.
 *
 * The library follows semantic versioning: the soname changes with PUSHER_ABI_VERSION,
 * which grows whenever a program compiled against an older header would break.
 */
#ifndef PUSHER_VERSION_H
#define PUSHER_VERSION_H

#include <pusher/types.h>

#define PUSHER_VERSION_MAJOR 0
#define PUSHER_VERSION_MINOR 1
#define PUSHER_VERSION_PATCH 0
#define PUSHER_VERSION       "0.1.0"
#define PUSHER_ABI_VERSION   0

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The version of the library that is linked, as text, for example "0.1.0".
 *
 * Compare with PUSHER_VERSION to notice a header that does not belong to the library. The
 * text is static and never freed. Safe from any thread. Never fails, runs no callback.
 */
PUSHER_API const char *pusher_version(void);

#ifdef __cplusplus
}
#endif

#endif
