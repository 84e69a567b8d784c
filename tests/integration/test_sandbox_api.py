"""What the server library `pusher` asks of `pusherctl sandbox` besides publishing; and channels
whose events the sandbox cannot read."""

import base64
import json

from peers.auth_server import MASTER_KEY, AuthServer
from peers.case import main
from peers.pusherctl import DECRYPTS, Listen
from peers.sandbox_case import ALICE, BOB, SandboxCase


class Questions(SandboxCase):
    def setUp(self):
        super().setUp()
        self.connect("a", user=ALICE)
        self.connect("b", user=BOB)
        for name, channel in (("a", "room"), ("a", "presence-room"), ("b", "presence-room")):
            self.clients.subscribe(name, channel)

    def get(self, path, **params):
        answer = self.publisher.ask(
            self.sandbox.app, "get", {"path": path, "params": params})
        self.publisher.check(answer)
        return json.loads(answer[1])

    def test_channels(self):
        self.assertEqual({"channels": {"room": {}, "presence-room": {}}}, self.get("/channels"))
        self.assertEqual(
            {"channels": {"presence-room": {"user_count": 2}}},
            self.get("/channels", filter_by_prefix="presence-", info="user_count"))

    def test_one_channel(self):
        self.assertEqual(
            {"occupied": True, "user_count": 2, "subscription_count": 2},
            self.get("/channels/presence-room", info="user_count,subscription_count"))
        self.assertEqual({"occupied": False}, self.get("/channels/other"))

    def test_a_name_with_every_kind_of_character(self):
        """The library escapes none of them."""
        self.clients.subscribe("a", "odd;-=@,._=x")
        self.assertEqual({"occupied": True}, self.get("/channels/odd;-=@,._=x"))
        self.assertEqual({"channels": {"odd;-=@,._=x": {"subscription_count": 1}}},
                         self.get("/channels", filter_by_prefix="odd;-=@,._=",
                                  info="subscription_count"))

    def test_users(self):
        self.assertEqual({"users": [{"id": "alice"}, {"id": "bob"}]},
                         self.get("/channels/presence-room/users"))
        status, _ = self.publisher.ask(self.sandbox.app, "get", {"path": "/channels/room/users"})
        self.assertEqual(400, status)

    def test_cache(self):
        self.publish("cache-room", "ev", {"id": 7})
        cache = self.get("/channels/cache-room", info="cache")["cache"]
        self.assertEqual({"id": 7}, json.loads(cache["data"]))

    def test_info_of_an_event(self):
        status, body = self.publisher.ask(
            self.sandbox.app, "trigger", ["room", "presence-room"], "ev", "x",
            {"info": "user_count,subscription_count"})
        self.assertEqual(200, status)
        self.assertEqual({"channels": {
            "room": {"subscription_count": 1},
            "presence-room": {"user_count": 2, "subscription_count": 2}}}, json.loads(body))


class Termination(SandboxCase):
    def terminate(self, user):
        self.publisher.check(
            self.publisher.ask(self.sandbox.app, "terminateUserConnections", user))

    def check_ends(self, name):
        line = self.clients.wait_for(name, "state_change")
        while line["data"]["current"] != "disconnected":
            line = self.clients.wait_for(name, "state_change")

    def test_a_user_with_odd_characters(self):
        for user in ("a+b@example.com", "Ä b/c", "a&b", "a;b"):
            with self.subTest(user=user):
                self.connect(user, signin={"id": user})
                self.clients.sign_in(user)
                self.terminate(user)
                self.check_ends(user)

    def test_pusher_js(self):
        for name, user in (("a1", "alice"), ("a2", "alice"), ("b", "bob")):
            self.connect(name, signin={"id": user})
            self.clients.sign_in(name)
        self.clients.subscribe("b", "room")
        self.terminate("alice")
        for name in ("a1", "a2"):
            self.check_ends(name)
        self.check_reaches("b", "room")

    def test_pusherctl(self):
        auth = self.keep(AuthServer(app={"key": self.sandbox.key, "secret": self.sandbox.secret}))
        listen = self.keep(Listen(
            self.sandbox.where, "--signin", "--user-endpoint", auth.url, channels=[]))
        listen.expect("event", channel=None, event="pusher:signin_success")
        self.terminate("alice")
        listen.expect("problem", error="server", code=4009)
        listen.expect("problem", error="closed", code=4009, will_retry=False)
        self.assertEqual([], listen.rest())
        listen.ends_with(2)


class EncryptedCase(SandboxCase):
    """The sandbox passes on what it cannot read, and keeps it for a cache channel."""

    def setUp(self):
        super().setUp()
        self.auth = self.keep(AuthServer(
            app={"key": self.sandbox.key, "secret": self.sandbox.secret}))

    def listen(self, channel):
        listen = self.keep(Listen(
            self.sandbox.where, "--auth-endpoint", self.auth.url, channels=[channel]))
        listen.expect("subscribed", channel=channel)
        return listen

    @property
    def app(self):
        key = base64.b64encode(MASTER_KEY).decode()
        return self.sandbox.app | {"encryptionMasterKeyBase64": key}

    def publish_encrypted(self, channel, data):
        self.publisher.publish(self.app, channel, "order", data)


class Encrypted(EncryptedCase):
    def test_pusher_js(self):
        self.clients.connect("js", self.app)
        for channel in ("private-encrypted-a", "private-encrypted-cache-js"):
            self.clients.subscribe("js", channel)
            self.publish_encrypted(channel, {"id": 7, "name": "Ä"})
            self.check_received("js", channel, "order", {"id": 7, "name": "Ä"})


class Decrypted(EncryptedCase):
    def test_pusherctl(self):
        listen = self.listen("private-encrypted-a")
        for data in ({"id": 7, "name": "Ä"}, "plain"):
            self.publish_encrypted("private-encrypted-a", data)
            line = listen.expect("event", channel="private-encrypted-a", event="order")
            self.assertEqual(data, json.loads(line["data"]))

    def test_cache(self):
        channel = "private-encrypted-cache-a"
        first = self.listen(channel)
        first.expect("event", channel=channel, event="pusher:cache_miss", data=None)
        self.publish_encrypted(channel, {"id": 7})
        first.expect("event", channel=channel, event="order", data='{"id":7}')
        second = self.listen(channel)
        second.expect("event", channel=channel, event="order", data='{"id":7}')


if not DECRYPTS:
    del Decrypted


if __name__ == "__main__":
    main()
