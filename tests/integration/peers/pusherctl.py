"""pusherctl, the program under test: its interface, to the letter."""

import json
import os
import signal
import subprocess

from peers.process import WAIT_S, Process, environment

# One that drives its loop in another way stands in for it, if that is what to test.
WAY = os.environ.get("PUSHERCTL_WAY")
PROGRAM = (os.path.join(os.environ["PUSHERCTL_WAYS"], f"pusherctl-{WAY}") if WAY
           else os.environ.get("PUSHERCTL", ""))
KEY = "app-key"
# Without libuv, what the system said of a socket is not known.
WITHOUT_LIBUV = "PUSHERCTL_WITHOUT_LIBUV" in os.environ
REFUSED, RESET = (("Unable to connect", "without a close frame") if WITHOUT_LIBUV
                  else ("refused", "reset"))
DECRYPTS = os.environ.get("ENCRYPTED", "1") == "1"  # it was built with libsodium

# Members of each type of line, and of which type their values are.
TEXT, TEXT_OR_NULL, NUMBER_OR_NULL = str, (str, type(None)), (int, type(None))
MEMBERS = {
    "state": {"previous": TEXT, "current": TEXT},
    "subscribed": {"channel": TEXT},
    "event": {"channel": TEXT_OR_NULL, "event": TEXT, "data": TEXT_OR_NULL},
    "problem": {"error": TEXT, "code": NUMBER_OR_NULL, "http_status": NUMBER_OR_NULL,
                "channel": TEXT_OR_NULL, "message": TEXT, "will_retry": bool},
}
OPTIONAL = {"state": {"socket_id": TEXT}, "event": {"user_id": TEXT},
            "subscribed": {"members": dict}}
ERRORS = ("resolve connect tls proxy upgrade greeting closed pong_timeout protocol auth "
          "subscribe signin decrypt limit server").split()
STATES = "initialized connecting connected unavailable failed disconnected".split()
SANITIZER_MARKS = ("Sanitizer", "runtime error:", "Assertion")


def program_environment(**extra):
    """A sanitizer's findings get an exit status that pusherctl itself never has."""
    env = environment(**extra)
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        env[name] = ":".join(filter(None, [env.get(name), "exitcode=99"]))
    return env


def server(port, host="127.0.0.1", tls=False, ca=None, key=KEY):
    """The options that say where the server is."""
    options = ["--host", host, "--port", str(port), "--key", key]
    return options + ([] if tls else ["--no-tls"]) + (["--ca", ca] if ca else [])


def checked(line):
    """A JSON line as a dictionary, if it is one of the interface."""
    value = json.loads(line)
    kind = value["type"]
    members = {name: member for name, member in value.items() if name != "type"}
    allowed = MEMBERS[kind] | OPTIONAL.get(kind, {})
    for name in MEMBERS[kind]:
        assert name in members, f"no {name} in {line}"
    for name, member in members.items():
        assert name in allowed, f"unknown member {name} in {line}"
        assert isinstance(member, allowed[name]), f"{name} has the wrong type in {line}"
    if kind == "problem":
        assert value["error"] in ERRORS, line
        assert value["message"], line
    if kind == "state":
        assert value["previous"] in STATES and value["current"] in STATES, line
        assert value["previous"] != value["current"], line
        assert ("socket_id" in value) == (value["current"] == "connected"), line
    return value


def matches(line, kind, members):
    return line["type"] == kind and all(line[name] == value for name, value in members.items())


class Listen(Process):
    """`pusherctl listen --json`, with its lines."""

    def __init__(self, where, *options, channels=("room",), env=None, name="listen", within=()):
        args = [*within, PROGRAM, "listen", "--json", *where, *options]
        for channel in channels:
            args += ["--channel", channel]
        super().__init__(name, args, env=program_environment(**(env or {})))

    def next(self, timeout_s=WAIT_S):
        """The next line, whatever it is; None at the end."""
        line = self.next_line(timeout_s)
        return None if line is None else checked(line)

    def expect(self, kind, timeout_s=WAIT_S, **members):
        """The next line must be this one."""
        line = self.next(timeout_s)
        wanted = f"{kind} {members}"
        assert line is not None, f"{self.log.name} ended before {wanted}"
        assert matches(line, kind, members), f"not {wanted}: {line}"
        return line

    def wait_for(self, kind, timeout_s=WAIT_S, **members):
        """Skips lines up to this one."""
        while True:
            line = self.next(timeout_s)
            assert line is not None, f"{self.log.name} ended before {kind} {members}"
            if matches(line, kind, members):
                return line

    def rest(self):
        """All lines up to the end of the program."""
        lines = []
        while (line := self.next()) is not None:
            lines.append(line)
        return lines

    def ends_with(self, status):
        """The program has ended by itself, with this status and nothing to complain of."""
        found = self.wait()
        assert found == status, f"exit status {found}, not {status}"
        self.check_errors()

    def stop(self):
        """Told to stop it ends with status 0, and leaks nothing."""
        if self.popen.poll() is None:
            self.signal(signal.SIGTERM)
        self.ends_with(0)

    def check_errors(self):
        text = self.error_text()
        assert not any(mark in text for mark in SANITIZER_MARKS), text

    def close(self):
        running = self.popen.poll() is None
        if running:
            self.signal(signal.SIGTERM)
        try:
            status = self.wait()
            assert status == 0 or not running, f"exit status {status} after SIGTERM"
            self.check_errors()
        finally:
            super().close()


class Sandbox(Process):
    """`pusherctl sandbox`, ready."""

    app_id, key, secret = "sandbox-id", "sandbox-key", "sandbox-secret"

    def __init__(self, *options, within=()):
        super().__init__("sandbox", [
            *within, PROGRAM, "sandbox", "--port", "0", "--app-id", self.app_id, "--key", self.key,
            "--secret", self.secret, *options], env=program_environment())
        try:
            line = self.next_line() or ""
            words, _, self.port = line.rpartition(":")
            assert words == "listening on 127.0.0.1", f"not ready: {line!r}"
        except AssertionError:
            self.close()
            raise

    @property
    def where(self):
        return server(self.port, key=self.key)

    @property
    def app(self):
        return {"appId": self.app_id, "key": self.key, "secret": self.secret,
                "host": "127.0.0.1", "port": self.port, "useTLS": False}

    def close(self):
        try:
            if self.popen.poll() is None:
                self.signal(signal.SIGTERM)
            status = self.wait()
            assert status == 0, f"sandbox: exit status {status}\n{self.error_text()}"
        finally:
            super().close()


class Run:
    """One run of pusherctl to its end."""

    def __init__(self, *args, env=None, timeout_s=WAIT_S):
        done = subprocess.run(
            [PROGRAM, *args], stdin=subprocess.DEVNULL, capture_output=True,
            env=program_environment(**(env or {})), timeout=timeout_s, check=False)
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        assert not any(mark in self.err for mark in SANITIZER_MARKS), self.err

    def __str__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"
