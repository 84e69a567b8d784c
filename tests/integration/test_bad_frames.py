"""A connection that is up, and what a server can do wrong, or oddly, on it: frames of
WebSocket and messages of the protocol."""

import json
import struct

from peers.bad_server import BadServerCase
from peers.case import main
from peers.scripted import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

MIB = 1 << 20  # the default limit of a message
FINAL = 0x80


def event(data, name="ev", channel="room"):
    return json.dumps({"event": name, "channel": channel, "data": data},
                      ensure_ascii=False).encode()


def event_of_size(size):
    return event("x" * (size - len(event(""))))


class Unusual(BadServerCase):
    """Nothing of this is wrong."""

    def setUp(self):
        super().setUp()
        self.listening, self.connection = self.subscribed()

    def expect(self, data):
        self.listening.expect("event", channel="room", event="ev", data=data)

    def test_byte_by_byte(self):
        for data in ("one", "ü" * 100):
            self.connection.send_slowly(frame(TEXT, event(data)))
            self.expect(data)

    def test_several_in_one_packet(self):
        self.connection.send(b"".join(frame(TEXT, event(str(n))) for n in range(50)))
        for number in range(50):
            self.expect(str(number))

    def test_fragments(self):
        text = event("fragmented é😀 " * 20)
        for size in (1, 2, 7, 100):
            pieces = [text[at:at + size] for at in range(0, len(text), size)]
            self.connection.send_frame(TEXT, pieces[0], final=False)
            for piece in pieces[1:-1]:
                self.connection.send_frame(CONTINUATION, piece, final=False)
            self.connection.send_frame(CONTINUATION, pieces[-1])
            self.expect("fragmented é😀 " * 20)

    def test_empty_fragments(self):
        text = event("x")
        self.connection.send_frame(TEXT, b"", final=False)
        self.connection.send_frame(CONTINUATION, text, final=False)
        self.connection.send_frame(CONTINUATION, b"", final=False)
        self.connection.send_frame(CONTINUATION, b"")
        self.expect("x")

    def test_pings_between_fragments(self):
        text = event("x" * 1000)
        self.connection.send_frame(TEXT, text[:300], final=False)
        self.connection.send_frame(PING, b"one")
        self.connection.send_frame(CONTINUATION, text[300:600], final=False)
        self.connection.expect_frame(PONG, b"one")
        self.connection.send_frame(PING, b"two")
        self.connection.send_frame(CONTINUATION, text[600:])
        self.connection.expect_frame(PONG, b"two")
        self.expect("x" * 1000)

    def test_a_character_cut_by_fragments(self):
        """UTF-8 is whole only when the message is."""
        text = event("😀")
        start = text.index("😀".encode())
        for cut in (1, 2, 3):
            self.connection.send_frame(TEXT, text[:start + cut], final=False)
            self.connection.send_frame(CONTINUATION, text[start + cut:])
            self.expect("😀")

    def test_pings_are_answered_with_their_payload(self):
        for payload in (b"", b"x", bytes(range(125))):
            self.connection.send_frame(PING, payload)
            self.connection.expect_frame(PONG, payload)
        self.check_alive(self.listening, self.connection)

    def test_pings_of_the_protocol(self):
        """With data of any kind, and without any (PING-05)."""
        for members in ({"data": {}}, {"data": "{}"}, {}):
            self.connection.send_json("pusher:ping", **members)
            self.assertEqual(self.connection.read_json(), {"event": "pusher:pong", "data": {}})
        self.check_alive(self.listening, self.connection)

    def test_pongs_that_nobody_asked_for(self):
        self.connection.send_frame(PONG, b"unasked")
        self.connection.send_json("pusher:pong", data={})
        self.check_alive(self.listening, self.connection)

    def test_the_largest_message(self):
        self.connection.send_frame(TEXT, event_of_size(MIB))
        line = self.listening.expect("event", event="ev")
        self.assertEqual(line["data"], "x" * (MIB - len(event(""))))
        self.check_alive(self.listening, self.connection)

    def test_unknown_events_of_the_protocol(self):
        """MSG-07: pusher: is shown, pusher_internal: is not."""
        self.connection.send_json("pusher:news", channel="room", data="x")
        self.listening.expect("event", channel="room", event="pusher:news", data="x")
        self.connection.send_json("pusher_internal:news", channel="room", data="x")
        self.check_alive(self.listening, self.connection)

    def test_events_of_other_channels(self):
        self.connection.send_event("x", channel="elsewhere")
        self.connection.send_json("pusher_internal:subscription_succeeded",
                                  channel="elsewhere", data="{}")
        self.check_alive(self.listening, self.connection)

    def test_confirmed_twice(self):
        self.connection.send_json("pusher_internal:subscription_succeeded", channel="room")
        self.check_alive(self.listening, self.connection)

    def test_an_error_in_band(self):
        """Whatever its code, the connection goes on (CLOSE-12)."""
        for code in (4001, 4100, 4200, 4301, None):
            self.connection.send_json("pusher:error", data={"code": code, "message": "why"})
            line = self.listening.expect("problem", error="server", code=code,
                                         http_status=None, channel=None, will_retry=True)
            self.assertIn("why", line["message"])
        self.check_alive(self.listening, self.connection)


class Dropped(BadServerCase):
    """A message that is not of the protocol is reported; the connection stays (MSG-05)."""

    def setUp(self):
        super().setUp()
        self.listening, self.connection = self.subscribed()

    def check_reported(self):
        self.listening.expect("problem", error="protocol", code=None, http_status=None,
                              channel=None, will_retry=True)
        self.check_alive(self.listening, self.connection)

    def test_no_messages_of_the_protocol(self):
        for text in ("", " ", "{", "hello", "null", "5", "[]", "{}", '{"event":5}',
                     '{"event":"ev"', '{"event":"ev"}}', "{'event':'ev'}", '{"event":"ev",}',
                     '{"event":"\\ud800"', '{"event":NaN}', "[" * 100000):
            with self.subTest(text=text[:20]):
                self.connection.send_text(text)
                self.check_reported()

    def test_binary_messages(self):
        """Even if they hold what would be an event (URL-03)."""
        for payload in (b"", b"\x00\xff", event("x"), b"x" * 100000):
            with self.subTest(payload=payload[:20]):
                self.connection.send_frame(BINARY, payload)
                self.check_reported()

    def test_a_fragmented_binary_message(self):
        self.connection.send_frame(BINARY, event("x")[:10], final=False)
        self.connection.send_frame(CONTINUATION, event("x")[10:])
        self.check_reported()


class Fatal(BadServerCase):
    """The connection is given up with the right code, and a new one made."""

    def check_given_up(self, sent, error, *words, code=None):
        """`code`: that of the client's close frame; None: it leaves without one."""
        listen, connection = self.subscribed()
        connection.send(sent)
        self.expect_loss(listen, error, *words)
        if code:
            connection.expect_close(code)
        connection.expect_end()
        self.check_back(listen)

    def check_broken(self, sent):
        """Against the rules of WebSocket. A close frame with 1002 is not sent."""
        self.check_given_up(sent, "protocol", "broke the WebSocket protocol")

    def test_reserved_opcode_of_data(self):
        self.check_broken(frame(3, b"x"))

    def test_reserved_opcode_of_control(self):
        self.check_broken(frame(11, b"x"))

    def test_reserved_bit(self):
        """The first is that of permessage-deflate, which is not offered."""
        self.check_broken(bytes([FINAL | 0x40 | TEXT, 1]) + b"x")

    def test_a_continuation_of_nothing(self):
        self.check_broken(frame(CONTINUATION, event("x")))

    def test_a_message_within_a_message(self):
        self.check_broken(frame(TEXT, event("x")[:9], final=False) + frame(TEXT, event("y")))

    def test_a_fragmented_ping(self):
        self.check_broken(frame(PING, b"x", final=False))

    def test_a_ping_that_is_too_long(self):
        self.check_broken(frame(PING, b"x" * 126))

    def test_garbage(self):
        self.check_broken(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def test_a_length_beyond_all_bounds(self):
        self.check_broken(bytes([FINAL | TEXT, 127]) + struct.pack("!Q", 1 << 63) + b"x")

    def test_invalid_utf_8(self):
        for payload in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"):
            with self.subTest(payload=payload):
                sent = event("#").replace(b"#", payload)
                self.check_given_up(frame(TEXT, sent), "protocol", code=1007)

    def test_a_character_that_is_cut_off(self):
        self.check_given_up(frame(TEXT, event("😀")[:-4]), "protocol", code=1007)

    def test_a_message_that_is_too_big(self):
        self.check_given_up(frame(TEXT, event_of_size(MIB + 1)), "limit", "bytes", code=1009)

    def test_fragments_that_are_too_many(self):
        piece = b"x" * 65000
        self.check_given_up(
            frame(TEXT, piece, final=False) + 17 * frame(CONTINUATION, piece, final=False),
            "limit", "bytes", code=1009)

    def test_a_length_that_is_only_announced(self):
        """No memory is taken for what has not come."""
        head = bytes([FINAL | TEXT, 127]) + struct.pack("!Q", 1 << 40)
        self.check_given_up(head + b"x" * (MIB + 65536), "limit", "bytes", code=1009)

    def test_a_second_greeting(self):
        greeting = {"event": "pusher:connection_established",
                    "data": {"socket_id": "56.78", "activity_timeout": 120}}
        self.check_given_up(frame(TEXT, json.dumps(greeting).encode()), "greeting",
                            "second time", code=1000)


class AfterClose(BadServerCase):
    def test_data_after_a_close_frame_is_not_seen(self):
        listen, connection = self.subscribed()
        connection.send(frame(CLOSE, b"\x03\xe8") + frame(TEXT, event("late")))
        self.expect_loss(listen, "closed", code=1000)
        connection.expect_close(1000)
        connection.expect_end()
        self.check_back(listen)

    def test_close_frames_that_are_wrong(self):
        """Too short, with a code that may not be sent, with a reason that is no text."""
        for payload in (b"\x03", b"\x03\xed", b"\x03\xee", b"\x00\x00", b"\x03\xe8\xff"):
            with self.subTest(payload=payload):
                listen, connection = self.subscribed()
                connection.send_frame(CLOSE, payload)
                line = listen.expect("problem", channel=None, will_retry=True)
                self.assertIn(line["error"], ("closed", "protocol"))
                listen.expect("state", previous="connected", current="connecting")
                connection.expect_end()
                self.check_back(listen)

    def test_a_close_frame_without_a_code(self):
        listen, connection = self.subscribed()
        connection.send_frame(CLOSE)
        self.expect_loss(listen, "closed")
        connection.expect_end()
        self.check_back(listen)


if __name__ == "__main__":
    main(workers=10)
