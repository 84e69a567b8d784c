"""pusherctl swarm loads soketi: by its own events and by those of the server library, with
channels that an endpoint authorizes."""

import json
import signal
import time

from peers.auth_server import AuthServer
from peers.case import Case, main
from peers.certificates import Certificates
from peers.node import Publisher
from peers.process import WAIT_S, Process
from peers.pusherctl import PROGRAM, SANITIZER_MARKS, program_environment
from peers.soketi import Soketi

CLIENTS = 50


class Swarm(Process):
    def __init__(self, where, *options):
        super().__init__("swarm", [PROGRAM, "swarm", "--json", *where, "--clients", str(CLIENTS),
                                   "--ramp", "500", *options], env=program_environment())

    def next(self):
        line = self.next_line()
        assert line is not None, f"swarm has ended\n{self.error_text()}"
        return json.loads(line)

    def await_progress(self, condition):
        deadline = time.monotonic() + WAIT_S
        while not condition(line := self.next()):
            assert time.monotonic() < deadline, line
        return line

    def report(self):
        while (line := self.next())["type"] != "report":
            pass
        assert self.wait() == 0, self.error_text()
        assert not any(mark in self.error_text() for mark in SANITIZER_MARKS), self.error_text()
        return line


class OnSoketi(Case):
    soketi = None

    def start(self, *certificate):
        self.soketi = self.keep(Soketi(*certificate))

    def swarm(self, *options):
        return self.keep(Swarm(self.soketi.where, *options))

    def publishing(self, rate, *options):
        app = self.soketi.app
        return self.swarm("--publish", str(rate), "--app-id", app["appId"], "--secret",
                          app["secret"], *options)

    def test_all_kinds_of_channels(self):
        self.start()
        auth = self.keep(AuthServer(app=self.soketi.app))
        report = self.publishing(30, "--duration", "2", "--auth-endpoint", auth.url,
                                 "--channel-template", "room-%d", "--channels", "5",
                                 "--channel-template", "private-%d").report()
        self.assertEqual((CLIENTS, CLIENTS, 2 * CLIENTS, []), (
            report["connected"], report["subscribed"], report["subscribe_ms"]["count"],
            report["failures"]))
        self.assertEqual(CLIENTS, len(auth.requests))
        events = report["events"]
        self.assertGreater(events["received"], 0)
        self.assertEqual((events["arrived"], 0, 0, 0), (
            events["received"], events["lost"], events["missed"], events["duplicates"]))
        self.assertEqual(events["received"], report["latency_ms"]["count"])

    def test_presence_signed_on_the_spot(self):
        self.start()
        report = self.publishing(10, "--duration", "1", "--channel-template",
                                 "presence-hall").report()
        self.assertEqual((CLIENTS, []), (report["subscribed"], report["failures"]))
        self.assertEqual(report["published"]["accepted"] * CLIENTS, report["events"]["received"])

    def test_publishing_is_refused(self):
        """soketi says so with HTTP status 200: these events are not lost, they never were."""
        self.start()
        report = self.swarm("--publish", "20", "--app-id", "app-id", "--secret", "wrong",
                            "--duration", "1", "--channel-template", "room").report()
        published = report["published"]
        self.assertGreater(published["sent"], 0)
        self.assertEqual((0, published["sent"]), (published["accepted"], published["refused"]))
        self.assertEqual([("publish", 401, published["sent"])], [
            (item["error"], item["http_status"], item["count"]) for item in report["failures"]])
        self.assertEqual(0, report["events"]["lost"])

    def test_killed_and_started_again(self):
        self.start()
        swarm = self.publishing(10, "--duration", "600", "--reconnect-spread", "1",
                                "--channel-template", "room")
        swarm.await_progress(lambda line: line["events"] > 0)
        self.soketi.kill()
        swarm.await_progress(lambda line: line["connected"] == 0)
        self.soketi.start()
        before = swarm.await_progress(lambda line: line["subscribed"] == CLIENTS)
        swarm.await_progress(lambda line: line["events"] > before["events"])
        swarm.signal(signal.SIGINT)
        report = swarm.report()
        self.assertEqual(("signal", CLIENTS, CLIENTS), (
            report["ended"], report["lost_connections"], report["reconnects"]))
        events, published = report["events"], report["published"]
        told = events["received"] + events["lost"] + events["missed"]
        self.assertLessEqual(published["accepted"] * CLIENTS, told)
        self.assertLessEqual(told, published["sent"] * CLIENTS)

    def test_the_server_library_publishes(self):
        self.start()
        publisher = self.keep(Publisher())
        swarm = self.swarm("--duration", "600", "--channel-template", "room")
        swarm.await_progress(lambda line: line["subscribed"] == CLIENTS)
        for number in range(1, 21):
            publisher.publish(self.soketi.app, "room", "order",
                              {"seq": number, "time": time.time() * 1000})
        swarm.await_progress(lambda line: line["events"] == 20 * CLIENTS)
        swarm.signal(signal.SIGTERM)
        report = swarm.report()
        self.assertEqual({"arrived": 20 * CLIENTS, "received": 20 * CLIENTS, "duplicates": 0,
                          "late": 0, "lost": 0, "missed": 0}, report["events"])
        self.assertEqual(20 * CLIENTS, report["latency_ms"]["count"])

    def test_over_tls(self):
        certificates = Certificates()
        self.addCleanup(certificates.close)
        self.start(certificates.local, certificates.ca)
        report = self.publishing(10, "--duration", "1", "--channel-template", "room").report()
        self.assertEqual((CLIENTS, []), (report["subscribed"], report["failures"]))
        self.assertEqual(report["published"]["accepted"] * CLIENTS, report["events"]["received"])


if __name__ == "__main__":
    main(workers=3)
