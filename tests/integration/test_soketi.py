"""pusherctl listens to soketi, and the server library `pusher` publishes to it.

Run as `test_soketi.py Plain` over ws, as `test_soketi.py Tls` over wss.
"""

import json
import signal

from peers.case import Case, main
from peers.certificates import Certificates
from peers.node import Publisher
from peers.pusherctl import Listen
from peers.soketi import Soketi


class Sessions:
    """The tests, whichever way the connection is made."""

    @classmethod
    def start(cls, certificate=None, ca=None):
        cls.certificate, cls.ca = certificate, ca
        cls.soketi = cls.share(Soketi(certificate, ca))
        cls.publisher = cls.share(Publisher(ca))

    def listen(self, *options, soketi=None, **more):
        return self.keep(Listen((soketi or self.soketi).where, *options, **more))

    def subscribed(self, *options, **more):
        """A listener that is subscribed to its first channel."""
        listen = self.listen(*options, **more)
        listen.expect("subscribed", channel=more.get("channels", ["room"])[0])
        return listen

    def publish(self, event, data, channels="room", soketi=None):
        self.publisher.publish((soketi or self.soketi).app, channels, event, data)

    # What arrives

    def test_three_events(self):
        listen = self.listen("--states", "--count", "3")
        listen.expect("state", previous="initialized", current="connecting")
        listen.expect("state", previous="connecting", current="connected")
        listen.expect("subscribed", channel="room")
        for number in range(3):
            self.publish("order", {"id": number})
        for number in range(3):
            line = listen.expect("event", channel="room", event="order")
            self.assertEqual(json.loads(line["data"]), {"id": number})
            self.assertNotIn("user_id", line)
        self.assertIsNone(listen.next())
        listen.ends_with(0)

    def test_data_is_what_was_published_byte_for_byte(self):
        texts = [
            "plain text", "123", "-0.50", "true", "null", '"quoted"', '{"id": 7}', "[1, 2]", "{",
            " ", "line\nbreak\ttab\r\n", "back\\slash / \"quote\"", "\u007f", "\u2028\u2029",
            "Grüße, 漢字, 😀 and e\u0301", "\U0010ffff", "x" * 9216, "é😀" * 1500]
        listen = self.subscribed("--count", str(len(texts)))
        for text in texts:
            self.publish("data", text)
            with self.subTest(text=text[:20]):
                self.assertEqual(listen.expect("event", event="data")["data"], text)
        listen.ends_with(0)

    def test_data_that_is_no_text_arrives_as_its_json(self):
        values = [{"a": [1, {"b": None}]}, [], 5, 1.5, True, None, {"ü": "😀"}]
        listen = self.subscribed("--count", str(len(values)))
        for value in values:
            self.publish("json", value)
            line = listen.expect("event", event="json")
            self.assertEqual(json.loads(line["data"]), value)
        listen.ends_with(0)

    def test_names_of_events_and_channels(self):
        channel = "A-z_0=9@,.;" + "c" * 189
        events = ["e" * 200, "with space", "ünï", 'quo"te\\', "toString"]
        listen = self.subscribed("--count", str(len(events)), channels=[channel])
        for event in events:
            self.publish(event, "x", channels=channel)
            listen.expect("event", channel=channel, event=event, data="x")
        listen.ends_with(0)

    def test_two_thousand_events_in_order(self):
        listen = self.subscribed("--count", "2000")
        for first in range(0, 2000, 10):
            batch = [{"channel": "room", "name": "n", "data": str(number)}
                     for number in range(first, first + 10)]
            self.publisher.publish_batch(self.soketi.app, batch)
        found = [line["data"] for line in listen.rest()]
        self.assertEqual(found, [str(number) for number in range(2000)])
        listen.ends_with(0)

    # What is asked for

    def test_only_the_events_asked_for_are_shown_and_counted(self):
        listen = self.subscribed("--event", "a", "--event", "b", "--count", "3")
        for event in ["a", "c", "b", "", "ab", "a", "c"]:
            self.publish(event or "A", "x")
        events = [line["event"] for line in listen.rest()]
        self.assertEqual(events, ["a", "b", "a"])
        listen.ends_with(0)

    def test_several_channels(self):
        channels = ["one", "two", "three"]
        listen = self.listen("--count", "4", channels=channels)
        subscribed = {listen.expect("subscribed")["channel"] for _ in channels}
        self.assertEqual(subscribed, set(channels))
        self.publish("ev", "1", channels=["two", "other"])
        self.publish("ev", "2", channels="other")
        self.publish("ev", "3", channels=["one", "three", "two"])
        events = [(line["channel"], line["data"]) for line in listen.rest()]
        self.assertEqual(events[0], ("two", "1"))
        self.assertEqual(sorted(events[1:]), [("one", "3"), ("three", "3"), ("two", "3")])
        listen.ends_with(0)

    def test_a_channel_named_twice_is_one(self):
        listen = self.subscribed("--count", "2", channels=["room", "room"])
        self.publish("ev", "1")
        self.publish("ev", "2")
        self.assertEqual([line["data"] for line in listen.rest()], ["1", "2"])
        listen.ends_with(0)

    # How it ends

    def test_told_to_stop(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            listen = self.subscribed()
            listen.signal(number)
            self.assertEqual(listen.rest(), [])
            listen.ends_with(0)

    def test_timeout(self):
        listen = self.subscribed("--timeout", "1")
        self.assertEqual(listen.rest(), [])
        listen.ends_with(3)

    # Whom soketi lets in

    def listen_with_key(self, key, *options):
        where = self.soketi.where_with_key(key)
        return self.keep(Listen(where, "--states", *options))

    def check_never_let_in(self, key, code):
        listen = self.listen_with_key(key)
        problem = listen.wait_for("problem")
        self.assertEqual((problem["code"], problem["will_retry"]), (code, False))
        listen.expect("state", previous="connecting", current="disconnected")
        self.assertIsNone(listen.next())
        listen.ends_with(2)

    def test_an_unknown_key(self):
        self.check_never_let_in("no-such-key", 4001)

    def test_an_app_that_is_disabled(self):
        self.check_never_let_in("disabled-key", 4003)

    def test_an_app_that_is_full(self):
        """The second comes in when the first has left."""
        first = self.listen_with_key("full-key")
        first.wait_for("subscribed")
        second = self.listen_with_key("full-key")
        problem = second.wait_for("problem")
        self.assertEqual((problem["code"], problem["will_retry"]), (4100, True))
        first.stop()
        second.wait_for("subscribed")
        second.stop()

    # How it goes on

    def check_goes_on(self, go_away):
        """Events before and after the server was away."""
        soketi = self.keep(Soketi(self.certificate, self.ca))
        listen = self.listen("--states", "--count", "3", soketi=soketi)
        first = listen.wait_for("state", current="connected")["socket_id"]
        listen.expect("subscribed", channel="room")
        self.publish("ev", "1", soketi=soketi)
        listen.expect("event", data="1")
        go_away(soketi)
        self.assertTrue(listen.wait_for("problem")["will_retry"])
        listen.wait_for("state", previous="connected", current="connecting")
        listen.wait_for("problem", error="connect", will_retry=True)
        soketi.start()
        second = listen.wait_for("state", current="connected")["socket_id"]
        self.assertNotEqual(first, second)
        listen.expect("subscribed", channel="room")
        self.publish("ev", "2", soketi=soketi)
        self.publish("ev", "3", soketi=soketi)
        listen.expect("event", data="2")
        listen.expect("event", data="3")
        listen.ends_with(0)

    def test_the_server_is_restarted(self):
        self.check_goes_on(Soketi.stop)

    def test_the_server_crashes(self):
        self.check_goes_on(Soketi.kill)

    def test_the_server_hangs(self):
        soketi = self.keep(Soketi(self.certificate, self.ca))
        listen = self.listen("--activity-timeout", "1", "--pong-timeout", "1", "--count", "1",
                             soketi=soketi)
        listen.expect("subscribed", channel="room")
        soketi.pause()
        listen.expect("problem", error="pong_timeout", will_retry=True)
        soketi.resume()
        listen.wait_for("subscribed", channel="room")
        self.publish("ev", "awake", soketi=soketi)
        listen.wait_for("event", data="awake")
        listen.ends_with(0)


class Plain(Sessions, Case):
    @classmethod
    def setUpClass(cls):
        cls.start()


class Tls(Sessions, Case):
    @classmethod
    def setUpClass(cls):
        certificates = cls.share_folder(Certificates())
        cls.start(certificates.local, certificates.ca)


if __name__ == "__main__":
    main(workers=4)
