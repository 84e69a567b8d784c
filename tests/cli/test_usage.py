"""Wrong usage of pusherctl: one line that says what is wrong and where to read on, status 1,
nothing on standard output. And --help.

    test_usage.py PUSHERCTL
"""

import os
import sys
import tempfile
import unittest

import program

APP = ("--key", "app-key", "--host", "127.0.0.1", "--no-tls")
LISTEN = ("listen", *APP, "--channel", "room")
TRIGGER = ("trigger", *APP, "--app-id", "1", "--secret", "s", "--channel", "room", "--event", "e",
           "--data", "d")

SWARM = ("swarm", *APP, "--channel-template", "room-%d")

# Arguments, and what the line must name.
WRONG = (
    ((), "command"),
    (("bogus",), '"bogus"'),
    (("--bogus",), '"--bogus"'),
    (("listen",), "--key"),
    (("listen", "--key", "k", "--channel", "room"), "--host"),
    (("listen", *APP), "--channel"),
    ((*LISTEN, "--bogus"), '"--bogus"'),
    ((*LISTEN, "--bogus=1"), '"--bogus"'),
    ((*LISTEN, "--chan", "room"), '"--chan"'),
    ((*LISTEN, "more"), '"more"'),
    ((*LISTEN, "-j"), '"-j"'),
    ((*LISTEN, "--channel"), "--channel"),
    ((*LISTEN, "--json=yes"), "--json"),
    ((*LISTEN, "--count", "0"), "--count"),
    ((*LISTEN, "--count", "1.5"), "--count"),
    ((*LISTEN, "--count", "-1"), "--count"),
    ((*LISTEN, "--count", "99999999999999999999"), "--count"),
    ((*LISTEN, "--timeout", "0"), "--timeout"),
    ((*LISTEN, "--port", "0"), "--port"),
    ((*LISTEN, "--port", "65536"), "--port"),
    ((*LISTEN, "--activity-timeout", "86401"), "--activity-timeout"),
    ((*LISTEN, "--pong-timeout", "3601"), "--pong-timeout"),
    ((*LISTEN, "--unavailable-timeout", "0"), "--unavailable-timeout"),
    ((*LISTEN, "--reconnect-spread", "3601"), "--reconnect-spread"),
    ((*LISTEN, "--connect-timeout", "601"), "--connect-timeout"),
    ((*LISTEN, "--auth-timeout", "3601"), "--auth-timeout"),
    ((*LISTEN, "--auth-json"), "--auth-endpoint"),
    ((*LISTEN, "--log", "loud"), "--log"),
    ((*LISTEN, "--path", "no-slash"), "--path"),
    ((*LISTEN, "--path", "/with space"), "--path"),
    ((*LISTEN, "--event", ""), "--event"),
    ((*LISTEN, "--event", "e" * 201), "--event"),
    ((*LISTEN, "--ca", "/nonexistent/ca.pem"), "/nonexistent/ca.pem"),
    ((*LISTEN, "--channel", "a room"), '"a room"'),
    ((*LISTEN, "--channel", "#room"), '"#room"'),
    ((*LISTEN, "--channel", "r" * 201), "--channel"),
    ((*LISTEN, "--channel", "private-room"), "private-room"),
    ((*LISTEN, "--channel", "presence-room"), "presence-room"),
    ((*LISTEN, "--channel", "private-encrypted-room"), "private-encrypted-room"),
    ((*LISTEN, "--key", "no/key"), "--key"),
    ((*LISTEN, "--host", "no host"), "--host"),
    (("listen", "--key", "k", "--cluster", "e/u", "--channel", "room"), "--cluster"),
    (("trigger",), "--key"),
    (("trigger", *APP), "--app-id"),
    (("trigger", *APP, "--app-id", "1"), "--secret"),
    (TRIGGER[:10], "--channel"),
    (TRIGGER[:12], "--event"),
    (TRIGGER[:14], "--data"),
    ((*TRIGGER, "--data", "@/nonexistent/data"), "/nonexistent/data"),
    ((*TRIGGER, "--channel", "a room"), "--channel"),
    ((*TRIGGER, "--event", "e" * 201), "--event"),
    ((*TRIGGER, "--socket-id", "1.2:x"), "--socket-id"),
    ((*TRIGGER, "--app-id", "a/b"), "--app-id"),
    ((*TRIGGER, "--channel", "private-encrypted-x"), "does not encrypt"),
    ((*TRIGGER, "--path", "/x"), '"--path"'),
    (("sandbox", "--port", "65536"), "--port"),
    (("sandbox", "--host", "localhost"), "--host"),
    (("sandbox", "--key", "no/key"), "--key"),
    (("sandbox", "--app-id", "no/id"), "--app-id"),
    (("swarm",), "--key"),
    (("swarm", *APP), "--channel-template"),
    ((*SWARM, "--clients", "0"), "--clients"),
    ((*SWARM, "--clients", "500001"), "--clients"),
    ((*SWARM, "--ramp", "0"), "--ramp"),
    ((*SWARM, "--ramp", "fast"), "--ramp"),
    ((*SWARM, "--duration", "0"), "--duration"),
    ((*SWARM, "--channels", "0"), "--channels"),
    ((*SWARM, "--think", "0"), "--think"),
    ((*SWARM, "--think", "5-"), "--think"),
    ((*SWARM, "--think", "5-3"), "--think"),
    ((*SWARM, "--think", "1-2-3"), "--think"),
    ((*SWARM, "--think", "100000"), "--think"),
    ((*SWARM, "--path", "no-slash"), "--path"),
    ((*SWARM, "--path", "/with space"), "--path"),
    ((*SWARM, "--key", "no/key"), "--key"),
    ((*SWARM, "--host", "no host"), "--host"),
    ((*SWARM, "--channel-template", "a room"), '"a room"'),
    ((*SWARM, "--channel-template", "%s"), '"%s"'),
    ((*SWARM, "--channel-template", "%d-%d"), '"%d-%d"'),
    ((*SWARM, "--channel-template", "r" * 200 + "%d"), "--channel-template"),
    ((*SWARM, *("--channel-template", "x") * 16), "--channel-template"),
    ((*SWARM, "--channel-template", "private-%d"), "private-%d"),
    ((*SWARM, "--channel-template", "presence-x"), "presence-x"),
    ((*SWARM, "--channel-template", "private-encrypted-x", "--secret", "s"), "--auth-endpoint"),
    ((*SWARM, "--auth-endpoint", "ftp://host/"), "--auth-endpoint"),
    ((*SWARM, "--auth-header", "A: b"), "--auth-endpoint"),
    ((*SWARM, "--auth-endpoint", "http://127.0.0.1/", "--auth-header", "nothing"), "nothing"),
    ((*SWARM, "--publish", "5"), "--app-id"),
    ((*SWARM, "--publish", "5", "--app-id", "1"), "--secret"),
    ((*SWARM, "--publish", "5", "--app-id", "a/b", "--secret", "s"), "--app-id"),
    ((*SWARM, "--publish", "10001"), "--publish"),
    ((*SWARM, "--publish-bytes", "500"), "--publish"),
    ((*SWARM, "--publish-bytes", "20000"), "--publish-bytes"),
    ((*SWARM, "--channel-template", "private-encrypted-x", "--auth-endpoint", "http://127.0.0.1/",
      "--publish", "1", "--app-id", "1", "--secret", "s"), "--publish"),
    ((*SWARM, "--seq-member", "s" * 32), "--seq-member"),
    (("swarm", *APP, "--channel-template", "room", "--channels", "5"), "--channels"),
    # A browser would subscribe twice to one channel.
    ((*SWARM, "--channel-template", "room-%d"), '"room-%d"'),
    ((*SWARM, "--channel-template", "room-99"), '"room-99"'),
    (("swarm", *APP, *("--channel-template", "room-99") * 2), '"room-99"'),
    ((*SWARM, "--channel-template", "room-1%d"), '"room-10"'),
    ((*SWARM, "--channel-template", "room%d", "--host", "no host"), '"no host"'),
    ((*SWARM, "--channel-template", "room-100", "--host", "no host"), '"no host"'),
    ((*SWARM, "--channel-template", "room-01", "--host", "no host"), '"no host"'),
    ((*SWARM, "--channel-template", "room-5x", "--host", "no host"), '"no host"'),
    # Hosts.
    ((*SWARM, "--host", "127.0.0.1:6001"), '"127.0.0.1:6001"'),
    ((*LISTEN, "--host", "127.0.0.1:6001"), '"127.0.0.1:6001"'),
    ((*LISTEN, "--host", "[::1]"), '"[::1]"'),
    # Hosted Pusher.
    ((*SWARM, "--host", "ws-eu.pusher.com"), "--i-own-this-app"),
    ((*SWARM, "--host", "WS-EU.Pusher.COM."), "--i-own-this-app"),
    ((*SWARM, "--host", "pusher.com"), "--i-own-this-app"),
    ((*SWARM, "--host", "api-eu.pusher.com..", "--publish", "1"), "--i-own-this-app"),
    ((*SWARM, "--host", "ws.pusherapp.com"), "--i-own-this-app"),
    (("swarm", "--key", "k", "--cluster", "eu", "--channel-template", "x"), "--i-own-this-app"),
    # What is said next when it is allowed, or not needed.
    (("swarm", "--key", "k", "--cluster", "e/u", "--channel-template", "x", "--i-own-this-app"),
     '"e/u"'),
    ((*SWARM, "--host", "ws-eu.pusher.com", "--publish", "1", "--i-own-this-app"), "--cluster"),
    ((*SWARM, "--host", "notpusher.com", "--publish", "1"), "--app-id"),
    ((*SWARM, "--host", "pusher.com.invalid", "--publish", "1"), "--app-id"),
)


class Usage(unittest.TestCase):
    pusherctl = None

    def assert_wrong(self, done, names):
        self.assertEqual(1, done.returncode)
        self.assertEqual("", done.stdout)
        self.assertRegex(done.stderr, r"\Apusherctl.*--help\)\n\Z")
        self.assertNotIn("\n", done.stderr[:-1])
        self.assertIn(names, done.stderr)

    def test_wrong_usage(self):
        for arguments, names in WRONG:
            with self.subTest(arguments=arguments):
                self.assert_wrong(program.run(self.pusherctl, *arguments), names)

    def test_wrong_environment(self):
        done = program.run(self.pusherctl, *LISTEN, env={"PUSHER_PORT": "http"})
        self.assert_wrong(done, "PUSHER_PORT")

    def test_environment_stands_in_for_options(self):
        done = program.run(self.pusherctl, "listen", "--channel", "a room",
                           env={"PUSHER_KEY": "k", "PUSHER_CLUSTER": "eu"})
        self.assert_wrong(done, '"a room"')

    def test_empty_variable_is_unset(self):
        done = program.run(self.pusherctl, "listen", "--channel", "room", "--host", "127.0.0.1",
                           env={"PUSHER_KEY": ""})
        self.assert_wrong(done, "PUSHER_KEY")

    def test_given_cluster_makes_host_variables_moot(self):
        done = program.run(self.pusherctl, "listen", "--key", "k", "--cluster", "e/u", "--channel",
                           "room", env={"PUSHER_HOST": "127.0.0.1", "PUSHER_PORT": "none"})
        self.assert_wrong(done, "--cluster")

    def test_empty_ca_file(self):
        with tempfile.NamedTemporaryFile() as file:
            self.assert_wrong(program.run(self.pusherctl, *LISTEN, "--ca", file.name), file.name)

    def test_help(self):
        for command in ((), ("listen",), ("trigger",), ("sandbox",), ("swarm",)):
            with self.subTest(command=command):
                done = program.run(self.pusherctl, *command, "--help")
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertIn("Example", done.stdout)
                self.assertLessEqual(max(map(len, done.stdout.split("\n"))), 100)

    def test_a_standard_descriptor_that_is_closed(self):
        """Nothing else gets its number: what is written to it fails, and is told if it can be."""
        sandbox = program.Sandbox(self.pusherctl).__enter__()
        self.addCleanup(sandbox.__exit__, None, None, None)
        listen = ("listen", *sandbox.server, "--channel", "room", "--timeout", "1")
        swarm = ("swarm", *sandbox.server, "--channel-template", "room", "--clients", "1",
                 "--duration", "1")
        bad = "standard output: Bad file descriptor\n"
        for arguments, closed, status, told in (
                (listen, 0, 3, ""), (listen, 1, 1, bad), (listen, 2, 3, ""),
                (swarm, 1, 1, bad), ((*swarm, "--json"), 1, 1, bad), (swarm, 2, 0, ""),
                (("sandbox",), 1, 1, bad),
                (("trigger", *sandbox.app, "--channel", "c", "--event", "e", "--data", "-"), 0, 1,
                 "standard input: Bad file descriptor")):
            with self.subTest(command=arguments[0], closed=closed):
                done = program.run(self.pusherctl, *arguments,
                                   preexec_fn=lambda closed=closed: os.close(closed))
                self.assertEqual(status, done.returncode, done.stderr)
                self.assertIn(told, done.stderr)

    def test_version(self):
        done = program.run(self.pusherctl, "--version")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"\Apusherctl \d+\.\d+\.\d+\n\Z")


if __name__ == "__main__":
    Usage.pusherctl = sys.argv.pop(1)
    unittest.main()
