"""What README.md and examples/README.md say is so.

    test_documents.py ROOT
"""

import pathlib
import re
import sys
import unittest

LINK = re.compile(r"\]\(([^)#]+)\)")


class Documents(unittest.TestCase):
    root = None

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def test_the_first_program_is_the_example(self):
        program = self.text("README.md").split("```c\n")[1].split("```")[0]
        self.assertEqual(self.text("examples/quickstart.c"), program)

    def test_links_lead_somewhere(self):
        for path in ("README.md", "examples/README.md"):
            for link in LINK.findall(self.text(path)):
                if "://" not in link:
                    with self.subTest(path=path, link=link):
                        self.assertTrue((self.root / path).parent.joinpath(link).exists())

    def test_each_example_is_built_and_listed(self):
        build = self.text("examples/meson.build")
        index = self.text("examples/README.md")
        for example in sorted((self.root / "examples").glob("*.c")):
            with self.subTest(example=example.name):
                self.assertIn(f"'{example.stem}'", build)
                self.assertIn(f"({example.name})", index)

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
