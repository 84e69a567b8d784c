"""Includes go one way: each directory sees only those below it, each third-party library only
in the directory that wraps it, and the app secret's header only where a secret may be.

    test_includes.py ROOT
"""

import pathlib
import sys
import tempfile
import unittest

import tree_source

# Directory of lib/: the directories that it may see besides itself.
BELOW = {
    "base": set(),
    "crypto": {"base"},
    "codec": {"base"},
    "core": {"base", "codec", "crypto"},
    "net": {"base"},
    "client": {"base", "codec", "core", "crypto", "net"},
    "server": {"base", "codec", "crypto", "net"},
    # The sandbox checks signatures with the code that makes them.
    "sandbox": {"base", "codec", "crypto", "net", "server"},
    "cli": {"base", "codec"},
    "examples": set(),
}

# How the headers of a library begin: the directories that may include them.
THIRD_PARTY = {
    "libwebsockets": {"net", "sandbox"},
    "lws": {"net", "sandbox"},
    "uv": {"net", "sandbox"},
    "openssl": {"net"},
    "json-c": {"codec", "examples"}, # which read what the library has parsed
    "mbedtls": {"crypto"},
    "psa": {"crypto"},
    "sodium": {"crypto"},
    "uthash": {"base"},
    "utlist": {"base"},
    "pusher/server.h": {"server", "sandbox", "cli"},
    "pusher/sandbox.h": {"sandbox", "cli"},
}


def belongs_to(name, prefix):
    return name == prefix or name.startswith((prefix + ".", prefix + "/", prefix + "-"))


def judge(directory, is_local, name):
    """What is wrong with that include in that directory, or None."""
    for prefix, allowed in THIRD_PARTY.items():
        if belongs_to(name, prefix) and directory not in allowed:
            return f"only {', '.join(sorted(allowed))} may include {prefix}"
    if not is_local:
        return None
    target = name.split("/")[0] if "/" in name else directory
    if ".." in name.split("/"):
        return "leaves its directory by .."
    if target != directory and target not in BELOW[directory]:
        return f"{directory} does not see {target}"
    return None


def violations(root):
    found = []
    for directory in BELOW:
        folder = root / directory if directory in ("cli", "examples") else root / "lib" / directory
        for path in sorted(folder.rglob("*.[ch]")):
            for line, quote, name in tree_source.includes(path.read_text(encoding="utf-8")):
                wrong = judge(directory, quote == '"', name)
                if wrong:
                    found.append(f"{path.relative_to(root)}:{line}: {name}: {wrong}")
    for path in sorted((root / "include").rglob("*.h")):
        for line, _, name in tree_source.includes(path.read_text(encoding="utf-8")):
            third_party = [prefix for prefix in THIRD_PARTY
                           if belongs_to(name, prefix) and not prefix.startswith("pusher/")
                           and path.parent.name != "adapters"]
            if third_party:
                found.append(f"{path.relative_to(root)}:{line}: {name}: not in a public header")
    return found


class Tree(unittest.TestCase):
    root = None

    def test_every_directory_has_a_rule(self):
        folders = {path.name for path in (self.root / "lib").iterdir() if path.is_dir()}
        self.assertLessEqual(folders, set(BELOW))

    def test_includes_go_one_way(self):
        files = list((self.root / "lib").rglob("*.[ch]"))
        self.assertGreater(len(files), 20, "this is not the tree")
        self.assertEqual([], violations(self.root))


class Plant(unittest.TestCase):
    """The check finds what it is there for."""

    def planted(self, path, text):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            file = root / path
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            return violations(root)

    def test_finds_a_violation(self):
        for path, text in (
                ("lib/core/x.c", '#include "net/ws.h"\n'),
                ("lib/net/x.c", '#include "core/core.h"\n'),
                ("lib/base/x.h", '#include "codec/json.h"\n'),
                ("lib/codec/x.c", '#include "../net/ws.h"\n'),
                ("lib/client/x.c", "#include <json-c/json.h>\n"),
                ("lib/client/x.c", "#include <pusher/server.h>\n"),
                ("lib/core/x.c", "# include <libwebsockets.h>\n"),
                ("lib/net/x.c", "#include <mbedtls/md.h>\n"),
                ("lib/server/x.c", "#include <uv.h>\n"),
                ("cli/x.c", '#include "core/core.h"\n'),
                ("examples/x.c", '#include "base/buf.h"\n'),
                ("include/pusher/x.h", "#include <json-c/json_object.h>\n")):
            with self.subTest(path=path, text=text):
                self.assertEqual(1, len(self.planted(path, text)))

    def test_lets_the_rest_pass(self):
        for path, text in (
                ("lib/core/x.c", '#include "base/buf.h"\n#include "core/phase.h"\n'),
                ("lib/net/x.c", "#include <libwebsockets.h>\n#include <uv.h>\n"),
                ("lib/core/x.c", '/*\n#include "net/ws.h"\n*/\n// #include <uv.h>\n'),
                ("cli/x.c", '#include "options.h"\n#include <pusher/server.h>\n')):
            with self.subTest(path=path, text=text):
                self.assertEqual([], self.planted(path, text))


if __name__ == "__main__":
    Tree.root = pathlib.Path(sys.argv.pop(1))
    unittest.main()
