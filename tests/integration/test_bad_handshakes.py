"""Servers that do not come as far as a greeting."""

import json

from peers.bad_server import BadServerCase
from peers.case import main
from peers.scripted import BINARY, PING, PONG, switching

SOON = ("--connect-timeout", "1")


class Silence(BadServerCase):
    """The deadline of an attempt is one for all of its stages (HS-07)."""

    def test_after_accept(self):
        listen = self.listen(*SOON)
        connection = self.server.accept()
        self.expect_failure(listen, "upgrade", "1000 ms")
        connection.expect_end()
        self.check_back(listen)

    def test_within_the_answer(self):
        listen = self.listen(*SOON)
        connection = self.server.accept()
        connection.send(switching(connection.read_request())[:-2])
        self.expect_failure(listen, "upgrade", "1000 ms")
        connection.expect_end()
        self.check_back(listen)

    def test_after_upgrade(self):
        listen = self.listen(*SOON)
        connection = self.server.accept()
        connection.upgrade()
        self.expect_failure(listen, "greeting", "1000 ms")
        connection.expect_end()
        self.check_back(listen)

    def test_unavailable_meanwhile(self):
        listen = self.listen("--unavailable-timeout", "1", "--connect-timeout", "2")
        connection = self.server.accept()
        connection.upgrade()
        listen.expect("state", previous="connecting", current="unavailable")
        self.expect_failure(listen, "greeting", "2000 ms")
        connection = self.server.accept()
        connection.upgrade()
        connection.greet()
        listen.expect("state", previous="unavailable", current="connected", socket_id="12.34")
        connection.subscribe()
        listen.expect("subscribed", channel="room")
        self.check_alive(listen, connection)


class Answers(BadServerCase):
    """Instead of 101 Switching Protocols."""

    def check_refused(self, answer, *words, http_status=None, options=()):
        listen = self.listen(*options)
        connection = self.server.accept()
        request = connection.read_request()
        connection.send(answer(request) if callable(answer) else answer)
        self.expect_failure(listen, "upgrade", *words, http_status=http_status)
        connection.expect_end()
        self.check_back(listen)

    def check_status(self, status, *lines, body=b""):
        head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *lines, "", ""]
        self.check_refused("\r\n".join(head).encode() + body, str(status), http_status=status)

    def test_200(self):
        self.check_status(200, "Content-Type: text/html", body=b"<h1>hello</h1>")

    def test_301_is_not_followed(self):
        self.check_status(301, f"Location: http://127.0.0.1:{self.server.port}/elsewhere")

    def test_307_is_not_followed(self):
        self.check_status(307, f"Location: ws://127.0.0.1:{self.server.port}/elsewhere")

    def test_400(self):
        self.check_status(400)

    def test_401(self):
        self.check_status(401, 'WWW-Authenticate: Basic realm="x"')

    def test_404(self):
        self.check_status(404, body=b"not found")

    def test_503(self):
        self.check_status(503, "Retry-After: 1")

    def test_wrong_accept(self):
        self.check_refused(
            lambda request: switching(request, ["Sec-WebSocket-Accept: " + "A" * 27 + "="]),
            "Sec-WebSocket-Accept")

    def test_extension_that_was_not_asked_for(self):
        self.check_refused(
            lambda request: switching(request, ["Sec-WebSocket-Extensions: permessage-deflate"]),
            "extension")

    def test_subprotocol_that_was_not_asked_for(self):
        self.check_refused(
            lambda request: switching(request, ["Sec-WebSocket-Protocol: chat"]),
            "subprotocol")

    def test_upgrade_to_something_else(self):
        self.check_refused(
            lambda request: switching(request, ["Upgrade: h2c"]), "upgrade")

    def test_connection_is_not_upgraded(self):
        self.check_refused(
            lambda request: switching(request, ["Connection: keep-alive"]),
            "Connection: Upgrade")

    def test_garbage(self):
        self.check_refused(b"220 mail.example ESMTP ready\r\n" * 20, options=SOON)

    def test_a_header_without_end(self):
        self.check_refused(
            lambda request: switching(request)[:-2] + b"X-Filler: " + b"x" * 200000,
            options=SOON)


class Ends(BadServerCase):
    """The connection ends before the server has greeted."""

    def test_without_an_answer(self):
        for end in ("end", "reset", "half_close"):
            with self.subTest(end=end):
                listen = self.listen()
                connection = self.server.accept()
                connection.read_request()
                getattr(connection, end)()
                self.expect_failure(listen, "upgrade")
                self.check_back(listen)

    def test_within_the_answer(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.send(switching(connection.read_request())[:40])
        connection.end()
        self.expect_failure(listen, "upgrade")
        self.check_back(listen)

    def test_after_the_upgrade(self):
        for end in ("end", "reset", "half_close"):
            with self.subTest(end=end):
                listen = self.listen()
                connection = self.server.accept()
                connection.upgrade()
                # A reset may overtake the answer, unless that is known to be read.
                connection.send_frame(PING)
                connection.expect_frame(PONG, b"")
                getattr(connection, end)()
                self.expect_failure(listen, "greeting")
                self.check_back(listen)

    def test_closed_instead_of_greeted(self):
        """Whatever the code means is done (HS-06)."""
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_close(1000, "not now")
        self.expect_failure(listen, "closed", "not now", code=1000)
        connection.expect_close(1000)
        connection.expect_end()
        self.check_back(listen)

    def test_refused_instead_of_greeted(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_close(4007, "unsupported")
        self.expect_refusal(listen, "closed", 4007, previous="connecting")


class Greetings(BadServerCase):
    def check_refused(self, first, *words):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_text(first)
        self.expect_failure(listen, "greeting", *words)
        connection.expect_end()
        self.check_back(listen)

    def test_an_event(self):
        self.check_refused('{"event":"ev","channel":"room","data":"early"}', "not a greeting")

    def test_a_ping(self):
        self.check_refused('{"event":"pusher:ping","data":{}}', "not a greeting")

    def test_malformed_json(self):
        self.check_refused('{"event":"pusher:connection_established"', "not of the protocol")

    def test_no_json(self):
        self.check_refused("hello", "not of the protocol")

    def test_an_empty_message(self):
        self.check_refused("", "not of the protocol")

    def test_without_data(self):
        self.check_refused('{"event":"pusher:connection_established"}', "socket id")

    def test_a_socket_id_that_is_none(self):
        self.check_refused(json.dumps({
            "event": "pusher:connection_established",
            "data": json.dumps({"socket_id": "12:34", "activity_timeout": 120})}), "socket id")

    def test_forms_that_are_right(self):
        """Data as an object, no activity timeout or a senseless one, unknown members (HS-04,
        CONN-09)."""
        for data in ({"socket_id": "12.34"}, {"socket_id": "12.34", "activity_timeout": -1},
                     {"socket_id": "12.34", "activity_timeout": "x", "more": [1]}):
            with self.subTest(data=data):
                listen = self.listen()
                connection = self.server.accept()
                connection.upgrade()
                connection.send_json("pusher:connection_established", data=data, extra=None)
                listen.expect("state", current="connected", socket_id="12.34")
                connection.subscribe()
                listen.expect("subscribed", channel="room")
                self.check_alive(listen, connection)
                listen.stop()

    def test_in_one_packet_with_the_upgrade(self):
        listen = self.listen()
        connection = self.server.accept()
        answer = switching(connection.read_request())
        greeting = json.dumps({"event": "pusher:connection_established",
                               "data": {"socket_id": "12.34"}}).encode()
        connection.send(answer + bytes([0x81, len(greeting)]) + greeting)
        listen.expect("state", current="connected", socket_id="12.34")
        connection.subscribe()
        listen.expect("subscribed", channel="room")
        self.check_alive(listen, connection)

    def test_byte_by_byte(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.send_slowly(switching(connection.read_request()))
        connection.greet()
        listen.expect("state", current="connected")
        connection.subscribe()
        listen.expect("subscribed", channel="room")
        self.check_alive(listen, connection)

    def test_a_binary_message_is_not_a_greeting(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_frame(BINARY, b"\x00\x01")
        listen.expect("problem", error="protocol", channel=None, will_retry=True)
        connection.greet()
        listen.expect("state", current="connected")
        connection.subscribe()
        listen.expect("subscribed", channel="room")

    def test_an_error_for_good(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_json("pusher:error", data={"code": 4001, "message": "no such app"})
        self.expect_refusal(listen, "server", 4001, previous="connecting")
        connection.expect_end()

    def test_an_error_for_a_while(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.send_json("pusher:error", data={"code": 4100, "message": "too many"})
        line = self.expect_failure(listen, "server", "too many", code=4100)
        self.assertGreaterEqual(self.delay_ms(line), 1000)
        self.check_back(listen)


if __name__ == "__main__":
    main(workers=10)
