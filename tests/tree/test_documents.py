"""What the documents and indexes of the tree say is so.

    test_documents.py ROOT
"""

import pathlib
import re
import sys
import unittest

LINK = re.compile(r"\]\(([^)#]+)\)")
SECTION = re.compile(r"^\[(.+)\]$", re.MULTILINE)
ELSEWHERE = re.compile(r"^(\S+\.(?:txt|py)): (.+)$")
METHOD = re.compile(r"^    def (test_\w+)\(", re.MULTILINE)


def cells(row):
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def shown_in_table(text):
    """(column, name) of each test that the table of docs/servers.md names, and the link at
    the head of each column."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    heads = [LINK.search(cell) for cell in cells(rows[0])]
    named = [(column, name) for row in rows[2:] for column, cell in enumerate(cells(row))
             for name in re.findall(r"`([^`]+)`", cell)]
    return named, [head and head.group(1) for head in heads]


class Documents(unittest.TestCase):
    root = None

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def test_the_first_program_is_the_example(self):
        program = self.text("README.md").split("```c\n")[1].split("```")[0]
        self.assertEqual(self.text("examples/quickstart.c"), program)

    def test_links_lead_somewhere(self):
        for path in ("README.md", "examples/README.md", "tests/conformance/README.md",
                     "docs/servers.md"):
            for link in LINK.findall(self.text(path)):
                if "://" not in link:
                    with self.subTest(path=path, link=link):
                        self.assertTrue((self.root / path).parent.joinpath(link).exists())

    def names_in(self, file):
        """The names of the tests in a file of tests/conformance or tests/integration."""
        if file.endswith(".py"):
            return set(METHOD.findall(self.text(f"tests/integration/{file}")))
        return set(SECTION.findall(self.text(f"tests/conformance/{file}")))

    def test_what_servers_support_is_shown_by_tests(self):
        named, heads = shown_in_table(self.text("docs/servers.md"))
        files = [head and pathlib.PurePath(head).name for head in heads]
        found = {path.name: self.names_in(path.name)
                 for path in (self.root / "tests" / "conformance").glob("*.txt")}
        self.assertGreater(len(found), 4)
        shown = {file: set() for file in found}
        for column, name in named:
            elsewhere = ELSEWHERE.match(name)
            file, test = elsewhere.groups() if elsewhere else (files[column], name)
            with self.subTest(file=file, test=test):
                self.assertIn(test, self.names_in(file))
            shown.setdefault(file, set()).add(test)
        for file, tests in found.items():
            with self.subTest(file=file):
                self.assertEqual(set(), tests - shown[file], "not in the table")

    def test_each_example_is_built_and_listed(self):
        build = self.text("examples/meson.build")
        index = self.text("examples/README.md")
        for example in sorted((self.root / "examples").glob("*.c")):
            with self.subTest(example=example.name):
                self.assertIn(f"'{example.stem}'", build)
                self.assertIn(f"({example.name})", index)

    def test_indexes_name_each_file(self):
        for index, name, files in (("lib/core/core_impl.h", r"(\w+)\.c\b", "lib/core/*.c"),
                                   ("lib/client/client.h", r"(\w+)\.c\b", "lib/client/*.c"),
                                   ("tests/core/README.md", r"`(test_\w+)`", "tests/core/test_*.c")):
            with self.subTest(index=index):
                named = set(re.findall(name, self.text(index)))
                self.assertEqual({path.stem for path in self.root.glob(files)}, named)

    def test_each_folder_is_described(self):
        readme = self.text("README.md")
        folders = [path for path in (self.root / "lib").iterdir() if path.is_dir()]
        self.assertGreater(len(folders), 5)
        for folder in folders:
            with self.subTest(folder=folder.name):
                self.assertIn(f"`lib/{folder.name}/`", readme)


if __name__ == "__main__":
    Documents.root = pathlib.Path(sys.argv[1])
    del sys.argv[1:]
    unittest.main()
