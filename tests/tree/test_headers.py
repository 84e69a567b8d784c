"""The public headers: each compiles alone as C11 and as C++11 without a warning, and each
exported function has a comment directly above it that says what it returns.

    test_headers.py ROOT C-COMPILER C++-COMPILER
"""

import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import tree_source

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
COMPILE_TIMEOUT_S = 60

# How a comment says what an int means.
RESULT = re.compile(r"\bReturns\b|\bAs pusher_|-1 when\b")


def undocumented(text):
    """Names of exported functions without a comment directly above, or with one that does not
    say what an int means."""
    lines = text.split("\n")
    found = []
    for line, name in tree_source.api_functions(text):
        above = lines[line - 2].rstrip() if line > 1 else ""
        if not above.endswith("*/"):
            found.append(name)
            continue
        first = line - 2
        while "/*" not in lines[first]:
            first -= 1
        comment = "\n".join(lines[first:line - 1])
        gives_int = lines[line - 1].startswith("PUSHER_API int ")
        if gives_int and not RESULT.search(comment):
            found.append(name)
    return found


class Headers(unittest.TestCase):
    root = None
    compilers = {}
    # For the adapters; libuv's own header needs more than C11.
    other_libraries = ["-D_GNU_SOURCE", *subprocess.run(
        ["pkg-config", "--cflags", "glib-2.0"], capture_output=True, text=True,
        check=True).stdout.split()]

    def headers(self):
        found = sorted((self.root / "include" / "pusher").rglob("*.h"))
        self.assertGreater(len(found), 5)
        return found

    def compile(self, language, header):
        name = header.relative_to(self.root / "include")
        command = [*self.compilers[language], f"-std={language}", *WARNINGS,
                   "-I", str(self.root / "include"), *self.other_libraries, "-fsyntax-only",
                   "-x", "c" if language == "c11" else "c++", "-"]
        done = subprocess.run(command, input=f"#include <{name}>\n#include <{name}>\n", text=True,
                              capture_output=True, timeout=COMPILE_TIMEOUT_S, check=False)
        self.assertEqual("", done.stderr)
        self.assertEqual(0, done.returncode)

    def test_each_alone_as_c11(self):
        for header in self.headers():
            with self.subTest(header=header.name):
                self.compile("c11", header)

    def test_each_alone_as_cpp11(self):
        for header in self.headers():
            with self.subTest(header=header.name):
                self.compile("c++11", header)

    def test_each_function_is_documented(self):
        functions = 0
        for header in self.headers():
            text = header.read_text(encoding="utf-8")
            functions += len(list(tree_source.api_functions(text)))
            with self.subTest(header=header.name):
                self.assertEqual([], undocumented(text))
        self.assertGreater(functions, 20)

    def test_each_is_installed(self):
        build = (self.root / "include" / "pusher" / "meson.build").read_text(encoding="utf-8")
        for header in self.headers():
            with self.subTest(header=header.name):
                name = header.relative_to(self.root / "include" / "pusher")
                self.assertIn(f"'{name}'", build)


class Plant(unittest.TestCase):
    """The check of the comments finds what it is there for."""

    def test_finds_a_missing_comment(self):
        self.assertEqual(["pusher_b"], undocumented(
            "/* Does it. Returns 0. */\nPUSHER_API int pusher_a(void);\n\n"
            "PUSHER_API void pusher_b(int a,\n                         int b);\n"))

    def test_finds_a_comment_without_the_result(self):
        self.assertEqual(["pusher_a"], undocumented(
            "/*\n * Does it.\n */\nPUSHER_API int pusher_a(void);\n"))


if __name__ == "__main__":
    Headers.root = pathlib.Path(sys.argv[1])
    Headers.compilers = {"c11": shlex.split(sys.argv[2]), "c++11": shlex.split(sys.argv[3])}
    del sys.argv[1:]
    unittest.main()
