"""What an installed library looks like to a program: pkg-config finds it, a consumer compiles
as C and as C++ without a warning, and runs; pusherctl runs.

    test_install.py BUILD PREFIX SANITIZERS C-COMPILER C++-COMPILER
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

TIMEOUT_S = 120
CONSUMER = pathlib.Path(__file__).with_name("consumer.c")


def run(*command, **options):
    """Standard output of a command that succeeds without a word on standard error."""
    done = subprocess.run(command, text=True, capture_output=True, timeout=TIMEOUT_S, check=False,
                          **options)
    if done.returncode or done.stderr:
        raise AssertionError(f"{shlex.join(command)}: status {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    build = prefix = sanitizers = None
    compilers = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.destdir = pathlib.Path(cls.folder.name) / "root"
        run("meson", "install", "-C", cls.build, "--no-rebuild", "--quiet",
            "--destdir", str(cls.destdir))
        cls.root = cls.destdir / cls.prefix.lstrip("/")
        found = list(cls.root.rglob("pusher.pc"))
        assert len(found) == 1, found
        cls.libdir = found[0].parent.parent
        cls.environment = {
            **os.environ,
            "PKG_CONFIG_PATH": str(found[0].parent),
            "LD_LIBRARY_PATH": str(cls.libdir),
        }

    def pkg_config(self, *arguments):
        return run("pkg-config", f"--define-variable=prefix={self.root}", *arguments, "pusher",
                   env=self.environment).split()

    def consume(self, language):
        program = str(pathlib.Path(self.folder.name) / f"consumer-{language}")
        sanitize = [] if self.sanitizers == "none" else [f"-fsanitize={self.sanitizers}"]
        run(*self.compilers[language], f"-std={language}", "-Wall", "-Wextra", "-Werror", *sanitize,
            *self.pkg_config("--cflags"), "-x", "c" if language == "c11" else "c++", str(CONSUMER),
            "-x", "none", "-o", program, *self.pkg_config("--libs"))
        version = self.pkg_config("--modversion")[0]
        self.assertEqual(f"works with {version}\n", run(program, env=self.environment))

    def test_consumer_in_c(self):
        self.consume("c11")

    def test_consumer_in_cpp(self):
        self.consume("c++11")

    def test_links_only_the_library(self):
        self.assertEqual(["-lpusher"], [flag for flag in self.pkg_config("--libs")
                                        if flag.startswith("-l")])

    def test_soname_is_versioned(self):
        library = (self.libdir / "libpusher.so").resolve()
        self.assertRegex(library.name, r"^libpusher\.so\.\d+\.\d+\.\d+$")
        dynamic = run("readelf", "--dynamic", "--wide", str(library))
        self.assertRegex(dynamic, r"SONAME.*\[libpusher\.so\.\d+\]")

    def test_pusherctl_runs_from_where_it_is(self):
        version = self.pkg_config("--modversion")[0]
        without_path = {**os.environ}
        without_path.pop("LD_LIBRARY_PATH", None)
        self.assertEqual(f"pusherctl {version}\n",
                         run(str(self.root / "bin" / "pusherctl"), "--version", env=without_path))


if __name__ == "__main__":
    Installed.build, Installed.prefix, Installed.sanitizers = sys.argv[1:4]
    Installed.compilers = {"c11": shlex.split(sys.argv[4]), "c++11": shlex.split(sys.argv[5])}
    del sys.argv[1:]
    unittest.main()
