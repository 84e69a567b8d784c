"""Users on `pusherctl sandbox`: pusher-js and the server library `pusher`, as others wrote them,
and `pusherctl listen`."""

import json

from peers.auth_server import AuthServer
from peers.case import main
from peers.pusherctl import Listen
from peers.sandbox_case import BOB, SandboxCase, member

ALICE = {"id": "alice", "user_info": {"name": "Älice"}}


class Users(SandboxCase):
    def sign_in(self, name, user, **more):
        """Connects, too; the socket id."""
        socket_id = self.connect(name, signin=user, **more)
        self.assertEqual(user, self.clients.sign_in(name))
        return socket_id

    def call(self, method, *args):
        self.publisher.check(self.publisher.ask(self.sandbox.app, method, *args))

    def wait_for_message(self, name, event):
        while True:
            message = self.clients.wait_for(name, "message")["data"]
            if message["event"] == event:
                return message


class PusherJs(Users):
    def test_events_to_a_user(self):
        self.sign_in("a1", ALICE)
        self.sign_in("a2", ALICE)
        self.sign_in("b", {"id": "bob"})
        for data in ({"n": 1}, "text", None):
            self.call("sendToUser", "alice", "greet", data)
            for name in ("a1", "a2"):
                self.check_received(name, "user", "greet", data)
        self.call("sendToUser", "bob", "greet", "you")
        self.check_received("b", "user", "greet", "you")
        self.assertEqual([], self.clients.unseen("b", "greet", "user"))

    def test_an_event_to_nobody(self):
        self.call("sendToUser", "nobody", "greet", "x")

    def test_the_subscription_of_pusher_js(self):
        self.sign_in("a", ALICE)
        message = self.wait_for_message("a", "pusher_internal:subscription_succeeded")
        self.assertEqual("#server-to-user-alice", message["channel"])

    def test_a_wrong_signature(self):
        self.clients.connect("a", self.sandbox.app | {"secret": "wrong"}, signin=ALICE)
        self.clients.call(do="signin", client="a")
        message = self.wait_for_message("a", "pusher:error")
        self.assertEqual(4009, message["data"]["code"])
        line = self.clients.wait_for("a", "state_change")
        while line["data"]["current"] != "disconnected":
            line = self.clients.wait_for("a", "state_change")

    def test_watchlist(self):
        self.sign_in("b", {"id": "bob"})
        self.sign_in("a", ALICE | {"watchlist": ["bob", "carol"]})
        self.check_watched("online", ["bob"])
        self.sign_in("c", {"id": "carol"})
        self.check_watched("online", ["carol"])
        self.sign_in("c2", {"id": "carol"})
        for name in ("c", "c2"):
            self.clients.call(do="disconnect", client=name)
        self.check_watched("offline", ["carol"])
        self.clients.call(do="disconnect", client="b")  # ends are seen in any order
        self.check_watched("offline", ["bob"])
        for name in ("online", "offline"):
            self.assertEqual([], self.clients.unseen("a", name, "watchlist"))

    def check_watched(self, name, ids):
        self.check_received("a", "watchlist", name, {"name": name, "user_ids": ids})

    def test_a_watchlist_that_is_too_long(self):
        ids = [str(number) for number in range(101)]
        self.sign_in("a", ALICE | {"watchlist": ids})
        message = self.wait_for_message("a", "pusher:error")
        self.assertEqual(4302, message["data"]["code"])
        self.call("sendToUser", "alice", "greet", "x")
        self.check_received("a", "user", "greet", "x")

    def test_presence_waits_for_the_sign_in(self):
        """Its endpoint grants without channel_data; the member is who signs in (PRES-01)."""
        self.connect("b", user=BOB)
        self.clients.subscribe("b", "presence-room")
        self.connect("a", signin=ALICE)
        self.clients.call(do="signin", client="a")
        members = self.clients.subscribe("a", "presence-room")
        alice = {"user_id": "alice", "user_info": ALICE["user_info"]}
        self.assertEqual(member(alice), members["me"])
        self.assertEqual(2, members["count"])
        self.check_received("b", "presence-room", "pusher:member_added", member(alice))


class Ours(Users):
    """`pusherctl listen`, and an endpoint that signs."""

    def setUp(self):
        super().setUp()
        sandbox = self.sandbox
        self.auth = self.keep(AuthServer(app={"key": sandbox.key, "secret": sandbox.secret}))

    def listen(self, *options, channels=()):
        return self.keep(Listen(self.sandbox.where, "--signin", "--user-endpoint", self.auth.url,
                                *options, channels=channels))

    def test_signing_in(self):
        listen = self.listen()
        line = listen.expect("event", channel=None, event="pusher:signin_success")
        self.assertEqual("alice", json.loads(json.loads(line["data"])["user_data"])["id"])
        self.call("sendToUser", "alice", "greet", {"n": 1})
        listen.expect("event", channel=None, event="greet", data='{"n":1}')
        self.sign_in("b", {"id": "bob"})
        self.check_told(listen, "online")
        self.clients.call(do="disconnect", client="b")
        self.check_told(listen, "offline")

    def check_told(self, listen, name):
        line = listen.expect("event", channel=None, event=name)
        self.assertEqual({"name": name, "user_ids": ["bob"]}, json.loads(line["data"]))

    def test_presence_waits_for_the_sign_in(self):
        self.auth.sends_channel_data = False
        listen = self.listen("--auth-endpoint", self.auth.url, channels=["presence-a"])
        listen.wait_for("event", channel=None, event="pusher:signin_success")
        line = listen.wait_for("subscribed", channel="presence-a")
        self.assertEqual({"count": 1, "me": "alice", "ids": ["alice"]}, line["members"])

    def test_a_wrong_signature(self):
        self.auth.answers = [self.auth.body(json.dumps(
            {"auth": f"{self.sandbox.key}:00", "user_data": json.dumps(ALICE)}))]
        listen = self.listen()
        listen.expect("problem", error="signin", channel=None, will_retry=False)
        listen.ends_with(4)


if __name__ == "__main__":
    main()
