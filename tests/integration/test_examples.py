"""The examples that need an authorization, a thread or a crowd, with the sandbox and an endpoint."""

import os
import re
import signal
import struct
import tempfile
import time

from peers.auth_server import AuthServer
from peers.case import Case, main
from peers.desktop import HEIGHT, WIDTH, Desktop
from peers.node import Publisher, Subscriber
from peers.process import WAIT_S, Process, environment
from peers.pusherctl import Sandbox

BOB = {"user_id": "bob", "user_info": {}}


class Example(Process):
    def __init__(self, name, *args, env=None):
        super().__init__(name, [os.path.join(os.environ["EXAMPLES"], f"example_{name}"), *args],
                         env=env or environment())


class Examples(Case):
    def setUp(self):
        super().setUp()
        self.sandbox = self.keep(Sandbox())
        self.auth = self.keep(AuthServer(app=self.sandbox.app))
        self.publisher = self.keep(Publisher())

    def run_example(self, name, *args):
        return self.keep(Example(name, self.sandbox.key, "127.0.0.1", self.sandbox.port,
                                 self.auth.url, *args))

    def publish(self, channel, event, data):
        self.publisher.publish(self.sandbox.app, channel, event, data)

    def await_subscriber(self, channel):
        """Another client of the same channel, subscribed: what it sees, we are sent."""
        others = self.keep(Subscriber())
        others.connect("bob", self.sandbox.app, user=BOB)
        others.subscribe("bob", channel)
        return others

    def await_requests(self, count):
        deadline = time.monotonic() + WAIT_S
        while len(self.auth.requests) < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def await_line(self, example, pattern):
        while not re.search(pattern, line := example.next_line()):
            self.assertIsNotNone(line)

    def test_presence_room(self):
        room = self.run_example("presence_room", "presence-room")
        self.assertEqual("here: alice", room.next_line())
        others = self.await_subscriber("presence-room")
        self.assertEqual("here: alice bob", room.next_line())
        others.trigger("bob", "presence-room", "client-typing", {})
        self.assertEqual("bob is typing", room.next_line())
        room.write("x")
        self.assertEqual("alice", others.wait_for("bob", "client-typing from",
                                                  "presence-room")["data"])
        others.close()
        self.assertEqual("here: alice", room.next_line())

    def test_command_device(self):
        device = self.run_example("command_device", "7")
        self.assertEqual("ready", device.next_line())
        others = self.await_subscriber("private-device-7")
        self.publish("private-device-7", "command", "on")
        self.assertEqual("lamp on", device.next_line())
        self.assertEqual({"lamp": 1}, others.wait_for("bob", "client-state",
                                                      "private-device-7")["data"])
        self.publish("private-device-7", "command", "dance")
        self.assertEqual("unknown command", device.next_line())

    def test_notifications(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as token:
            token.write("t1\n")
            token.flush()
            self.auth.answers = [503]
            example = self.run_example("notifications", "alice", token.name)
            self.await_requests(2)
            self.await_subscriber("private-user-alice")
            for number in range(50):
                self.publish("private-user-alice", "notification", {"title": f"Ä {number}"})
                if not example.lines.empty():
                    break
            self.assertRegex(example.next_line(), r"^Ä \d+$")
            headers = {name.lower(): value for name, value in self.auth.requests[0][0].items()}
            self.assertEqual("Bearer t1", headers["authorization"])

    def check_names_typed(self, name):
        example = self.keep(Example(name, self.sandbox.key, "127.0.0.1", self.sandbox.port))
        for channel in ("room", "hall"):
            example.write(channel)  # while the first one is served already
            self.await_line(example, rf"^{channel} pusher:subscription_succeeded")
            self.publish(channel, "order", "7")
            self.await_line(example, rf"^{channel} order 7$")
        example.popen.stdin.close()
        self.assertEqual(0, example.wait())
        self.assertEqual("", example.error_text())

    def test_background_thread(self):
        self.check_names_typed("background_thread")

    def test_own_loop(self):
        self.check_names_typed("own_loop")

    def test_glib_loop(self):
        self.check_names_typed("glib_loop")

    def test_uv_loop(self):
        self.check_names_typed("uv_loop")

    def test_desktop_notify(self):
        desktop = Desktop(self)
        self.assertEqual(1, len(desktop.picture().colours()))  # nothing on it yet
        example = self.keep(Example("desktop_notify", self.sandbox.key, "127.0.0.1",
                                    self.sandbox.port, "room", env=desktop.environment))
        self.assertEqual("listening to room", example.next_line())
        self.publish("room", "notification", {"title": "Order 7", "body": "is <b>ready</b>"})
        self.assertEqual("shown: Order 7", example.next_line())
        self.publish("room", "notification", {"title": "Order 8", "body": None})
        self.assertEqual("shown: Order 8", example.next_line())
        picture = desktop.await_note()
        path = os.path.join(os.environ["PICTURES"], "desktop_notify.png")
        picture.save(path)
        self.check_png(path)
        self.assertGreater(len(picture.colours()), 2)
        example.signal(signal.SIGTERM)
        self.assertEqual(0, example.wait())
        self.assertEqual("", example.error_text())

    def check_png(self, path):
        with open(path, "rb") as file:
            head = file.read(24)
        self.assertEqual(b"\x89PNG\r\n\x1a\n", head[:8])
        self.assertEqual((WIDTH, HEIGHT), struct.unpack(">II", head[16:]))

    def test_thousand_browsers(self):
        browsers = self.keep(Example("thousand_browsers", self.sandbox.key, "127.0.0.1",
                                     self.sandbox.port))
        self.assertEqual("1000 browsers are in the room", browsers.next_line())
        for event in ("order", "bye"):
            self.publish("room", event, "7")
            self.assertEqual(f"{event} has reached 1000 browsers", browsers.next_line())
        self.assertEqual(0, browsers.wait())
        self.assertEqual("", browsers.error_text())


if __name__ == "__main__":
    main(workers=3)
