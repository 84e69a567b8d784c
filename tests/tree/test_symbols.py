"""The shared library exports exactly the functions that the client's headers declare.

    test_symbols.py ROOT LIBRARY
"""

import pathlib
import subprocess
import sys
import unittest

import tree_source

TIMEOUT_S = 60


class Symbols(unittest.TestCase):
    root = None
    library = None

    def exported(self):
        done = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", self.library],
                              text=True, capture_output=True, timeout=TIMEOUT_S, check=True)
        return {line.split()[0] for line in done.stdout.splitlines()}

    def declared(self):
        names = set()
        for header in tree_source.CLIENT_HEADERS:
            text = (self.root / "include" / "pusher" / header).read_text(encoding="utf-8")
            names.update(name for _, name in tree_source.api_functions(text))
        return names

    def test_exports_what_the_headers_declare(self):
        declared = self.declared()
        self.assertGreater(len(declared), 20)
        self.assertEqual(sorted(declared), sorted(self.exported()))

    def test_takes_no_secret(self):
        self.assertNotIn("pusher_server_new", self.exported())


if __name__ == "__main__":
    Symbols.root = pathlib.Path(sys.argv[1])
    Symbols.library = sys.argv[2]
    del sys.argv[1:]
    unittest.main()
