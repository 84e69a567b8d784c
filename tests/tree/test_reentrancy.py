"""Re-entrancy: every call that a callback may make on a client is made by the test that makes them
in every place.

    test_reentrancy.py ROOT
"""

import pathlib
import re
import sys
import unittest

import tree_source

HEADERS = ("auth", "channel", "client", "presence", "user")
TEST = "tests/client/test_reentrancy.c"

# Names of values: they know nothing of a client.
NAMES = {"pusher_state_name", "pusher_problem_name", "pusher_subscription_name"}


class Reentrancy(unittest.TestCase):
    root = None

    def test_every_call_is_made(self):
        made = set(re.findall(r"\bpusher_\w+(?=\()", (self.root / TEST).read_text()))
        for header in HEADERS:
            text = (self.root / "include" / "pusher" / f"{header}.h").read_text()
            names = {name.removesuffix("_sized") for _, name in tree_source.api_functions(text)}
            with self.subTest(header=header):
                self.assertEqual(set(), names - made - NAMES)


if __name__ == "__main__":
    Reentrancy.root = pathlib.Path(sys.argv.pop(1))
    unittest.main()
