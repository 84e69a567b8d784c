/*
 * Escaping of control characters.
 */
#include "visible.h"

#include <stdbool.h>

/* U+0080 to U+009F are control characters too: C2 80 to C2 9F in UTF-8. */
static bool is_c1(pusher_str text, size_t at)
{
    return (unsigned char)text.ptr[at] == 0xc2 && at + 1 < text.len &&
           (unsigned char)text.ptr[at + 1] < 0xa0;
}

void put_visible(FILE *file, pusher_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '\n')
            fputs("\\n", file);
        else if (byte == '\t')
            fputs("\\t", file);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(file, "\\x%02x", byte);
        else if (is_c1(text, i))
            fprintf(file, "\\x%02x", (unsigned char)text.ptr[++i]);
        else
            fputc(byte, file);
    }
}
