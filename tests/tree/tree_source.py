"""Reading the C files of the tree: includes, comments, declarations."""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
API_FUNCTION = re.compile(r"^PUSHER_API\b[^;]*?\b(pusher_\w+)\(", re.MULTILINE)

# What an application that only receives includes.
CLIENT_HEADERS = ("auth.h", "channel.h", "client.h", "error.h", "log.h", "loop.h", "presence.h", "pusher.h", "types.h", "user.h",
                  "version.h")


def without_comments(text):
    """The text with comments blanked out, line by line where it was."""
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def includes(text):
    """(line, "<" or '"', name) of each include."""
    code = without_comments(text)
    for found in INCLUDE.finditer(code):
        yield code.count("\n", 0, found.start()) + 1, found.group(1), found.group(2)


def api_functions(text):
    """(line, name) of each function that the header exports."""
    code = without_comments(text)
    for found in API_FUNCTION.finditer(code):
        yield code.count("\n", 0, found.start()) + 1, found.group(1)
