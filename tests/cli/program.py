"""Running pusherctl: its lines awaited with a deadline, its process ended in every case."""

import json
import os
import select
import subprocess
import time

TIMEOUT_S = 30

# The user's own settings are for another server.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PUSHER_")}


def run(pusherctl, *arguments, env=None, **options):
    """The finished process, its output as text."""
    return subprocess.run([pusherctl, *arguments], text=True, capture_output=True,
                          timeout=TIMEOUT_S, check=False, env={**ENVIRONMENT, **(env or {})},
                          **options)


class Program:
    """One pusherctl that runs; a context manager that ends it."""

    def __init__(self, pusherctl, *arguments, env=None, **options):
        self.buffer = b""
        self.process = subprocess.Popen([pusherctl, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE,
                                        stderr=options.pop("stderr", subprocess.PIPE),
                                        env={**ENVIRONMENT, **(env or {})}, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()

    def line(self):
        """The next line of standard output, without its end."""
        deadline = time.monotonic() + TIMEOUT_S
        fd = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise AssertionError(f"no line within {TIMEOUT_S} s; so far {self.buffer!r}")
            chunk = os.read(fd, 65536)
            if not chunk:
                raise AssertionError(f"ended without a line; {self.process.stderr.read()!r}")
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def json(self, kind):
        """The next JSON line of that type."""
        while True:
            value = json.loads(self.line())
            if value["type"] == kind:
                return value

    def end(self, signal=None):
        """(status, rest of standard output, standard error), after a signal if one is given."""
        if signal is not None:
            self.process.send_signal(signal)
        out, err = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, (self.buffer + out).decode(), err.decode()


class Sandbox(Program):
    """pusherctl sandbox on a free port."""

    def __init__(self, pusherctl, *arguments, **options):
        super().__init__(pusherctl, "sandbox", *arguments, **options)
        self.port = self.line().rpartition(":")[2]
        self.server = ("--host", "127.0.0.1", "--port", self.port, "--no-tls", "--key", "app-key")
        self.app = (*self.server, "--app-id", "app-id", "--secret", "app-secret")
