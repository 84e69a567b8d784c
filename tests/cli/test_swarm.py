"""pusherctl swarm against the sandbox, and against scripted servers that lose events.

    test_swarm.py PUSHERCTL
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
import unittest

import peer
import program

CLIENTS = 200
PUBLISH = ("--app-id", "app-id", "--secret", "app-secret", "--publish")

# Members of the report, and of which type their values are.
NUMBER = (int, float)
DURATION = {name: NUMBER for name in ("count", "min", "mean", "p50", "p90", "p95", "p99", "p999",
                                      "max")}
REPORT = {
    "type": str, "ended": str, "elapsed_ms": NUMBER, "clients": int, "started": int,
    "connected": int, "subscribed": int, "connections": int, "lost_connections": int,
    "reconnects": int, "pages": int, "connect_ms": DURATION, "reconnect_ms": DURATION,
    "subscribe_ms": DURATION, "latency_ms": DURATION, "publish_ms": DURATION,
    "published": {name: int for name in ("asked", "sent", "accepted", "refused")},
    "events": {name: int for name in ("arrived", "received", "duplicates", "late", "lost",
                                      "missed")},
    "failures": list, "other_failures": int,
}
FAILURE = {"error": str, "code": (int, type(None)), "http_status": (int, type(None)), "count": int,
           "message": str}
PROGRESS = {"type": str, "phase": str, "elapsed_ms": NUMBER, "started": int, "connected": int,
            "subscribed": int, "events": int, "reconnects": int, "failures": int}
MAY_BE_NULL = {"connect_ms", "reconnect_ms", "subscribe_ms", "latency_ms", "publish_ms",
               "published"}


def drop_the_right_to_raise_limits():
    """In a child: not even root may raise the hard limit of descriptors (CAP_SYS_RESOURCE)."""
    ctypes.CDLL(None).prctl(24, 24, 0, 0, 0)


class Swarm(unittest.TestCase):
    pusherctl = None

    def start_sandbox(self, *arguments, **options):
        sandbox = program.Sandbox(self.pusherctl, *arguments, **options).__enter__()
        self.addCleanup(sandbox.__exit__, None, None, None)
        return sandbox

    def run_swarm(self, server, *arguments, **options):
        return program.run(self.pusherctl, "swarm", *server, *arguments, **options)

    def start_swarm(self, server, *arguments, **options):
        swarm = program.Program(self.pusherctl, "swarm", *server, *arguments, **options).__enter__()
        self.addCleanup(swarm.__exit__, None, None, None)
        return swarm

    def check_members(self, value, members):
        self.assertEqual(set(members), set(value))
        for name, kind in members.items():
            if value[name] is None and name in MAY_BE_NULL:
                continue
            if isinstance(kind, dict):
                self.check_members(value[name], kind)
            else:
                self.assertIsInstance(value[name], kind, name)

    def report_in(self, out):
        """The last of the JSON lines, all of which are checked."""
        *progress, report = [json.loads(line) for line in out.splitlines()]
        for line in progress:
            self.check_members(line, PROGRESS)
            self.assertEqual("progress", line["type"])
            self.assertIn(line["phase"], ("ramp", "hold", "drain"))
        self.check_members(report, REPORT)
        self.assertEqual("report", report["type"])
        for failure in report["failures"]:
            self.check_members(failure, FAILURE)
        for duration in (report[name] for name in REPORT if name.endswith("_ms")):
            if isinstance(duration, dict):
                steps = [duration[name] for name in ("min", "p50", "p90", "p95", "p99", "p999",
                                                     "max")]
                self.assertEqual(sorted(steps), steps)
        return report

    def report_of(self, server, *arguments, status=0, **options):
        done = self.run_swarm(server, *arguments, "--json", **options)
        self.assertEqual((status, ""), (done.returncode, done.stderr))
        return self.report_in(done.stdout)

    def await_progress(self, swarm, condition):
        """The first line of progress that the condition holds for."""
        deadline = time.monotonic() + program.TIMEOUT_S
        while not condition(line := swarm.json("progress")):
            self.assertLess(time.monotonic(), deadline, line)
        return line

    # With the sandbox

    def test_two_hundred_clients(self):
        report = self.report_of(self.start_sandbox().server, *PUBLISH, "50",
                                "--clients", str(CLIENTS), "--ramp", "1000", "--duration", "2",
                                "--channel-template", "room-%d", "--channels", "10")
        self.assertEqual(("duration", CLIENTS, CLIENTS, CLIENTS), tuple(
            report[name] for name in ("ended", "started", "connected", "subscribed")))
        self.assertEqual((CLIENTS, 0, 0, 0, [], 0), tuple(
            report[name] for name in ("connections", "lost_connections", "reconnects", "pages",
                                      "failures", "other_failures")))
        self.assertEqual(CLIENTS, report["connect_ms"]["count"])
        self.assertEqual(CLIENTS, report["subscribe_ms"]["count"])
        self.assertIsNone(report["reconnect_ms"])
        sent = 50 * 2
        self.assertEqual({"asked": sent, "sent": sent, "accepted": sent, "refused": 0},
                         report["published"])
        received = sent * CLIENTS // 10  # so many are in each room
        self.assertEqual({"arrived": received, "received": received, "duplicates": 0, "late": 0,
                          "lost": 0, "missed": 0}, report["events"])
        self.assertEqual(received, report["latency_ms"]["count"])
        self.assertEqual(sent, report["publish_ms"]["count"])

    def test_private_and_presence_channels(self):
        report = self.report_of(self.start_sandbox().server, *PUBLISH, "50", "--clients", "50",
                                "--ramp", "1000", "--duration", "1", "--publish-bytes", "4000",
                                "--channel-template", "private-%d",
                                "--channel-template", "presence-hall")
        self.assertEqual((50, 100, []), (report["subscribed"], report["subscribe_ms"]["count"],
                                         report["failures"]))
        self.assertEqual(0, report["events"]["lost"] + report["events"]["duplicates"])
        self.assertEqual(report["events"]["arrived"], report["events"]["received"])

    def test_server_killed_and_restarted(self):
        """All come back, and of what was published meanwhile nothing is lost silently."""
        sandbox = self.start_sandbox()
        swarm = self.start_swarm(sandbox.server, *PUBLISH, "20", "--json", "--clients",
                                 str(CLIENTS), "--ramp", "1000", "--duration", "600",
                                 "--reconnect-spread", "1", "--channel-template", "room")
        self.await_progress(swarm, lambda line: line["phase"] == "hold" and line["events"])
        sandbox.process.kill()
        sandbox.process.wait()
        self.await_progress(swarm, lambda line: line["connected"] == 0)
        self.start_sandbox("--port", sandbox.port)
        before = self.await_progress(swarm, lambda line: line["subscribed"] == CLIENTS)
        self.await_progress(swarm, lambda line: line["events"] > before["events"])
        status, out, err = swarm.end(signal.SIGINT)
        self.assertEqual((0, ""), (status, err))
        report = self.report_in(out)
        self.assertEqual("signal", report["ended"])
        self.assertEqual((CLIENTS, CLIENTS, 2 * CLIENTS), tuple(
            report[name] for name in ("lost_connections", "reconnects", "connections")))
        self.assertEqual(CLIENTS, report["reconnect_ms"]["count"])
        self.assertEqual(CLIENTS, sum(item["count"] for item in report["failures"]
                                      if item["error"] == "closed"))
        events, published = report["events"], report["published"]
        told = events["received"] + events["lost"] + events["missed"]
        self.assertLessEqual(published["accepted"] * CLIENTS, told)
        self.assertLessEqual(told, published["sent"] * CLIENTS)
        self.assertEqual(0, events["duplicates"] + events["late"])

    def test_pages_are_left(self):
        report = self.report_of(self.start_sandbox().server, *PUBLISH, "50", "--clients", "20",
                                "--ramp", "1000", "--duration", "3", "--think", "1-2",
                                "--channel-template", "room")
        self.assertGreaterEqual(report["pages"], 20)
        self.assertEqual(0, report["reconnects"] + report["lost_connections"])
        self.assertEqual(0, report["events"]["lost"] + report["events"]["missed"])
        self.assertEqual([], report["failures"])

    def test_pages_are_left_while_others_still_come(self):
        """Else all who are due would leave at once when the last has come."""
        swarm = self.start_swarm(self.start_sandbox().server, "--json", "--clients", "600",
                                 "--ramp", "1", "--think", "1", "--channel-template", "room")
        line = self.await_progress(swarm, lambda line: line["elapsed_ms"] > 4000)
        self.assertEqual("ramp", line["phase"])
        status, out, _ = swarm.end(signal.SIGINT)
        self.assertEqual(0, status)
        self.assertGreater(self.report_in(out)["pages"], 0)

    def test_the_shortest_run_publishes(self):
        report = self.report_of(self.start_sandbox().server, *PUBLISH, "1", "--clients", "1",
                                "--duration", "1", "--channel-template", "room")
        self.assertEqual((1, 1), (report["published"]["accepted"], report["events"]["received"]))

    def start_delayed(self):
        """A swarm that gets, behind a relay, what was published seconds ago."""
        sandbox = self.start_sandbox()
        relay = peer.Relay(sandbox.port)
        self.addCleanup(relay.close)
        swarm = self.start_swarm((*sandbox.server, "--port", relay.port), *PUBLISH, "20",
                                 "--json", "--clients", "2", "--duration", "600",
                                 "--channel-template", "room")
        self.await_progress(swarm, lambda line: line["events"] > 0)
        relay.delay_s = 3
        before = -1
        while (line := swarm.json("progress"))["events"] > before:
            before = line["events"]
        self.await_progress(swarm, lambda line: line["events"] > before)
        return swarm

    def test_what_comes_late_is_awaited(self):
        status, out, err = self.start_delayed().end(signal.SIGINT)
        report = self.report_in(out)
        self.assertEqual((0, "", "signal"), (status, err, report["ended"]))
        self.assertEqual((0, 2 * report["published"]["sent"]),
                         (report["events"]["lost"], report["events"]["received"]))
        self.assertGreaterEqual(report["latency_ms"]["max"], 3000)

    def test_a_second_signal_ends_at_once(self):
        swarm = self.start_delayed()
        swarm.process.send_signal(signal.SIGINT)
        self.await_progress(swarm, lambda line: line["phase"] == "drain")
        status, out, err = swarm.end(signal.SIGINT)
        report = self.report_in(out)
        self.assertEqual((0, "", "signal"), (status, err, report["ended"]))
        # What is on its way is not judged.
        self.assertEqual(0, report["events"]["missed"])
        self.assertLess(report["events"]["received"] + report["events"]["lost"],
                        2 * report["published"]["sent"])

    def test_another_program_publishes(self):
        sandbox = self.start_sandbox()
        swarm = self.start_swarm(sandbox.server, "--json", "--clients", "10", "--ramp", "1000",
                                 "--duration", "600", "--channel-template", "room",
                                 "--seq-member", "n", "--time-member", "at")
        self.await_progress(swarm, lambda line: line["subscribed"] == 10)
        for number in (5, 6, 6, 9):
            data = json.dumps({"n": number, "at": time.time() * 1000})
            done = program.run(self.pusherctl, "trigger", *sandbox.app, "--channel", "room",
                               "--event", "e", "--data", data)
            self.assertEqual(0, done.returncode, done.stderr)
        for data in ("no json", "[1]", '{"n":"x"}', '{"n":-1,"at":1}'):
            program.run(self.pusherctl, "trigger", *sandbox.app, "--channel", "room", "--event",
                        "e", "--data", data)
        self.await_progress(swarm, lambda line: line["events"] == 80)
        status, out, _ = swarm.end(signal.SIGTERM)
        report = self.report_in(out)
        self.assertEqual((0, "signal", None), (status, report["ended"], report["published"]))
        self.assertEqual({"arrived": 80, "received": 30, "duplicates": 10, "late": 0, "lost": 20,
                          "missed": 0}, report["events"])
        self.assertEqual(30, report["latency_ms"]["count"])

    # For people

    def test_a_person_reads_a_report(self):
        done = self.run_swarm(self.start_sandbox().server, *PUBLISH, "20", "--clients", "10",
                              "--duration", "1", "--channel-template", "room")
        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stderr, r"\A10 clients to 127\.0\.0\.1, port \d+, 100 a second, "
                                      r"then 1 s\n\Z")
        for pattern in (r"\A10 of 10 clients in \d+\.\d s, ended by duration; ",
                        r"\nms +count +min +mean +p50 .* max\n", r"\nconnect +10 ",
                        r"\nsubscribe +10 ", r"\nlatency +\d+ ", r"\npublish +\d+ ",
                        r"\n10 connections, 0 lost, 0 reconnects, 0 pages left\n",
                        r"\n20 events sent of 20 at that rate: 20 accepted, 0 refused, 0 unanswered\n",
                        r"\n0 lost, 0 missed while", r"\nno failures\n\Z"):
            self.assertRegex(done.stdout, pattern)

    def test_live_line_on_a_terminal(self):
        terminal, its_end = os.openpty()
        swarm = self.start_swarm(self.start_sandbox().server, "--clients", "10", "--ramp", "1000",
                                 "--duration", "600", "--channel-template", "room",
                                 env={"TERM": "xterm"}, stderr=its_end)
        os.close(its_end)
        shown = b""
        while b"10 connected, 10 subscribed" not in shown:
            self.assertTrue(select.select([terminal], [], [], program.TIMEOUT_S)[0], shown)
            shown += os.read(terminal, 4096)
        for line in shown.split(b"\r")[2:-1]:
            self.assertLess(len(line.removesuffix(b"\033[K")), 80)
        swarm.process.send_signal(signal.SIGINT)
        self.assertIn("ended by signal", swarm.line())
        swarm.process.stdout.read()
        self.assertEqual(0, swarm.process.wait(program.TIMEOUT_S))
        os.close(terminal)

    def test_log_lines_on_a_terminal_have_lines_of_their_own(self):
        terminal, its_end = os.openpty()
        swarm = self.start_swarm(self.start_sandbox().server, "--key", "another", "--clients", "2",
                                 "--ramp", "1", "--log", "info", "--channel-template", "room",
                                 env={"TERM": "xterm"}, stderr=its_end)
        os.close(its_end)
        swarm.process.stdout.read()
        self.assertEqual(2, swarm.process.wait(program.TIMEOUT_S))
        lines = os.read(terminal, 65536).decode().splitlines()
        os.close(terminal)
        self.assertTrue(any(line.startswith("ramp ") for line in lines), lines)
        self.assertTrue(any(line.startswith("[info] ") for line in lines), lines)
        for line in lines:
            self.assertNotRegex(line, r".\[(info|warn|error)\]|\033|\r")

    # How it ends

    def test_refused_for_good(self):
        sandbox = self.start_sandbox()
        report = self.report_of((*sandbox.server, "--key", "another"), "--clients", "5", "--ramp",
                                "1000", "--channel-template", "room", status=2)
        self.assertEqual(("refusal", 0), (report["ended"], report["connected"]))
        self.assertEqual([("server", 4001, 5)], [(item["error"], item["code"], item["count"])
                                                 for item in report["failures"]])

    def test_every_subscription_refused(self):
        def script(server):
            server.say(peer.GREETING)
            channel = json.loads(server.hear())["data"]["channel"]
            server.say(json.dumps({"event": "pusher:subscription_error", "channel": channel,
                                   "data": {"type": "LimitReached", "error": "full",
                                            "status": 403}}))
        with peer.Peer(script) as server:
            report = self.report_of(server.server, "--clients", "1", "--channel-template", "room-%d",
                                    status=4)
        self.assertEqual([("subscribe", 1)], [(item["error"], item["count"])
                                              for item in report["failures"]])

    def test_a_server_that_never_answers(self):
        """No attempt has failed before its time is over."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            done = self.run_swarm(("--host", "127.0.0.1", "--port", str(silent.getsockname()[1]),
                                   "--no-tls", "--key", "k"), "--clients", "3", "--duration", "1",
                                  "--channel-template", "room")
        self.assertEqual(3, done.returncode)
        self.assertRegex(done.stdout, r"\nno failures so far: 3 clients still wait for a "
                                      r"connection, .* 15 s .*--connect-timeout.*\n\Z")

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            server = ("--host", "127.0.0.1", "--port", str(unused.getsockname()[1]), "--no-tls",
                      "--key", "app-key")
            report = self.report_of(server, *PUBLISH, "5", "--clients", "3", "--ramp", "1000",
                                    "--duration", "1", "--channel-template", "room", status=3)
        self.assertEqual((0, None, None), tuple(
            report[name] for name in ("connections", "connect_ms", "latency_ms")))
        self.assertEqual({"connect", "publish"}, {item["error"] for item in report["failures"]})
        self.assertEqual(report["published"]["sent"], report["published"]["refused"])

    def test_events_that_come_twice_or_never(self):
        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.say('{"event":"pusher_internal:subscription_succeeded","channel":"room",'
                       '"data":"{}"}')
            for number in (1, 2, 2, 4, 3, 7, 8):
                server.say(json.dumps({"event": "e", "channel": "room",
                                       "data": json.dumps({"seq": number})}))
        with peer.Peer(script) as server:
            report = self.report_of(server.server, "--clients", "1", "--duration", "1",
                                    "--channel-template", "room")
        self.assertEqual({"arrived": 7, "received": 6, "duplicates": 1, "late": 0, "lost": 2,
                          "missed": 0}, report["events"])
        self.assertIsNone(report["latency_ms"])

    def test_a_reconnect_hides_no_loss(self):
        """3 is lost, though the connection is too, later; 4 comes again; 6 to 8 are missed."""
        numbers = iter(((1, 2, 4, 5), (4, 9, 10)))

        def script(server):
            server.say(peer.GREETING)
            server.hear()
            server.say('{"event":"pusher_internal:subscription_succeeded","channel":"room",'
                       '"data":"{}"}')
            for number in next(numbers):
                server.say(json.dumps({"event": "e", "channel": "room",
                                       "data": json.dumps({"seq": number})}))
            if server.connections_made == 1:
                server.close(4200)
        with peer.Peer(script, connections=2) as server:
            swarm = self.start_swarm(server.server, "--json", "--clients", "1", "--duration",
                                     "600", "--channel-template", "room")
            self.await_progress(swarm, lambda line: line["events"] == 7)
            status, out, err = swarm.end(signal.SIGINT)
        self.assertEqual((0, ""), (status, err))
        self.assertEqual({"arrived": 7, "received": 6, "duplicates": 1, "late": 0, "lost": 1,
                          "missed": 3}, self.report_in(out)["events"])

    def test_standard_output_that_is_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [self.pusherctl, "swarm", *self.start_sandbox().server, "--clients", "1", "--json",
             "--channel-template", "room"], stdout=writer, stderr=subprocess.PIPE,
            timeout=program.TIMEOUT_S, check=False)
        os.close(writer)
        self.assertEqual((0, b""), (done.returncode, done.stderr))

    # Descriptors

    def with_limits(self, soft, hard):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            drop_the_right_to_raise_limits()
        return limit

    def test_the_limit_of_descriptors_is_raised(self):
        report = self.report_of(self.start_sandbox().server, "--clients", "200", "--ramp", "1000",
                                "--duration", "1", "--channel-template", "room",
                                preexec_fn=self.with_limits(128, 400))
        self.assertEqual((200, []), (report["subscribed"], report["failures"]))

    def test_the_sandbox_raises_its_own(self):
        sandbox = self.start_sandbox(preexec_fn=self.with_limits(128, 400))
        report = self.report_of(sandbox.server, "--clients", "200", "--ramp", "1000",
                                "--duration", "1", "--channel-template", "room")
        self.assertEqual((200, []), (report["subscribed"], report["failures"]))

    def test_a_sandbox_with_too_few_says_so(self):
        sandbox = self.start_sandbox(preexec_fn=self.with_limits(64, 64))
        report = self.report_of(sandbox.server, "--clients", "100", "--ramp", "1000",
                                "--duration", "1", "--channel-template", "room")
        self.assertLess(report["connected"], 64)
        _, _, err = sandbox.end(signal.SIGTERM)
        self.assertRegex(err, r"\n\[error\] the sandbox has \d+ connections and "
                              r"turns others away: no descriptor is left \(ulimit -n\)\n\Z")

    def test_too_few_descriptors(self):
        for arguments, enough in (((), 136), (("--auth-endpoint", "http://127.0.0.1/"), 68)):
            done = self.run_swarm(("--key", "k", "--host", "127.0.0.1"), "--clients", "201",
                                  "--channel-template", "room", *arguments,
                                  preexec_fn=self.with_limits(128, 200))
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertRegex(done.stderr, r"\Apusherctl swarm: 201 clients take \d+ descriptors, "
                                          rf"and this process may have 200: enough for {enough} "
                                          r"clients\. .*\n\Z")


if __name__ == "__main__":
    Swarm.pusherctl = sys.argv.pop(1)
    unittest.main()
