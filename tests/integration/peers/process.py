"""A process whose lines are read with a deadline."""

import os
import queue
import re
import signal
import subprocess
import threading

from peers.case import Log

WAIT_S = 20

# What a person may have set for other servers, and proxies.
UNWANTED = re.compile(r"PUSHER_\w+|(https?|all|no|socks)_proxy", re.IGNORECASE)


def environment(**extra):
    clean = {name: value for name, value in os.environ.items() if not UNWANTED.fullmatch(name)}
    return clean | extra


class Process:
    def __init__(self, name, args, env=None, cwd=None):
        self.log = Log(name)
        self.log.add("$ " + " ".join(args))
        self.popen = subprocess.Popen(
            args, env=env or environment(), cwd=cwd, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        self.errors = []
        self.readers = [
            threading.Thread(target=self.read, args=(self.popen.stdout, "", self.lines.put)),
            threading.Thread(target=self.read, args=(self.popen.stderr, "2> ", self.errors.append)),
        ]
        for reader in self.readers:
            reader.daemon = True
            reader.start()

    def read(self, stream, mark, put):
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "backslashreplace").rstrip("\n")
                self.log.add(mark + line)
                put(line)
        if put == self.lines.put:
            put(None)

    def next_line(self, timeout_s=WAIT_S):
        """The next line of standard output; None at its end."""
        try:
            line = self.lines.get(timeout=timeout_s)
        except queue.Empty:
            raise AssertionError(f"{self.log.name}: no line in {timeout_s} s") from None
        if line is None:
            self.lines.put(None)
        return line

    def write(self, text):
        self.log.add("< " + text)
        self.popen.stdin.write(text.encode() + b"\n")
        self.popen.stdin.flush()

    def signal(self, number):
        self.log.add(signal.Signals(number).name)
        self.popen.send_signal(number)

    def wait(self, timeout_s=WAIT_S):
        """Its exit status, when it has ended and all that it wrote was read."""
        try:
            status = self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.log.name}: still runs after {timeout_s} s") from None
        for reader in self.readers:
            reader.join(WAIT_S)
        self.log.add(f"exit status {status}")
        return status

    def error_text(self):
        return "\n".join(self.errors)

    def close(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.wait()
        self.popen.stdin.close()
