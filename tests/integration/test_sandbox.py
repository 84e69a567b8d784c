"""pusher-js and the server library `pusher`, as others wrote them, with `pusherctl sandbox`;
and `pusherctl listen` beside them."""

from peers.case import main
from peers.pusherctl import Listen, Run, server
from peers.sandbox_case import ALICE, BOB, SandboxCase, member


class Channels(SandboxCase):
    def test_public(self):
        self.connect("js")
        self.clients.subscribe("js", "room")
        for data in ({"id": 7}, [1, "é😀", None], "text", 'quo"te\\', 5, None):
            self.publish("room", "order", data)
            self.check_received("js", "room", "order", data)

    def test_several_channels_at_once(self):
        self.connect("js")
        for channel in ("one", "two", "three"):
            self.clients.subscribe("js", channel)
        self.publish(["three", "one", "nobody"], "ev", "x")
        self.check_received("js", "one", "ev", "x")
        self.check_received("js", "three", "ev", "x")
        self.check_reaches("js", "two")
        self.assertEqual(self.clients.unseen("js", "ev", "two"), [])

    def test_batch(self):
        self.connect("js")
        for channel in ("one", "two"):
            self.clients.subscribe("js", channel)
        self.publisher.publish_batch(self.sandbox.app, [
            {"channel": "one", "name": "first", "data": {"id": 1}},
            {"channel": "two", "name": "second", "data": "text"},
            {"channel": "one", "name": "third", "data": [3]}])
        self.check_received("js", "one", "first", {"id": 1})
        self.check_received("js", "two", "second", "text")
        self.check_received("js", "one", "third", [3])

    def test_the_publisher_is_left_out(self):
        own = self.connect("own")
        self.connect("other")
        for name in ("own", "other"):
            self.clients.subscribe(name, "room")
        self.publish("room", "ev", "x", socket_id=own)
        self.check_received("other", "room", "ev", "x")
        self.check_reaches("own", "room")
        self.assertEqual(self.clients.unseen("own", "ev", "room"), [])

    def test_unsubscribed(self):
        self.connect("js")
        for channel in ("room", "other"):
            self.clients.subscribe("js", channel)
        self.clients.call(do="unsubscribe", client="js", channel="room")
        # The connection's own messages show whether the server still sent it.
        self.clients.call(do="send", client="js", event="pusher:ping", data={})
        self.clients.wait_for("js", "message", data={"event": "pusher:pong", "data": {}})
        self.publish(["room", "other"], "ev", "x")
        self.check_received("js", "other", "ev", "x")
        messages = [line["data"] for line in self.clients.unseen("js", "message")]
        self.assertNotIn("room", [message.get("channel") for message in messages
                                  if message["event"] == "ev"])

    def test_private(self):
        self.connect("js")
        self.clients.subscribe("js", "private-room")
        self.publish("private-room", "ev", {"a": 1})
        self.check_received("js", "private-room", "ev", {"a": 1})

    def test_private_with_a_wrong_signature(self):
        self.clients.connect("js", self.sandbox.app | {"secret": "wrong"}, user=ALICE)
        for channel in ("private-room", "presence-room"):
            self.clients.ask_to_subscribe("js", channel)
            line = self.clients.wait_for("js", "pusher:subscription_error", channel)
            self.assertEqual(line["data"]["type"], "AuthError")
            self.assertEqual(line["data"]["status"], 401)
        self.publish("private-room", "ev", "x")
        self.clients.subscribe("js", "room")
        self.check_reaches("js", "room")
        self.assertEqual(self.clients.unseen("js", "ev", "private-room"), [])


class Presence(SandboxCase):
    def test_the_first_member(self):
        self.connect("a", user=ALICE)
        members = self.clients.subscribe("a", "presence-first")
        self.assertEqual(members, {
            "count": 1, "members": {"alice": ALICE["user_info"]}, "me": member(ALICE)})

    def test_joins_and_leaves(self):
        self.connect("a", user=ALICE)
        self.connect("b", user=BOB)
        self.clients.subscribe("a", "presence-room")
        members = self.clients.subscribe("b", "presence-room")
        self.assertEqual(members["members"], {
            "alice": ALICE["user_info"], "bob": BOB["user_info"]})
        self.assertEqual(members["me"], member(BOB))
        self.check_received("a", "presence-room", "pusher:member_added", member(BOB))
        self.clients.call(do="unsubscribe", client="b", channel="presence-room")
        self.check_received("a", "presence-room", "pusher:member_removed", member(BOB))
        members = self.clients.call(do="members", client="a", channel="presence-room")
        self.assertEqual(members["members"], {"alice": ALICE["user_info"]})

    def test_a_member_that_disconnects(self):
        self.connect("a", user=ALICE)
        self.connect("b", user=BOB)
        self.clients.subscribe("a", "presence-room")
        self.clients.subscribe("b", "presence-room")
        self.clients.call(do="disconnect", client="b")
        self.check_received("a", "presence-room", "pusher:member_removed", member(BOB))

    def test_a_user_with_two_connections_is_one_member(self):
        self.connect("a", user=ALICE)
        self.clients.subscribe("a", "presence-room")
        for name in ("b1", "b2"):
            self.connect(name, user=BOB)
            self.assertEqual(self.clients.subscribe(name, "presence-room")["count"], 2)
        self.check_received("a", "presence-room", "pusher:member_added", member(BOB))
        self.clients.call(do="disconnect", client="b1")
        self.check_reaches("b2", "presence-room")
        self.check_reaches("a", "presence-room")
        for event in ("pusher:member_added", "pusher:member_removed"):
            self.assertEqual(self.clients.unseen("a", event, "presence-room"), [])
        self.clients.call(do="disconnect", client="b2")
        self.check_received("a", "presence-room", "pusher:member_removed", member(BOB))

    def test_events(self):
        self.connect("a", user=ALICE)
        self.clients.subscribe("a", "presence-room")
        self.publish("presence-room", "ev", {"x": "y"})
        self.check_received("a", "presence-room", "ev", {"x": "y"})


class Cache(SandboxCase):
    def test_miss(self):
        self.connect("js")
        for channel in ("cache-empty", "private-cache-empty"):
            self.clients.subscribe("js", channel)
            self.check_received("js", channel, "pusher:cache_miss", None)

    def test_hit(self):
        for channel in ("cache-full", "private-cache-full", "presence-cache-full"):
            self.publish(channel, "ev", "old")
            self.publish(channel, "ev", {"id": 7})
            self.connect(channel, user=ALICE)
            self.clients.subscribe(channel, channel)
            self.check_received(channel, channel, "ev", {"id": 7})
            self.check_reaches(channel, channel)
            for event in ("ev", "pusher:cache_miss"):
                self.assertEqual(self.clients.unseen(channel, event, channel), [])

    def test_pusherctl_listens(self):
        listen = self.keep(Listen(self.sandbox.where, "--count", "3", channels=["cache-ctl"]))
        listen.expect("subscribed", channel="cache-ctl")
        listen.expect("event", channel="cache-ctl", event="pusher:cache_miss", data=None)
        self.publish("cache-ctl", "ev", "1")
        listen.expect("event", event="ev", data="1")
        late = self.keep(Listen(self.sandbox.where, "--count", "1", channels=["cache-ctl"]))
        late.expect("subscribed", channel="cache-ctl")
        late.expect("event", event="ev", data="1")
        late.ends_with(0)
        self.publish("cache-ctl", "ev", "2")
        listen.expect("event", event="ev", data="2")
        listen.ends_with(0)


class ClientEvents(SandboxCase):
    def both(self, channel):
        self.connect("a", user=ALICE)
        self.connect("b", user=BOB)
        for name in ("a", "b"):
            self.clients.subscribe(name, channel)

    def test_both_ways_on_a_private_channel(self):
        self.both("private-room")
        for data in ({"on": True}, "text", [1, 2], 5):
            self.clients.trigger("a", "private-room", "client-typing", data)
            self.check_received("b", "private-room", "client-typing", data)
        self.clients.trigger("b", "private-room", "client-typing", {"back": 1})
        self.check_received("a", "private-room", "client-typing", {"back": 1})
        self.assertEqual(self.clients.unseen("b", "client-typing", "private-room"), [])

    def test_presence_says_who_it_was(self):
        self.both("presence-room")
        self.clients.trigger("a", "presence-room", "client-typing", {})
        self.check_received("b", "presence-room", "client-typing from", "alice")
        self.clients.trigger("b", "presence-room", "client-typing", {})
        self.check_received("a", "presence-room", "client-typing from", "bob")

    def check_refused(self, channel, event):
        self.clients.trigger("a", channel, event, {"x": 1})
        line = self.clients.wait_for("a", "message")
        while line["data"]["event"] != "pusher:error":
            line = self.clients.wait_for("a", "message")
        self.assertEqual(line["data"]["data"]["code"], 4301)
        self.check_reaches("b", channel)
        self.assertEqual(self.clients.unseen("b", event, channel), [])

    def test_refused_on_a_public_channel(self):
        self.both("room")
        self.check_refused("room", "client-typing")

    def test_too_many_in_a_second(self):
        """Ten a second are allowed; the connection goes on (CEV-03)."""
        self.both("private-room")
        for number in range(12):
            self.clients.trigger("a", "private-room", "client-typing", number)
        self.check_refused("private-room", "client-one-more")
        for number in range(10):
            self.check_received("b", "private-room", "client-typing", number)


class Counts(SandboxCase):
    """Subscription counts (SUB-14)."""

    options = ("--subscription-count",)

    def check_count(self, name, channel, count):
        self.check_received(name, channel, "pusher:subscription_count",
                            {"subscription_count": count})

    def test_subscription_counts(self):
        for name in ("a", "b"):
            self.connect(name)
        for channel in ("room", "private-room", "cache-room"):
            self.clients.subscribe("a", channel)
            self.check_count("a", channel, 1)
            self.clients.subscribe("b", channel)
            self.check_count("a", channel, 2)
            self.check_count("b", channel, 2)
            self.clients.call(do="unsubscribe", client="b", channel=channel)
            self.check_count("a", channel, 1)

    def test_pusherctl_listens(self):
        listen = self.keep(Listen(self.sandbox.where))
        listen.expect("subscribed", channel="room")
        listen.expect("event", channel="room", event="pusher:subscription_count",
                      data='{"subscription_count":1}')


class Connection(SandboxCase):
    def test_ping_by_hand(self):
        self.connect("js")
        self.clients.call(do="send", client="js", event="pusher:ping", data={})
        self.clients.wait_for("js", "message", data={"event": "pusher:pong", "data": {}})

    def test_pings_of_pusher_js_keep_it_alive(self):
        self.connect("js", activityTimeout=300, pongTimeout=10000)
        for _ in range(3):
            self.clients.wait_for("js", "message", data={"event": "pusher:pong", "data": {}})
        states = [line["data"]["current"] for line in self.clients.unseen("js", "state_change")]
        self.assertEqual(states, ["connected"])

    def test_an_unknown_key(self):
        self.clients.start("js", self.sandbox.app | {"key": "unknown"})
        line = self.clients.wait_for("js", "error")
        self.assertEqual(line["data"]["error"]["data"]["code"], 4001)
        line = self.clients.wait_for("js", "state_change")
        while line["data"]["current"] != "disconnected":
            line = self.clients.wait_for("js", "state_change")

    def test_a_publisher_that_is_refused(self):
        right = self.sandbox.app
        for status, app, channel in (
                (401, right | {"secret": "wrong"}, "room"), (401, right | {"key": "no"}, "room"),
                (404, right | {"appId": "no"}, "room")):
            with self.subTest(app=app):
                found, body = self.publisher.ask(app, "trigger", channel, "ev", "x", {})
                self.assertEqual(found, status, body)
        too_much = "x" * 10241
        status, body = self.publisher.ask(right, "trigger", "room", "ev", too_much, {})
        self.assertEqual(status, 413, body)


class Beside(SandboxCase):
    """pusherctl and pusher-js on one channel."""

    def test_listen_beside_pusher_js(self):
        self.connect("js")
        self.clients.subscribe("js", "room")
        listen = self.keep(Listen(self.sandbox.where, "--count", "3"))
        listen.expect("subscribed", channel="room")
        for data in ("text", "é😀\n", "x" * 10000):
            self.publish("room", "ev", data)
            listen.expect("event", channel="room", event="ev", data=data)
            self.check_received("js", "room", "ev", data)
        listen.ends_with(0)

    def test_trigger_reaches_pusher_js(self):
        own = self.connect("own")
        self.connect("js")
        for name in ("own", "js"):
            self.clients.subscribe(name, "room")
        run = Run(
            "trigger", *server(self.sandbox.port, key=self.sandbox.key), "--app-id",
            self.sandbox.app_id, "--secret", self.sandbox.secret, "--channel", "room",
            "--channel", "other", "--event", "order", "--data", '{"id":7}', "--socket-id", own)
        self.assertEqual(run.status, 0, run)
        self.check_received("js", "room", "order", {"id": 7})
        self.check_reaches("own", "room")
        self.assertEqual(self.clients.unseen("own", "order", "room"), [])


if __name__ == "__main__":
    main()
