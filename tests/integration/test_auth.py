"""Private, presence, encrypted and cache channels on soketi, authorized by an endpoint that does
its work, or does not.

Run as `test_auth.py Plain` over ws, as `test_auth.py Tls` over wss.
"""

import base64
import json
import signal

from peers.auth_server import MASTER_KEY, AuthServer
from peers.case import Case, main
from peers.certificates import Certificates
from peers.node import Publisher, Subscriber
from peers.pusherctl import DECRYPTS, REFUSED, Listen, Run
from peers.relay import Relay
from peers.soketi import APPS, Soketi

BOB = {"user_id": "bob", "user_info": {"name": "Bob"}}
SPREAD = ("--reconnect-spread", "1")


class Authorized:
    """The tests, whichever way the connections to the server and the endpoint are made."""

    @classmethod
    def start(cls, certificate=None, ca=None):
        cls.certificate, cls.ca = certificate, ca
        cls.soketi = cls.share(Soketi(certificate, ca))
        cls.publisher = cls.share(Publisher(ca))

    def setUp(self):
        super().setUp()
        self.auth = self.keep(AuthServer(certificate=self.certificate))

    def listen(self, *options, channels, soketi=None, where=None, auth=None):
        where = where or (soketi or self.soketi).where
        return self.keep(Listen(where, *SPREAD, "--auth-endpoint", (auth or self.auth).url,
                                *options, channels=channels))

    def publish(self, channel, event, data, app=None):
        self.publisher.publish(app or self.soketi.app, channel, event, data)

    # Kinds of channels

    def test_private(self):
        listen = self.listen("--auth-header", "Authorization: Bearer t", "--auth-param", "a=b c&d",
                             channels=["private-a", "private-b"])
        self.check_all_subscribed(listen, ["private-a", "private-b"])
        self.publish("private-b", "order", {"id": 7})
        listen.expect("event", channel="private-b", event="order", data='{"id":7}')
        headers, params = self.auth.requests[0]
        self.assertEqual("Bearer t", headers["authorization"])
        self.assertEqual("application/x-www-form-urlencoded", headers["content-type"])
        self.assertEqual("b c&d", params["a"])
        self.assertRegex(params["socket_id"], r"^\d+\.\d+$")

    def test_presence(self):
        listen = self.listen(channels=["presence-a"])
        line = listen.expect("subscribed", channel="presence-a")
        self.assertEqual({"count": 1, "me": "alice", "ids": ["alice"]}, line["members"])
        others = self.keep(Subscriber(self.ca))
        others.connect("bob", self.soketi.app, user=BOB)
        others.subscribe("bob", "presence-a")
        added = listen.expect("event", event="pusher:member_added")
        self.assertEqual({"id": "bob", "info": BOB["user_info"]}, json.loads(added["data"]))
        others.trigger("bob", "presence-a", "client-typing", {"on": True})
        typing = listen.expect("event", channel="presence-a", event="client-typing",
                               data='{"on":true}')
        self.assertEqual("bob", typing["user_id"])
        others.close()
        removed = listen.expect("event", event="pusher:member_removed")
        self.assertEqual({"id": "bob", "info": BOB["user_info"]}, json.loads(removed["data"]))

    def check_member(self, listen, event, user):
        line = listen.expect("event", channel="presence-a", event=f"pusher:member_{event}")
        self.assertEqual(user, json.loads(line["data"])["id"])

    def check_members(self, line, me, *ids):
        members = line["members"] | {"ids": sorted(line["members"]["ids"])}
        self.assertEqual({"count": len(ids), "me": me, "ids": list(ids)}, members)

    def test_presence_of_three(self):
        """They join, leave, and drop: bob by pusher-js, the others by pusherctl."""
        relay = self.keep(Relay(self.soketi.port))
        carols = self.keep(AuthServer(certificate=self.certificate))
        carols.user = "carol"
        alice = self.listen(channels=["presence-a"], where=self.soketi.where_at(relay.port))
        self.check_members(alice.expect("subscribed"), "alice", "alice")
        bob = self.keep(Subscriber(self.ca))
        bob.connect("bob", self.soketi.app, user=BOB)
        bob.subscribe("bob", "presence-a")
        self.check_member(alice, "added", "bob")
        carol = self.listen(channels=["presence-a"], auth=carols)
        self.check_members(carol.expect("subscribed"), "carol", "alice", "bob", "carol")
        self.check_member(alice, "added", "carol")
        self.assertEqual("carol", bob.wait_for("bob", "pusher:member_added",
                                               "presence-a")["data"]["id"])

        bob.call(do="unsubscribe", client="bob", channel="presence-a")
        for listen in (alice, carol):
            self.check_member(listen, "removed", "bob")
        bob.subscribe("bob", "presence-a")
        for listen in (alice, carol):
            self.check_member(listen, "added", "bob")

        relay.cut()  # alice
        self.check_member(carol, "removed", "alice")
        alice.expect("problem", error="closed", will_retry=True)
        self.check_members(alice.expect("subscribed"), "alice", "alice", "bob", "carol")
        self.check_member(carol, "added", "alice")

        bob.signal(signal.SIGKILL)
        for listen in (alice, carol):
            self.check_member(listen, "removed", "bob")

    def test_client_events_on_a_private_channel(self):
        others = self.keep(Subscriber(self.ca))
        others.connect("bob", self.soketi.app)
        others.subscribe("bob", "private-a")
        listen = self.listen("--trigger", 'client-hello={"n":1}', channels=["private-a"])
        listen.expect("subscribed", channel="private-a")
        self.assertEqual({"n": 1}, others.wait_for("bob", "client-hello", "private-a")["data"])
        others.trigger("bob", "private-a", "client-hello", {"n": 2})
        listen.expect("event", channel="private-a", event="client-hello", data='{"n":2}')

    def test_client_events_of_ours(self):
        others = self.keep(Subscriber(self.ca))
        others.connect("bob", self.soketi.app, user=BOB)
        others.subscribe("bob", "presence-a")
        listen = self.listen("--trigger", 'client-typing={"on":true}', "--trigger",
                             "client-text=not JSON", channels=["presence-a"])
        listen.expect("subscribed", channel="presence-a")
        self.assertEqual("alice", others.wait_for("bob", "client-typing from",
                                                  "presence-a")["data"])
        self.assertEqual("not JSON", others.wait_for("bob", "client-text", "presence-a")["data"])

    def test_cache(self):
        """A miss, then a hit."""
        for channel in ("cache-a", "private-cache-a", "presence-cache-a"):
            first = self.listen(channels=[channel])
            first.expect("subscribed", channel=channel)
            first.expect("event", channel=channel, event="pusher:cache_miss", data=None)
            self.publish(channel, "order", "kept")
            first.expect("event", channel=channel, event="order", data="kept")
            second = self.listen(channels=[channel])
            second.expect("subscribed", channel=channel)
            second.expect("event", channel=channel, event="order", data="kept")

    # Users

    def listen_as_user(self, auth, *options, channels=()):
        return self.keep(Listen(self.soketi.where_with_key("user-key"), *SPREAD, "--signin",
                                "--user-endpoint", auth.url, *options, channels=channels))

    def user_app(self):
        return self.soketi.app_of([app for app in APPS if app["id"] == "user-id"][0])

    def user_auth(self):
        return self.keep(AuthServer(app=[app for app in APPS if app["id"] == "user-id"][0],
                                    certificate=self.certificate))

    def test_signing_in(self):
        auth = self.user_auth()
        listen = self.listen_as_user(auth, "--auth-header", "Authorization: Bearer u")
        line = listen.expect("event", channel=None, event="pusher:signin_success")
        self.assertEqual("alice", json.loads(json.loads(line["data"])["user_data"])["id"])
        self.assertEqual(["socket_id"], list(auth.requests[0][1]))
        app = self.user_app()
        self.publisher.check(self.publisher.ask(app, "sendToUser", "alice", "greet", {"n": 1}))
        listen.expect("event", channel=None, event="greet", data='{"n":1}')

    def test_signing_in_is_denied(self):
        auth = self.user_auth()
        auth.answers = [403]
        listen = self.listen_as_user(auth)
        listen.expect("problem", error="signin", http_status=403, channel=None, will_retry=False)
        listen.ends_with(4)

    def test_signing_in_with_a_wrong_signature(self):
        auth = self.user_auth()
        auth.answers = [auth.body('{"auth":"user-key:00","user_data":"{\\"id\\":\\"x\\"}"}')]
        listen = self.listen_as_user(auth)
        listen.expect("problem", error="signin", channel=None, will_retry=False)
        listen.ends_with(4)

    # The endpoint

    def test_denied(self):
        self.auth.answers = [403]
        listen = self.listen(channels=["private-a"])
        line = listen.expect("problem", error="auth", http_status=403, channel="private-a",
                             will_retry=False)
        self.assertIn("HTTP status 403", line["message"])
        self.assertNotIn("no", line["message"].split(":")[-1].split(";")[0].split())
        listen.ends_with(4)

    def test_denied_for_one_of_two(self):
        self.auth.answers = [403]
        listen = self.listen(channels=["private-a", "private-b"])
        lines = [listen.next() for _ in range(3)]
        self.assertEqual({"problem", "event", "subscribed"}, {line["type"] for line in lines})
        event = [line for line in lines if line["type"] == "event"][0]
        self.assertEqual("pusher:subscription_error", event["event"])
        self.assertEqual(403, json.loads(event["data"])["status"])

    def check_tried_again(self, *answers, status=None, words=""):
        self.auth.answers = list(answers)
        listen = self.listen(channels=["private-a"])
        for _ in answers:
            line = listen.expect("problem", error="auth", http_status=status,
                                 channel="private-a", will_retry=True)
            self.assertIn(words, line["message"])
        listen.expect("subscribed", channel="private-a")

    def test_failing_for_a_while(self):
        self.check_tried_again(500, 500, status=500)

    def test_too_many_requests(self):
        self.check_tried_again(429, status=429)

    def test_hanging_up(self):
        self.check_tried_again(AuthServer.hang_up)

    def test_any_2xx_is_a_yes(self):
        self.auth.answers = [201]
        listen = self.listen(channels=["private-a"])
        listen.expect("subscribed", channel="private-a")

    def check_refused(self, answer, status=None, words=""):
        self.auth.answers = [answer]
        listen = self.listen(channels=["private-a"])
        line = listen.expect("problem", error="auth", http_status=status, will_retry=False)
        self.assertIn(words, line["message"])
        listen.ends_with(4)

    def test_garbage(self):
        for text in ("", "<html>", "null", "[]", "{}", '{"auth":7}'):
            with self.subTest(text=text):
                self.check_refused(self.auth.body(text), words="the authorization")

    def test_a_redirect_is_not_followed(self):
        self.check_refused(self.auth.redirect(), status=302)
        self.assertEqual(1, len(self.auth.requests))

    def test_more_than_64_kib(self):
        self.check_tried_again(self.auth.body("x" * (64 * 1024 + 1)), words="too long")

    def test_a_wrong_signature(self):
        listen = self.listen(channels=["private-a"])
        listen.expect("subscribed")
        self.auth.answers = [self.auth.body('{"auth":"app-key:00"}')]
        wrong = self.listen(channels=["private-b"])
        wrong.expect("problem", error="subscribe", channel="private-b", will_retry=False)
        wrong.ends_with(4)

    def test_a_wrong_signature_for_presence(self):
        self.auth.answers = [self.auth.wrong(auth="app-key:00")]
        listen = self.listen(channels=["presence-a"])
        listen.expect("problem", error="subscribe", channel="presence-a", will_retry=False)
        listen.ends_with(4)

    def test_somebody_elses_signature(self):
        """For another member than the one that was signed."""
        self.auth.answers = [self.auth.wrong(channel_data='{"user_id":"root"}')]
        listen = self.listen(channels=["presence-a"])
        listen.expect("problem", error="subscribe", channel="presence-a", will_retry=False)
        listen.ends_with(4)

    def test_a_body_of_json(self):
        listen = self.listen("--auth-json", "--auth-param", "a=b c&d", channels=["presence-a"])
        listen.expect("subscribed", channel="presence-a")
        headers, params = self.auth.requests[0]
        self.assertEqual("application/json", headers["content-type"])
        self.assertEqual(("presence-a", "b c&d"), (params["channel_name"], params["a"]))

    def test_slower_than_the_timeout_then_good(self):
        """What comes too late is not used; other channels do not wait for it."""
        self.auth.answers = [self.auth.late(1.5)]
        listen = self.listen("--auth-timeout", "1", channels=["private-a", "room"])
        listen.expect("subscribed", channel="room")
        line = listen.expect("problem", error="auth", http_status=None, channel="private-a",
                             will_retry=True)
        self.assertIn("no answer in time", line["message"])
        listen.expect("subscribed", channel="private-a")
        self.assertEqual(2, len(self.auth.requests))
        self.publish("private-a", "order", "x")
        listen.expect("event", channel="private-a", data="x")

    def test_hanging(self):
        """It takes requests, and never answers."""
        self.auth.answers = [self.auth.late(60) for _ in range(9)]
        listen = self.listen("--auth-timeout", "1", channels=["private-a", "room"])
        listen.expect("subscribed", channel="room")
        for _ in range(2):
            listen.expect("problem", error="auth", http_status=None, channel="private-a",
                          will_retry=True)
        self.publish("room", "order", "x")
        listen.expect("event", channel="room", data="x")

    def test_nobody_there(self):
        self.auth.close()
        listen = self.listen("--timeout", "2", channels=["private-a"])
        line = listen.expect("problem", error="auth", http_status=None, will_retry=True)
        self.assertIn(REFUSED, line["message"])
        listen.rest()
        listen.ends_with(3)

    # Reconnecting

    def test_a_restart_under_a_hundred_channels(self):
        soketi = self.keep(Soketi(self.certificate, self.ca))
        channels = [f"private-{number}" for number in range(100)]
        listen = self.listen(channels=channels, soketi=soketi)
        self.check_all_subscribed(listen, channels)
        before = {params["socket_id"] for _, params in self.auth.requests}
        soketi.kill()
        soketi.start()
        self.check_all_subscribed(listen, channels)
        self.assertEqual(200, len(self.auth.requests))
        after = {params["socket_id"] for _, params in self.auth.requests} - before
        self.assertEqual(1, len(after))
        self.publish("private-99", "order", "x", app=soketi.app)
        listen.expect("event", channel="private-99", data="x")

    def check_all_subscribed(self, listen, channels):
        subscribed = []
        while len(subscribed) < len(channels):
            line = listen.next()
            if line["type"] == "subscribed":
                subscribed.append(line["channel"])
        self.assertEqual(sorted(channels), sorted(subscribed))


class Encrypted:
    """Of a program that was built with libsodium."""

    def encrypting(self, key=MASTER_KEY):
        return self.soketi.app | {"encryptionMasterKeyBase64": base64.b64encode(key).decode()}

    def test_encrypted(self):
        listen = self.listen(channels=["private-encrypted-a"])
        listen.expect("subscribed", channel="private-encrypted-a")
        for data in ({"id": 7, "name": "Ä"}, "plain"):
            self.publish("private-encrypted-a", "order", data, app=self.encrypting())
            line = listen.expect("event", channel="private-encrypted-a", event="order")
            self.assertEqual(data, json.loads(line["data"]))

    def test_encrypted_with_another_key_while_running(self):
        listen = self.listen(channels=["private-encrypted-a"])
        listen.expect("subscribed")
        self.auth.master_key = bytes(32)
        for number in range(3):
            self.publish("private-encrypted-a", "order", number, app=self.encrypting(bytes(32)))
        for number in range(3):
            listen.expect("event", event="order", data=str(number))
        self.assertEqual(2, len(self.auth.requests))

    def test_encrypted_with_a_key_that_nobody_has(self):
        listen = self.listen(channels=["private-encrypted-a"])
        listen.expect("subscribed")
        self.publish("private-encrypted-a", "order", 1, app=self.encrypting(bytes(32)))
        listen.expect("problem", error="decrypt", channel="private-encrypted-a", will_retry=True)
        listen.expect("event", event="pusher:decryption_error", channel="private-encrypted-a")
        self.publish("private-encrypted-a", "order", 2, app=self.encrypting())
        listen.expect("event", event="order", data="2")


class NotEncrypted:
    """Of one that was built without."""

    def test_encrypted_is_refused(self):
        listen = self.listen("--channel", "private-encrypted-a", channels=["room"])
        self.assertEqual([], listen.rest())
        self.assertEqual(1, listen.wait())
        self.assertIn("private-encrypted-a is encrypted, and this program was built without",
                      listen.error_text())


class Plain(Authorized, Encrypted if DECRYPTS else NotEncrypted, Case):
    @classmethod
    def setUpClass(cls):
        cls.start()


class Tls(Authorized, Encrypted if DECRYPTS else NotEncrypted, Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = cls.share_folder(Certificates())
        cls.start(cls.certificates.local, cls.certificates.ca)

    def test_an_endpoint_that_is_not_trusted(self):
        """It is told nothing."""
        for certificate in (self.certificates.elsewhere, self.certificates.expired):
            auth = self.keep(AuthServer(certificate=certificate))
            listen = self.listen(channels=["private-a"], auth=auth)
            line = listen.expect("problem", error="auth", http_status=None, will_retry=True)
            self.assertIn("certificate", line["message"])
            self.assertEqual([], auth.requests)


class Usage(Case):
    def check_wrong(self, words, *options):
        run = Run("listen", "--key", "k", "--host", "127.0.0.1", "--channel", "private-a", *options)
        self.assertEqual(1, run.status, run)
        self.assertIn(words, run.err)
        self.assertEqual(1, run.err.count("\n"), run)

    def test_what_is_wrong_is_said(self):
        url = ("--auth-endpoint", "http://127.0.0.1/auth")
        self.check_wrong("give --auth-endpoint")
        self.check_wrong("give one of them", *url, "--secret", "s")
        self.check_wrong("give --auth-endpoint", "--auth-param", "a=b")
        self.check_wrong("not NAME: VALUE", *url, "--auth-header", "A")
        self.check_wrong("not client-EVENT=DATA", *url, "--trigger", "typing={}")
        self.check_wrong("not NAME=VALUE", *url, "--auth-param", "a")
        for wrong in ("Host: x", "A B: x", "A: x\r\nB: y"):
            self.check_wrong("no place in a request", *url, "--auth-header", wrong)
        for wrong in ("socket_id=1.1", "channel_name=x"):
            self.check_wrong("no place in a request", *url, "--auth-param", wrong)
        for wrong in ("127.0.0.1/auth", "ftp://h/", "http://u:p@h/", "http://h/ x"):
            self.check_wrong("no place in a request", "--auth-endpoint", wrong)
            self.check_wrong("no place in a request", *url, "--user-endpoint", wrong)


if __name__ == "__main__":
    main(workers=4)
