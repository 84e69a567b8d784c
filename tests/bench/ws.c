#include "ws.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <mbedtls/base64.h>
#include <mbedtls/md.h>

size_t ws_put_header(char *ret, enum ws_opcode opcode, size_t len)
{
    ret[0] = (char)(0x80 | (unsigned)opcode);
    if (len < 126) {
        ret[1] = (char)len;
        return 2;
    }
    ret[1] = 126;
    ret[2] = (char)(len >> 8);
    ret[3] = (char)(len & 0xff);
    return 4;
}

enum ws_result ws_take_frame(char *buf, size_t len, struct ws_frame *ret)
{
    const unsigned char *in = (const unsigned char *)buf;
    size_t header = 2;
    size_t size;

    if (len < 2)
        return WS_MORE;
    if ((in[0] & 0xf0) != 0x80 || (in[1] & 0x80) == 0 || (in[1] & 0x7f) == 127)
        return WS_BAD;
    size = in[1] & 0x7f;
    if (size == 126) {
        if (len < 4)
            return WS_MORE;
        size = (size_t)in[2] << 8 | in[3];
        header = 4;
    }
    if (len - header < 4 + size)
        return WS_MORE;

    const char *mask = buf + header;
    ret->opcode = in[0] & 0x0f;
    ret->payload = buf + header + 4;
    ret->len = size;
    ret->total = header + 4 + size;
    for (size_t i = 0; i < size; i++)
        ret->payload[i] = (char)(ret->payload[i] ^ mask[i % 4]);
    return WS_FRAME;
}

/* The value of header `name` (with colon), trimmed; NULL if there is none. */
static const char *find_header(const char *request, const char *name, size_t *len)
{
    const char *line = strstr(request, "\r\n");

    while (line != NULL && strncmp(line, "\r\n\r\n", 4) != 0) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0) {
            line += strlen(name);
            line += strspn(line, " \t");
            *len = strcspn(line, " \t\r\n");
            return line;
        }
        line = strstr(line, "\r\n");
    }
    return NULL;
}

/* base64(SHA-1(key + GUID)), RFC 6455 section 4.2.2. */
static int accept_key(const char *key, size_t len, char *ret, size_t cap)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char joined[64 + sizeof guid];
    unsigned char digest[20];
    size_t written;

    if (len > 64)
        return -1;
    memcpy(joined, key, len);
    memcpy(joined + len, guid, strlen(guid));
    if (mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), joined, len + strlen(guid),
                   digest) != 0)
        return -1;
    return mbedtls_base64_encode((unsigned char *)ret, cap, &written, digest,
                                 sizeof digest);
}

size_t ws_answer_upgrade(const char *request, char *ret, size_t cap)
{
    char accept[32];
    size_t len;
    const char *key = find_header(request, "Sec-WebSocket-Key:", &len);

    if (strncmp(request, "GET ", 4) != 0 || key == NULL)
        return 0;
    if (accept_key(key, len, accept, sizeof accept) != 0)
        return 0;
    int written = snprintf(ret, cap,
                           "HTTP/1.1 101 Switching Protocols\r\n"
                           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: %s\r\n\r\n",
                           accept);
    return written > 0 && (size_t)written < cap ? (size_t)written : 0;
}
