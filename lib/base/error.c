/*
 * Texts and names of the error codes, from the one list in <pusher/error.h>.
 */
#include <pusher/error.h>
#include <pusher/version.h>

const char *pusher_strerror(int error)
{
    switch (error) {
    case PUSHER_OK:
        return "no error";
#define ERROR_TEXT(name, value, text)                                                    \
    case PUSHER_ERR_##name:                                                              \
        return text;
        PUSHER_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
    default:
        return "unknown error";
    }
}

const char *pusher_error_name(int error)
{
    switch (error) {
    case PUSHER_OK:
        return "PUSHER_OK";
#define ERROR_NAME(name, value, text)                                                    \
    case PUSHER_ERR_##name:                                                              \
        return "PUSHER_ERR_" #name;
        PUSHER_ERRORS(ERROR_NAME)
#undef ERROR_NAME
    default:
        return "PUSHER_ERR_UNKNOWN";
    }
}

const char *pusher_version(void)
{
    return PUSHER_VERSION;
}
