"""Nothing secret is ever told: pusherctl with secrets that are unmistakable, at its most talkative,
on real sockets. What it logs, complains of and reports is searched for them; the events themselves
it is there to show."""

import contextlib
import hashlib
import json
import re

from peers import pusherctl
from peers.auth_server import AuthServer
from peers.case import Case, main
from peers.pusherctl import DECRYPTS, PROGRAM, Listen, Run
from peers.process import Process
from peers.scripted import TEXT, Server, frame, header, switching

KEY, SECRET, TOKEN, PAYLOAD = "CANARY-key", "CANARY-secret", "CANARY-token", "CANARY-payload"
SIGNATURE = hashlib.sha256(b"canary").hexdigest()
CANARIES = ("CANARY", SIGNATURE, "Q0FOQVJZ") # the last one: CANARY in base64
ENCRYPTED = "private-encrypted-a" if DECRYPTS else "private-b"
QUICK = ("--reconnect-spread", "1", "--connect-timeout", "2")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check(text):
    for canary in CANARIES:
        assert canary not in text, f"told: {text}"
    assert not CONTROLS.search(text), f"not one line: {text!r}"


class CanaryCase(Case):
    def setUp(self):
        super().setUp()
        self.server = self.keep(Server())
        self.auth = self.keep(AuthServer(app={"key": KEY, "secret": SECRET}))
        self.auth.user = "CANARY-user"

    def listen(self, *options, channels=("room",), where=None):
        return self.keep(Listen(where or pusherctl.server(self.server.port, key=KEY), *QUICK,
                                "--log", "debug", "--auth-endpoint", self.auth.url + TOKEN,
                                "--auth-header", f"Authorization: Bearer {TOKEN}",
                                "--auth-param", f"csrf={TOKEN}", *options,
                                channels=list(channels)))

    def greeted(self, listen):
        connection = self.server.accept()
        connection.upgrade()
        connection.greet()
        return connection

    def problem(self, listen, error):
        line = listen.wait_for("problem", error=error)
        check(line["message"])
        return line

    def check_errors(self, listen, *words):
        """Stops it; it has logged something, and nothing secret."""
        listen.stop()
        text = listen.error_text()
        for line in text.splitlines():
            check(line)
        for word in ("[debug]", *words):
            self.assertIn(word, text)


class Connecting(CanaryCase):
    def test_answers_that_do_not_upgrade(self):
        answers = [
            f"HTTP/1.1 401 {TOKEN}\r\nWWW-Authenticate: Basic realm=\"{KEY}\"\r\n"
            f"Content-Length: 0\r\n\r\n",
            f"HTTP/1.1 403 /app/{KEY}\r\nX-Key: {KEY}\r\nContent-Length: {len(KEY)}\r\n\r\n{KEY}",
            f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/app/{KEY}\r\n"
            f"Content-Length: 0\r\n\r\n",
            f"{KEY} {SIGNATURE}\r\n\r\n",
            "",
        ]
        for answer in answers:
            with self.subTest(answer=answer):
                self.refuse(lambda request: answer.encode())
        for line in (f"Sec-WebSocket-Protocol: {TOKEN}", f"Sec-WebSocket-Accept: {TOKEN}",
                     f"Upgrade: {TOKEN}"):
            with self.subTest(line=line):
                self.refuse(lambda request: switching(request, [line]))

    def refuse(self, answer):
        listen = self.listen()
        connection = self.server.accept()
        connection.send(answer(connection.read_request()))
        connection.end()
        self.problem(listen, "upgrade")
        self.check_errors(listen)

    def test_nobody_there(self):
        closed = Server()
        closed.close()
        listen = self.listen(where=pusherctl.server(closed.port, key=KEY))
        self.problem(listen, "connect")
        self.check_errors(listen)

    def test_no_tls_there(self):
        listen = self.listen(where=pusherctl.server(self.server.port, "localhost", tls=True,
                                                    key=KEY))
        connection = self.server.accept()
        connection.receive(1)
        connection.send(f"HTTP/1.1 400 {KEY}\r\n\r\n".encode())
        connection.end()
        self.problem(listen, "tls")
        self.check_errors(listen)

    def test_errors_and_closes(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_json("pusher:error", data={"code": 4100, "message":
                                                   f"App key {KEY} ({SIGNATURE})"})
        self.problem(listen, "server")
        connection = self.server.accept()
        connection.upgrade()
        connection.send_text(PAYLOAD)
        self.problem(listen, "greeting")
        connection = self.greeted(listen)
        connection.send_close(4100, f"App key {KEY} ({SIGNATURE})")
        self.problem(listen, "closed")
        self.check_errors(listen)


class Receiving(CanaryCase):
    def test_frames(self):
        broken = [
            ("protocol", frame(TEXT, PAYLOAD.encode() + b"\xff")),
            ("protocol", frame(3, PAYLOAD.encode())),
            ("limit", frame(TEXT, PAYLOAD.encode() * 80000)),
        ]
        for error, data in broken:
            listen = self.listen()
            connection = self.greeted(listen)
            connection.subscribe()
            connection.send_event(PAYLOAD)
            listen.wait_for("event", data=PAYLOAD)
            connection.send_text(PAYLOAD)
            self.problem(listen, "protocol")
            connection.send_text(json.dumps({"event": "line\nforged\u009b", "channel": "room"}))
            listen.wait_for("event", event="line\nforged\u009b")
            with contextlib.suppress(ConnectionError): # the client need not read all of it
                connection.send(data)
            self.problem(listen, error)
            self.check_errors(listen, "line forged")


class Authorizing(CanaryCase):
    def test_answers_of_the_endpoint(self):
        no = [
            (403, lambda handler: self.auth.send(handler, 403, f"{TOKEN} {KEY}")),
            (302, lambda handler: self.auth.send(handler, 302, TOKEN, Location=f"/{TOKEN}")),
            (0, self.auth.body(TOKEN)),
            (0, self.auth.body(json.dumps({"auth": TOKEN}))),
            (0, self.auth.body(json.dumps({"auth": f"{TOKEN}:{SIGNATURE}"}))),
            (0, self.auth.hang_up),
            (0, self.auth.body("x" * 70000 + TOKEN)),
        ]
        if DECRYPTS:
            no.append((0, self.auth.body(json.dumps(
                {"auth": f"{KEY}:{SIGNATURE}", "shared_secret": TOKEN}))))
        for status, answer in no:
            self.auth.answers = [answer]
            # With one that is not refused it does not end by itself.
            listen = self.listen(channels=[ENCRYPTED, "room"])
            self.greeted(listen)
            line = self.problem(listen, "auth")
            self.assertEqual(line["http_status"], status or None)
            self.check_errors(listen)
        self.assertEqual(self.auth.requests[0][1]["csrf"], TOKEN)

    def test_granted_and_refused(self):
        listen = self.listen("--user-endpoint", self.auth.url, "--signin",
                             channels=["private-a", "presence-a", ENCRYPTED, "room"])
        connection = self.greeted(listen)
        personal = "#server-to-user-CANARY-user"
        for _ in range(6):
            request = connection.read_json()
            channel = request["data"].get("channel")
            auth = request["data"]["auth"]
            if channel == personal:
                connection.send_json("bill", channel=channel, data=PAYLOAD)
            if not auth:
                continue
            self.assertTrue(auth.startswith(KEY), request)
            if request["event"] == "pusher:signin":
                connection.send_json("pusher:signin_success",
                                     data={"user_data": request["data"]["user_data"]})
            else:
                connection.send_json(
                    "pusher:subscription_error", channel=channel,
                    data={"type": "AuthError", "status": 401,
                          "error": f"Invalid signature: expected {SIGNATURE}, got {auth}"})
        for _ in range(3):
            self.problem(listen, "subscribe")
        self.check_errors(listen, "#server-to-user-***")

    def test_signed_with_the_secret(self):
        listen = self.keep(Listen(
            pusherctl.server(self.server.port, key=KEY), *QUICK, "--log", "debug", "--secret",
            SECRET, "--trigger", f'client-a={{"a":"{PAYLOAD}"}}', channels=["private-a"]))
        connection = self.greeted(listen)
        self.assertRegex(connection.read_json()["data"]["auth"], f"^{KEY}:[0-9a-f]{{64}}$")
        connection.send_json("pusher_internal:subscription_succeeded", channel="private-a")
        self.assertEqual({"a": PAYLOAD}, connection.read_json()["data"])
        connection.send_json("pusher:error", data={"code": 4301, "message": "No."})
        self.problem(listen, "server")
        self.check_errors(listen)


class Publishing(CanaryCase):
    def trigger(self, *options):
        return self.keep(Process("trigger", [
            PROGRAM, "trigger", *pusherctl.server(self.server.port, key=KEY), "--log", "debug",
            "--app-id", "CANARY-app", "--secret", SECRET, "--channel", "room", "--event", "order",
            "--data", PAYLOAD, *options], env=pusherctl.program_environment()))

    def test_answers_of_the_api(self):
        for answer in (
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", None,
                b"HTTP/1.1 302 Found\r\nLocation: /CANARY\r\nContent-Length: 0\r\n\r\n",
                b"CANARY\r\n\r\n", b""):
            trigger = self.trigger()
            connection = self.server.accept()
            request = connection.read_request()
            connection.receive(int(header(request, "Content-Length")))
            if answer is None: # as Pusher does: with what was signed, and the signature
                body = f"Invalid signature: auth_key={KEY}, you sent {SIGNATURE}".encode()
                answer = (f"HTTP/1.1 401 No\r\nContent-Length: {len(body)}\r\n\r\n"
                          .encode() + body)
            connection.send(answer)
            connection.end()
            trigger.wait()
            self.assertTrue(trigger.errors)
            for line in trigger.errors:
                check(line)


class Usage(Case):
    def test_what_is_wrong_is_not_repeated(self):
        for options in (
                ["--auth-header", TOKEN], ["--auth-header", f"Host: {TOKEN}"],
                ["--auth-param", TOKEN], ["--auth-param", f"socket_id={TOKEN}"],
                ["--auth-endpoint", f"ftp://user:{TOKEN}@host/"],
                ["--secret", SECRET, "--auth-endpoint", f"http://h/{TOKEN}"]):
            with self.subTest(options=options):
                run = Run("listen", *pusherctl.server(1, key=KEY), "--channel", "private-a",
                          *options)
                self.assertEqual(1, run.status)
                for line in (run.out + run.err).splitlines():
                    check(line)


if __name__ == "__main__":
    main()
