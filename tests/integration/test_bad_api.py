"""pusherctl trigger and servers whose HTTP answers are odd, wrong or missing."""

import hashlib
import hmac
import json
import tempfile
import urllib.parse

from peers import pusherctl
from peers.case import Case, main
from peers.process import Process
from peers.pusherctl import PROGRAM, program_environment
from peers.scripted import Server, header, headers

SECRET = "app-secret"
DONE, REFUSED, NO_ANSWER = 0, 2, 3


class Trigger(Process):
    def __init__(self, where, *options):
        super().__init__("trigger", [
            PROGRAM, "trigger", *where, "--app-id", "app-id", "--secret", SECRET, "--channel",
            "room", "--event", "order", "--data", '{"id":7,"name":"Grüße"}', *options],
            env=program_environment())

    def ends_with(self, status):
        """Its one line of complaint."""
        found = self.wait()
        text = self.error_text()
        assert found == status, f"exit status {found}, not {status}: {text}"
        assert self.next_line() is None, "nothing is written to standard output"
        assert len(self.errors) == (0 if status == DONE else 1), text
        return text


class ApiCase(Case):
    def setUp(self):
        super().setUp()
        self.server = self.keep(Server())

    def trigger(self, *options):
        return self.keep(Trigger(self.server.where, *options))

    def read_request(self, connection):
        """The lines of its head, and its body."""
        request = connection.read_request()
        return request, connection.receive(int(header(request, "Content-Length")))

    def exchange(self, answer, then="end"):
        """`then`: what the server does with the connection after its answer."""
        trigger = self.trigger()
        connection = self.server.accept()
        self.read_request(connection)
        connection.send(answer)
        if then:
            getattr(connection, then)()
        return trigger


def answer(status, body=b"", *lines):
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


class Request(ApiCase):
    def test_its_bytes(self):
        trigger = self.trigger("--channel", "news", "--socket-id", "12.34")
        connection = self.server.accept()
        request, body = self.read_request(connection)
        method, target, version = request[0].split(" ")
        path, _, query = target.partition("?")
        self.assertEqual((method, path, version), ("POST", "/apps/app-id/events", "HTTP/1.1"))
        sent = headers(request)
        self.assertEqual(sent["host"], f"127.0.0.1:{self.server.port}")
        self.assertEqual(sent["content-type"], "application/json")
        self.assertEqual(json.loads(body), {
            "name": "order", "channels": ["room", "news"], "socket_id": "12.34",
            "data": '{"id":7,"name":"Grüße"}'})
        self.check_signature(path, query, body)
        connection.send(answer(200, b"{}"))
        trigger.ends_with(DONE)

    def check_signature(self, path, query, body):
        """API-02"""
        params = dict(urllib.parse.parse_qsl(query))
        signature = params.pop("auth_signature")
        self.assertEqual(params["body_md5"], hashlib.md5(body).hexdigest())
        self.assertEqual(params["auth_key"], pusherctl.KEY)
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        right = hmac.new(SECRET.encode(), f"POST\n{path}\n{text}".encode(), hashlib.sha256)
        self.assertEqual(signature, right.hexdigest())


class Published(ApiCase):
    def test_forms_of_yes(self):
        for yes in (
                answer(200, b"{}"), answer(200), answer(202, b"later"), answer(200, b"no JSON"),
                answer(200, b'{"channels":{"room":{}}}'), answer(200, b'[{"error":"e","code":401}]'),
                answer(200, b'{"error":"e"}'), answer(200, b'{"error":"e","code":0}'),
                answer(200, b'{"error":"e","code":"401"}'), answer(200, b'{"code":401}'),
                b"HTTP/1.1 204 No Content\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"):
            with self.subTest(answer=yes):
                self.exchange(yes).ends_with(DONE)

    def test_the_connection_is_kept_open(self):
        self.exchange(answer(200, b"{}"), then=None).ends_with(DONE)

    def test_byte_by_byte(self):
        trigger = self.trigger()
        connection = self.server.accept()
        self.read_request(connection)
        connection.send_slowly(answer(200, b"{}"))
        trigger.ends_with(DONE)


class Refused(ApiCase):
    def test_with_words(self):
        for status in (400, 401, 403, 404, 413, 429):
            with self.subTest(status=status):
                text = self.exchange(answer(status, b"because of that\n")).ends_with(REFUSED)
                self.assertIn(str(status), text)
                self.assertIn("because of that", text)

    def test_without_words(self):
        self.assertIn("401", self.exchange(answer(401)).ends_with(REFUSED))

    def test_with_a_status_in_the_body_only(self):
        """As soketi does it."""
        text = self.exchange(answer(200, b'{"error":"because of that","code":401}')) \
            .ends_with(REFUSED)
        self.assertIn("401", text)
        self.assertIn("because of that", text)

    def test_before_all_of_a_long_event_was_sent(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 16_000_000)
            file.flush()
            trigger = self.trigger("--data", f"@{file.name}")
            connection = self.server.accept()
            connection.read_request()
            connection.send(answer(413, b"because of that"))
            text = trigger.ends_with(REFUSED)
        self.assertEqual(text.count("because of that"), 1, text)

    def test_words_cannot_write_on_the_terminal(self):
        text = self.exchange(answer(400, b"a\x1b[2Jb\r\nc\x07\xff")).ends_with(REFUSED)
        self.assertTrue(all(character.isprintable() for character in text), repr(text))

    def test_redirections_are_not_followed(self):
        """A signed request is for one server."""
        for status in (301, 302, 307, 308):
            with self.subTest(status=status):
                there = f"Location: http://127.0.0.1:{self.server.port}/elsewhere"
                trigger = self.exchange(answer(status, b"", there))
                self.assertIn(str(status), trigger.ends_with(REFUSED))
        self.server.listener.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.server.listener.accept()


class Unanswered(ApiCase):
    def test_trouble_of_the_server(self):
        for status in (500, 502, 503):
            with self.subTest(status=status):
                text = self.exchange(answer(status, b"overloaded")).ends_with(NO_ANSWER)
                self.assertIn(str(status), text)

    def test_trouble_told_in_the_body_only(self):
        text = self.exchange(answer(200, b'{"error":"overloaded","code":500}')) \
            .ends_with(NO_ANSWER)
        self.assertIn("500", text)

    def test_no_answer(self):
        for then in ("end", "reset", "half_close"):
            with self.subTest(then=then):
                self.exchange(b"", then=then).ends_with(NO_ANSWER)

    def test_an_answer_that_is_cut_off(self):
        whole = answer(200, b"x" * 100)
        for size in (10, 30, len(whole) - 1):
            with self.subTest(size=size):
                self.exchange(whole[:size]).ends_with(NO_ANSWER)

    def test_garbage(self):
        self.exchange(b"220 mail.example ESMTP ready\r\n").ends_with(NO_ANSWER)

    def test_an_answer_without_end(self):
        trigger = self.exchange(b"HTTP/1.1 200 OK\r\n\r\n", then=None)
        connection = self.server.connections[-1]
        try:
            for _ in range(100):
                connection.socket.sendall(b"x" * 65536)
        except ConnectionError:
            pass  # the client has had enough
        trigger.ends_with(NO_ANSWER)

    def test_silence(self):
        trigger = self.trigger()
        connection = self.server.accept()
        self.read_request(connection)
        self.assertIn("within the time", trigger.ends_with(NO_ANSWER))


if __name__ == "__main__":
    main(workers=8)
