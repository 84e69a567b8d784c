"""Every public call on a client, a channel, a sandbox or a server object checks its thread in
builds with assertions, but those that the headers name as safe.

    test_threads.py ROOT
"""

import pathlib
import re
import sys
import unittest

import tree_source

DEFINITION = re.compile(r"^[a-z][^;{}()#]*?\b(pusher_\w+)\(([^{;]*)\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
OBJECT = re.compile(r"\bpusher_(client|channel|sandbox|server) \*\w+")
CHECK = re.compile(r"\b(client_check|channel_check|loop_check|loop_take_over)\(")

# What they return never changes.
SAFE = {"pusher_client_loop", "pusher_client_userdata", "pusher_channel_client", "pusher_sandbox_port"}


def unchecked(text):
    """Names of public functions that take an object of a loop and do not check the thread."""
    found = set()
    for match in DEFINITION.finditer(tree_source.without_comments(text)):
        name, parameters, body = match.groups()
        if OBJECT.match(parameters.replace("const ", "")) and not CHECK.search(body):
            found.add(name)
    return found


class Threads(unittest.TestCase):
    root = None

    def sources(self):
        for folder in ("client", "sandbox", "server"):
            yield from sorted((self.root / "lib" / folder).glob("*.c"))

    def test_each_call_checks(self):
        found = set()
        for path in self.sources():
            found |= unchecked(path.read_text(encoding="utf-8"))
        self.assertEqual(SAFE, found)

    def test_the_header_names_the_safe_ones(self):
        overview = (self.root / "include" / "pusher" / "pusher.h").read_text(encoding="utf-8")
        for name in SAFE - {"pusher_sandbox_port"}:
            self.assertIn(name + "()", overview)


class Plant(unittest.TestCase):
    """The check finds what it is there for."""

    def test_finds_a_call_without_a_check(self):
        self.assertEqual({"pusher_client_a"}, unchecked(
            "int pusher_client_a(const pusher_client *client)\n{\n    return 0;\n}\n"
            "int pusher_client_b(pusher_client *client, int a)\n"
            "{\n    client_check(client);\n    return a;\n}\n"))


if __name__ == "__main__":
    Threads.root = pathlib.Path(sys.argv[1])
    del sys.argv[1:]
    unittest.main()
