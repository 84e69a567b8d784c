"""pusherctl at work: listen, trigger and sandbox with each other, and listen against scripted
servers. Lines, filters, exit statuses.

    test_session.py PUSHERCTL EXAMPLES
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import peer
import program

ODD_DATA = "\u0000\b\t\n\f\r\"\\/\u007f\u0085é€😀"


def json_lines(text):
    """The values of lines that end in LF; text may hold other characters that end a line."""
    return [json.loads(line) for line in text.split("\n") if line]


class Session(unittest.TestCase):
    pusherctl = None
    examples = None

    def listen(self, server, *arguments):
        return program.Program(self.pusherctl, "listen", *server, *arguments)

    def trigger(self, app, channel, event, data, *arguments):
        return program.run(self.pusherctl, "trigger", *app, "--channel", channel, "--event", event,
                           "--data", data, *arguments)

    def assert_published(self, *arguments):
        done = self.trigger(*arguments)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))


class WithSandbox(Session):
    def setUp(self):
        self.sandbox = self.enterContext(program.Sandbox(self.pusherctl))

    def enterContext(self, context):  # unittest has it from Python 3.11 on
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def test_events_arrive_as_json(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--channel", "other",
                         "--channel", "room", "--json", "--count", "2") as listener:
            channels = {listener.json("subscribed")["channel"] for _ in range(2)}
            self.assertEqual({"room", "other"}, channels)
            for channel, data in (("room", '{"id":7}'), ("other", "plain é")):
                self.assert_published(self.sandbox.app, channel, "order", data)
                self.assertEqual({"type": "event", "channel": channel, "event": "order",
                                  "data": data}, json.loads(listener.line()))
            self.assertEqual((0, "", ""), listener.end())

    def test_states_are_shown_when_asked_for(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json", "--states",
                         "--count", "1") as listener:
            self.assertEqual({"type": "state", "previous": "initialized",
                              "current": "connecting"}, json.loads(listener.line()))
            connected = json.loads(listener.line())
            self.assertRegex(connected.pop("socket_id"), r"^\d+\.\d+$")
            self.assertEqual({"type": "state", "previous": "connecting", "current": "connected"},
                             connected)
            self.assertEqual({"type": "subscribed", "channel": "room"},
                             json.loads(listener.line()))
            self.assert_published(self.sandbox.app, "room", "order", "{}")
            self.assertEqual("event", json.loads(listener.line())["type"])
            self.assertEqual((0, "", ""), listener.end())

    def test_event_filters_what_is_shown_and_counted(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--event", "b", "--event", "c",
                         "--json", "--count", "2") as listener:
            listener.json("subscribed")
            for event in "abac":
                self.assert_published(self.sandbox.app, "room", event, event)
            status, out, err = listener.end()
            self.assertEqual((0, ""), (status, err))
            self.assertEqual(["b", "c"],
                             [line["data"] for line in json_lines(out)])

    def test_a_person_reads_a_line_an_event(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--count", "2") as listener:
            self.assertRegex(listener.line(), r"^\d\d:\d\d:\d\d  room  \(subscribed\)$")
            self.assert_published(self.sandbox.app, "room", "order", '{"id":7}')
            self.assertRegex(listener.line(), r'^\d\d:\d\d:\d\d  room  order  \{"id":7\}$')
            self.assert_published(self.sandbox.app, "room", "order", "two\nlines \033[31mé")
            self.assertRegex(listener.line(), r"  room  order  two\\nlines \\x1b\[31mé$")
            status, _, err = listener.end()
            self.assertEqual(0, status)
            self.assertRegex(err, r"\Alistening to room on 127\.0\.0\.1, port \d+, without TLS\n"
                                  r"connecting\nconnected as \d+\.\d+\n\Z")

    def first_line_on_a_terminal(self, **env):
        """The first line of a listener whose standard output is a terminal."""
        terminal, its_end = os.openpty()
        command = [self.pusherctl, "listen", *self.sandbox.server, "--channel", "room"]
        with subprocess.Popen(command, stdout=its_end, stderr=subprocess.DEVNULL,
                              env={**program.ENVIRONMENT, "TERM": "xterm", **env}) as listener:
            os.close(its_end)
            line = b""
            while not line.endswith(b"\n"):
                self.assertTrue(select.select([terminal], [], [], program.TIMEOUT_S)[0])
                line += os.read(terminal, 4096)
            listener.terminate()
            self.assertEqual(0, listener.wait(program.TIMEOUT_S))
        os.close(terminal)
        return line.decode()

    def test_colour_on_a_terminal_unless_unwanted(self):
        self.assertIn("\033[", self.first_line_on_a_terminal(NO_COLOR=""))
        self.assertNotIn("\033", self.first_line_on_a_terminal(NO_COLOR="1"))
        self.assertNotIn("\033", self.first_line_on_a_terminal(TERM="dumb"))

    def test_survives_a_restart_of_the_server(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json", "--states", "--count",
                         "2") as listener:
            listener.json("subscribed")
            self.assert_published(self.sandbox.app, "room", "order", "before")
            self.assertEqual("before", listener.json("event")["data"])
            self.assertEqual(0, self.sandbox.end(signal.SIGTERM)[0])
            self.assertTrue(listener.json("problem")["will_retry"])
            self.assertEqual("connecting", listener.json("state")["current"])
            with program.Sandbox(self.pusherctl, "--port", self.sandbox.port) as again:
                listener.json("subscribed")
                self.assert_published(again.app, "room", "order", "after")
                self.assertEqual("after", listener.json("event")["data"])
                self.assertEqual(0, listener.end()[0])

    def test_stops_on_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number), \
                    self.listen(self.sandbox.server, "--channel", "room", "--json") as listener:
                listener.json("subscribed")
                self.assertEqual((0, "", ""), listener.end(number))

    def test_ends_quietly_when_its_reader_has_gone(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json") as listener:
            listener.json("subscribed")
            listener.process.stdout.close()
            self.assert_published(self.sandbox.app, "room", "order", "x")
            self.assertEqual(0, listener.process.wait(program.TIMEOUT_S))
            self.assertEqual(b"", listener.process.stderr.read())

    def test_timeout(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json", "--timeout",
                         "1") as listener:
            self.assertEqual(3, listener.end()[0])

    def test_data_from_file_and_standard_input(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json", "--count",
                         "3") as listener:
            listener.json("subscribed")
            for arguments, options in (
                    (("--data", "-"), {"input": ODD_DATA}),
                    (("--data", "@/dev/stdin"), {"input": "from a file"}),
                    (("--data", ""), {})):
                done = program.run(self.pusherctl, "trigger", *self.sandbox.app, "--channel",
                                   "room", "--event", "e", *arguments, **options)
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertEqual(options.get("input", ""), listener.json("event")["data"])

    def test_the_server_refuses_to_publish(self):
        app = [*self.sandbox.server, "--app-id", "app-id", "--secret", "wrong"]
        done = self.trigger(app, "room", "order", "{}")
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, r"\Apusherctl trigger: 127\.0\.0\.1, port \d+, answered with "
                                      r"HTTP status 401: .+\n\Z")

    def test_data_too_long_for_the_server(self):
        done = self.trigger(self.sandbox.app, "room", "order", "x" * 20000)
        self.assertEqual(2, done.returncode)
        self.assertIn("413", done.stderr)

    def test_socket_id_does_not_get_its_event(self):
        with self.listen(self.sandbox.server, "--channel", "room", "--json", "--states", "--count",
                         "1") as listener:
            listener.json("state")
            socket_id = listener.json("state")["socket_id"]
            listener.json("subscribed")
            done = self.trigger(self.sandbox.app, "room", "a", "1", "--socket-id", socket_id)
            self.assertEqual(0, done.returncode)
            self.assert_published(self.sandbox.app, "room", "b", "2")
            self.assertEqual("b", listener.json("event")["event"])

    def test_an_unknown_key_is_refused_for_good(self):
        server = ("--host", "127.0.0.1", "--port", self.sandbox.port, "--no-tls", "--key", "other")
        done = program.run(self.pusherctl, "listen", *server, "--channel", "room", "--json")
        problem = json.loads(done.stdout)
        self.assertEqual(2, done.returncode)
        self.assertEqual(("problem", 4001, False),
                         (problem["type"], problem["code"], problem["will_retry"]))

    def test_examples(self):
        for name in ("own_loop", "background_thread"):
            with self.subTest(name=name), subprocess.Popen(
                    [f"{self.examples}/example_{name}", "app-key", "127.0.0.1", self.sandbox.port],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE) as example:
                example.stdin.write(b"room\n")
                example.stdin.flush()
                first = example.stdout.readline()
                self.assertIn(b"room pusher:subscription_succeeded", first)
                self.assert_published(self.sandbox.app, "room", "order", "7")
                self.assertEqual(b"room order 7\n", example.stdout.readline())
                example.stdin.close()
                self.assertEqual(0, example.wait(program.TIMEOUT_S))


    def test_polling_fallback(self):
        """Live, away, back: each order is shown once, in whatever way it came."""
        now = int(time.time() * 1000)
        with tempfile.NamedTemporaryFile("a", encoding="utf-8") as source:
            def order(number):
                line = f"{now + number} order {number}"
                source.write(line + "\n")
                source.flush()
                return line

            with program.Program(f"{self.examples}/example_polling_fallback", "app-key",
                                 "127.0.0.1", self.sandbox.port, source.name) as example:
                self.assertEqual(["connecting", "connected", "subscribed to orders"],
                                 [example.line() for _ in range(3)])
                first = order(1)
                self.assert_published(self.sandbox.app, "orders", "order", first)
                self.assertEqual(f"event: {first}", example.line())
                self.sandbox.__exit__()
                self.assertEqual("connecting", example.line())
                self.assertEqual("unavailable, polling", example.line())
                second = order(2)
                self.assertEqual(f"polled: {second}", example.line())
                with program.Sandbox(self.pusherctl, "--port", self.sandbox.port) as sandbox:
                    self.assertEqual("connected", example.line())
                    self.assertEqual("subscribed to orders", example.line())
                    third = order(3)
                    self.assert_published(sandbox.app, "orders", "order", third)
                    self.assertEqual(f"event: {third}", example.line())

    def test_what_is_missed_in_a_gap_is_fetched(self):
        """Published between two connections, too close to each other for polling."""
        with tempfile.NamedTemporaryFile("a", encoding="utf-8") as source:
            missed = []

            def script(server):
                server.say(peer.GREETING)
                server.hear()
                server.say(peer.CONFIRMATION)
                if not missed:
                    missed.append(f"{int(time.time() * 1000) + 1} order")
                    source.write(missed[0] + "\n")
                    source.flush()
                    server.close(4200)

            with peer.Peer(script, connections=2) as server, program.Program(
                    f"{self.examples}/example_polling_fallback", "app-key", "127.0.0.1",
                    server.port, source.name) as example:
                lines = [example.line() for _ in range(6)]
                self.assertEqual(["connecting", "connected", "subscribed to orders"], lines[:3])
                self.assertEqual(["connecting", "connected", "subscribed to orders"], lines[3:])
                self.assertEqual(f"missed: {missed[0]}", example.line())


class SandboxProcess(Session):
    def test_says_where_it_listens_and_stops_on_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number), program.Program(self.pusherctl, "sandbox") as sandbox:
                self.assertRegex(sandbox.line(), r"^listening on 127\.0\.0\.1:[1-9]\d*$")
                status, out, err = sandbox.end(number)
                self.assertEqual((0, ""), (status, out))
                self.assertIn("pusherctl listen --key app-key", err)
                self.assertIn("pusherctl trigger --app-id app-id", err)

    def test_keeps_a_secret_of_its_user(self):
        with program.Program(self.pusherctl, "sandbox", "--secret", "hush-hush") as sandbox:
            sandbox.line()
            self.assertNotIn("hush-hush", sandbox.end(signal.SIGTERM)[2])

    def test_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = program.run(self.pusherctl, "sandbox", "--port", str(taken.getsockname()[1]))
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, r"\Apusherctl sandbox: cannot listen on 127\.0\.0\.1 .+\n\Z")


class WithPeer(Session):
    def outcome(self, script, *arguments, **options):
        """(status, JSON lines, standard error) of a listener on a server with that script."""
        with peer.Peer(script, **options) as server:
            done = program.run(self.pusherctl, "listen", *server.server, "--json", "--channel",
                               "room", *arguments)
        return done.returncode, json_lines(done.stdout), done.stderr

    def test_refused_for_good(self):
        def script(server):
            server.close(4003, "app disabled")
        status, lines, err = self.outcome(script, "--states")
        self.assertEqual((2, ""), (status, err))
        self.assertEqual(["state", "problem", "state"], [line["type"] for line in lines])
        self.assertEqual((4003, None, None, False),
                         tuple(lines[1][name] for name in
                               ("code", "http_status", "channel", "will_retry")))
        self.assertEqual({"type": "state", "previous": "connecting", "current": "disconnected"},
                         lines[2])

    def test_every_subscription_refused(self):
        def script(server):
            server.say(peer.GREETING)
            for _ in range(2):
                channel = json.loads(server.hear())["data"]["channel"]
                server.say(json.dumps({"event": "pusher:subscription_error", "channel": channel,
                                       "data": {"type": "LimitReached", "error": "full",
                                                "status": 403}}))
        status, lines, err = self.outcome(script, "--channel", "other")
        self.assertEqual((4, ""), (status, err))
        problems = [line for line in lines if line["type"] == "problem"]
        self.assertEqual([("subscribe", "room"), ("subscribe", "other")],
                         [(line["error"], line["channel"]) for line in problems])

    def test_one_of_two_subscriptions_refused_goes_on(self):
        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.hear()
            server.say('{"event":"pusher:subscription_error","channel":"room","data":{}}')
            server.say('{"event":"pusher_internal:subscription_succeeded","channel":"other"}')
            server.say('{"event":"e","channel":"other","data":"1"}')
        status, lines, _ = self.outcome(script, "--channel", "other", "--event", "e", "--count", "1")
        self.assertEqual(0, status)
        self.assertEqual(["problem", "subscribed", "event"], [line["type"] for line in lines])

    def test_forms_of_data(self):
        texts = ('"data":"{\\"id\\":7}"', '"data":{"id": 7}', '"data":5', '"data":null', None,
                 f'"data":{json.dumps(ODD_DATA)}')
        def script(server):
            server.say(peer.GREETING)
            server.hear()
            for text in texts:
                server.say('{"event":"e","channel":"room"' + (f",{text}" if text else "") + "}")
        status, lines, err = self.outcome(script, "--count", str(len(texts)))
        self.assertEqual((0, ""), (status, err))
        self.assertEqual(['{"id":7}', '{"id": 7}', "5", "null", None, ODD_DATA],
                         [line["data"] for line in lines])

    def test_a_person_sees_where_events_may_be_missing(self):
        closed = []

        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.say('{"event":"pusher_internal:subscription_succeeded","channel":"room"}')
            if closed:
                server.say('{"event":"e","channel":"room","data":"1"}')
            else:
                closed.append(True)
                server.close(4200)

        with peer.Peer(script, connections=2) as server:
            done = program.run(self.pusherctl, "listen", *server.server, "--channel", "room",
                               "--count", "1")
        lines = done.stdout.splitlines()
        self.assertEqual((0, 4), (done.returncode, len(lines)), done)
        self.assertRegex(lines[2], r"^\d\d:\d\d:\d\d  room  \(gap of \d+\.\d{3} s: events since "
                                   r"\d\d:\d\d:\d\d may be missing\)$")
        self.assertRegex(lines[3], r"  room  e  1$")

    def test_user_id_and_lack_of_a_channel(self):
        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.say('{"event":"pusher:ping","data":"{}"}')
            server.say('{"event":"pusher:error","data":{"code":4301,"message":"slow down"}}')
            server.say('{"event":"e","channel":"elsewhere","data":"not for us"}')
            server.say('{"event":"news","data":"to all"}')
            server.say('{"event":"client-e","channel":"room","user_id":"7","data":"mine"}')
        status, lines, err = self.outcome(script, "--count", "2")
        self.assertEqual((0, ""), (status, err))
        problem = lines.pop(0)
        self.assertEqual(("problem", "server", 4301, None),
                         tuple(problem[name] for name in ("type", "error", "code", "channel")))
        self.assertEqual([
            {"type": "event", "channel": None, "event": "news", "data": "to all"},
            {"type": "event", "channel": "room", "event": "client-e", "data": "mine",
             "user_id": "7"}], lines)

    def test_not_a_websocket_server(self):
        def script(server):
            server.raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        status, lines, err = self.outcome(script, "--timeout", "2", upgrade=False)
        self.assertEqual((3, ""), (status, err))
        self.assertEqual(("problem", "upgrade", 404, True),
                         tuple(lines[0][name] for name in
                               ("type", "error", "http_status", "will_retry")))

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = str(unused.getsockname()[1])
            server = ("--host", "127.0.0.1", "--port", port, "--no-tls", "--key", "k")
            done = program.run(self.pusherctl, "listen", *server, "--channel", "room", "--json",
                               "--timeout", "1")
            self.assertEqual((3, ""), (done.returncode, done.stderr))
            self.assertEqual("connect", json_lines(done.stdout)[0]["error"])
            app = (*server, "--app-id", "1", "--secret", "s")
            done = self.trigger(app, "room", "e", "d")
            self.assertEqual((3, ""), (done.returncode, done.stdout))
            self.assertRegex(done.stderr,
                             r"\Apusherctl trigger: no answer from 127\.0\.0\.1, port \d+: .+\n\Z")

    def test_a_name_without_address(self):
        server = ("--host", "no-such-host.invalid", "--no-tls", "--key", "k")
        with self.listen(server, "--channel", "room", "--json") as listener:
            problem = listener.json("problem")
            self.assertEqual(("resolve", True), (problem["error"], problem["will_retry"]))
            self.assertEqual(0, listener.end(signal.SIGTERM)[0])

    def test_full_disk_is_told(self):
        if not os.path.exists("/dev/full"):
            self.fail("no /dev/full")
        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.say('{"event":"e","channel":"room","data":"1"}')
        with peer.Peer(script) as server, open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([self.pusherctl, "listen", *server.server, "--json", "--channel",
                                   "room"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=program.TIMEOUT_S, check=False)
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, r"\Apusherctl listen: cannot write to standard output: .+\n\Z")


if __name__ == "__main__":
    Session.pusherctl, Session.examples = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
