"""The base of every test: its deadline, what it started, and what all of that said.

A test that fails shows, besides the failure, the lines of every process and connection it
used, in the order of time.
"""

import os
import signal
import subprocess
import sys
import time
import unittest

SHOWN_LINES = 300
SHOWN_CHARACTERS = 300


class DeadlinePassed(AssertionError):
    """The whole test took too long; nothing in it may wait for ever."""


class Log:
    """Lines with their time, of one process or connection."""

    def __init__(self, name):
        self.name = name
        self.lines = []

    def add(self, text):
        self.lines.append((time.monotonic(), self.name, text))


class Case(unittest.TestCase):
    deadline_s = 60
    shared = ()  # what setUpClass made with share()

    @classmethod
    def share(cls, thing):
        """Something with close() and a log that all tests of the class use."""
        cls.shared = (*cls.shared, thing)
        cls.addClassCleanup(thing.close)
        return thing

    @classmethod
    def share_folder(cls, folder):
        """Something with close() that all tests of the class use."""
        cls.addClassCleanup(folder.close)
        return folder

    def setUp(self):
        self.kept = []
        self.started_at = time.monotonic()
        signal.signal(signal.SIGALRM, self.on_deadline)
        signal.alarm(self.deadline_s)
        self.addCleanup(signal.alarm, 0)

    def on_deadline(self, *_):
        raise DeadlinePassed(f"the test is not over after {self.deadline_s} s")

    def keep(self, thing):
        """Something with close() and a log that this test uses."""
        self.kept.append(thing)
        self.addCleanup(thing.close)
        return thing

    def report(self):
        logs = [thing.log for thing in (*self.shared, *getattr(self, "kept", ()))]
        lines = sorted(line for log in logs for line in log.lines)
        left_out = len(lines) - SHOWN_LINES
        text = [f"... {left_out} lines left out"] if left_out > 0 else []
        for when, name, line in lines[-SHOWN_LINES:]:
            if len(line) > SHOWN_CHARACTERS:
                line = f"{line[:SHOWN_CHARACTERS]}... ({len(line)} characters)"
            text.append(f"{when - self.started_at:8.3f} {name:12} {line}")
        return "\n".join(text)


class Result(unittest.TextTestResult):
    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.append_report(self.failures, test)

    def addError(self, test, err):
        super().addError(test, err)
        self.append_report(self.errors, test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self.append_report(self.failures if failed else self.errors, test)

    def append_report(self, entries, test):
        if isinstance(test, Case):
            entries[-1] = (entries[-1][0], f"{entries[-1][1]}\nlogs:\n{test.report()}\n")


def run_side_by_side(classes, workers):
    """Tests of this file, dealt out to processes; for tests that mostly wait."""
    module = sys.modules["__main__"]
    loader = unittest.defaultTestLoader
    suites = (loader.loadTestsFromNames(classes, module) if classes
              else loader.loadTestsFromModule(module))
    names = [f"{type(test).__name__}.{test._testMethodName}" for suite in suites
             for test in suite]
    running = [
        subprocess.Popen([sys.executable, sys.argv[0], *names[first::workers]],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for first in range(min(workers, len(names)))]
    for process in running:
        sys.stdout.write(process.communicate()[0].decode())
    sys.exit(any(process.returncode for process in running))


def main(workers=1):
    """Runs the test named in the argument, or those of a class, or all: then `workers` at a
    time."""
    if not os.access(os.environ.get("PUSHERCTL", ""), os.X_OK):
        sys.exit("set PUSHERCTL to the path of the program to test")
    if workers > 1 and not any("." in name for name in sys.argv[1:]):
        run_side_by_side(sys.argv[1:], workers)
    runner = unittest.TextTestRunner(
        stream=sys.stdout, resultclass=Result, verbosity=2, descriptions=False)
    unittest.main(testRunner=runner)
