/*
 * The words of others made fit to be shown.
 */
#include "base/quote.h"

#include <stdbool.h>

#include "base/str.h"

/* Hexadecimal digests have 32 digits or more, base64 of a 32-byte key has 44. */
enum { SHORTEST_SECRET = 32 };

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static size_t secret_length(pusher_str rest)
{
    size_t len = 0;
    while (len < rest.len && (is_alnum(rest.ptr[len]) || rest.ptr[len] == '+' ||
                              rest.ptr[len] == '/' || rest.ptr[len] == '='))
        len++;
    return len >= SHORTEST_SECRET ? len : 0;
}

/* The key as a word of its own: a key of one letter must not eat the text. */
static size_t key_length(pusher_str rest, pusher_str key)
{
    if (!key.len || !str_starts_with(rest, key))
        return 0;
    return rest.len == key.len || !is_alnum(rest.ptr[key.len]) ? key.len : 0;
}

/* Bytes of the valid UTF-8 character at the start, 0 if there is none (RFC 3629). */
static size_t character_length(pusher_str rest)
{
    const unsigned char *at = (const unsigned char *)rest.ptr;
    size_t len = at[0] < 0x80   ? 1
                 : at[0] < 0xc2 ? 0
                 : at[0] < 0xe0 ? 2
                 : at[0] < 0xf0 ? 3
                 : at[0] < 0xf5 ? 4
                                : 0;
    if (!len || len > rest.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : len;
}

/* C0, DEL and C1: they would be commands to a terminal. */
static bool is_control(pusher_str character)
{
    unsigned char first = (unsigned char)character.ptr[0];
    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && (unsigned char)character.ptr[1] < 0xa0);
}

struct shown {
    char *out;
    size_t used, size;
};

/* False: there is no room for more. */
static bool put(struct shown *shown, pusher_str text)
{
    if (shown->used + text.len >= shown->size)
        return false;
    memcpy(shown->out + shown->used, text.ptr, text.len);
    shown->used += text.len;
    return true;
}

/* Puts the character at the start of `*words`, and takes it from there. */
static bool put_character(struct shown *shown, pusher_str *words)
{
    size_t taken = character_length(*words);
    pusher_str character = {words->ptr, taken};
    if (!taken)
        character = STR("?");
    else if (is_control(character))
        character = STR(" ");
    *words = str_skip(*words, taken ? taken : 1);
    return put(shown, character);
}

size_t quote(pusher_str words, pusher_str key, char *out, size_t size)
{
    struct shown shown = {.out = out, .size = size};
    bool in_word = false, room = true;
    while (words.len && room) {
        size_t hidden = in_word ? 0 : key_length(words, key);
        if (!hidden && !in_word)
            hidden = secret_length(words);
        if (hidden) {
            room = put(&shown, STR("***"));
            words = str_skip(words, hidden);
        } else {
            room = put_character(&shown, &words);
        }
        in_word = is_alnum(words.ptr[-1]);
    }
    out[shown.used] = '\0';
    return shown.used;
}

size_t quote_name(pusher_str name, char *out, size_t size)
{
    struct shown shown = {.out = out, .size = size};
    while (name.len && put_character(&shown, &name))
        ;
    out[shown.used] = '\0';
    return shown.used;
}
