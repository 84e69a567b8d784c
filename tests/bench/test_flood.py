#!/usr/bin/env python3
"""The load source keeps its promises: tested with a raw socket, byte by byte."""

import json
import os
import socket
import struct
import subprocess
import sys
import time
import unittest

FLOOD = sys.argv.pop(1)
TIMEOUT_S = 20
HANDSHAKE = (b"GET /app/key?protocol=7 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
SUBSCRIBE = '{"event":"pusher:subscribe","data":{"auth":"","channel":"bench"}}'
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def masked(opcode, payload, first=0x80):
    mask = os.urandom(4)
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([first | opcode]) + length + mask + body


class Client:
    """A WebSocket client of a few lines; every wait has the socket's deadline."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.buffer = b""

    def upgrade(self):
        self.socket.sendall(HANDSHAKE)
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode()

    def fill(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError
        self.buffer += chunk

    def take(self, size):
        while len(self.buffer) < size:
            self.fill()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def frame(self):
        """(first byte, payload); asserts that the frame is not masked."""
        first, size = self.take(2)
        assert size < 127, "masked, or longer than 64 KiB"
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        return first, self.take(size)

    def text(self):
        first, payload = self.frame()
        assert first == 0x81, "not one final text frame"
        return json.loads(payload), len(payload)

    def send(self, text):
        self.socket.sendall(masked(TEXT, text.encode()))

    def subscribe(self):
        self.upgrade()
        self.text()
        self.send(SUBSCRIBE)
        return self.text()[0]


class FloodTest(unittest.TestCase):
    def start(self, *options):
        self.flood = subprocess.Popen(
            [FLOOD, "--settle", "0", "--timeout", str(TIMEOUT_S), *map(str, options)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        line = self.flood.stdout.readline()
        return json.loads(line)["port"] if line else None

    def stop(self):
        if self.flood.poll() is None:
            self.flood.kill()
        self.flood.communicate()

    def connect(self, port):
        client = Client(port)
        self.addCleanup(client.socket.close)
        return client

    def ended(self):
        output, errors = self.flood.communicate(timeout=TIMEOUT_S)
        return self.flood.returncode, output, errors

    def test_upgrade_and_greeting(self):
        client = self.connect(self.start())
        head = client.upgrade()
        self.assertTrue(head.startswith("HTTP/1.1 101 "))
        # The answer to this key stands in RFC 6455, section 1.3.
        self.assertIn("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head)
        greeting = client.text()[0]
        self.assertEqual(greeting["event"], "pusher:connection_established")
        data = json.loads(greeting["data"])
        self.assertEqual(data["activity_timeout"], 120)
        self.assertRegex(data["socket_id"], r"^\d+\.\d+$")

    def test_events_average_the_size(self):
        for size in (180, 1000, 10000):
            with self.subTest(size=size):
                client = self.connect(self.start("--size", size, "--count", 160))
                self.assertEqual(client.subscribe()["event"],
                                 "pusher_internal:subscription_succeeded")
                self.check_events([client.text() for _ in range(160)], size)
                client.socket.close()
                status, output, _ = self.ended()
                self.assertEqual(status, 0)
                self.assertEqual(json.loads(output)["sent"], 160)

    def check_events(self, events, size):
        lengths = [length for _, length in events]
        self.assertEqual(sum(lengths), size * len(lengths))
        self.assertEqual((min(lengths), max(lengths)), (size - 15, size + 15))
        self.assertEqual(len(set(lengths)), 16)
        for number, (event, _) in enumerate(events):
            self.assertEqual((event["event"], event["channel"]), ("order-updated", "bench"))
            data = json.loads(event["data"])
            self.assertEqual(data["seq"], 1000000000 + number)
            self.assertRegex(data["t"], r"^0\d{19}$")
            if size >= 1000:
                self.check_items(data["items"])

    def check_items(self, items):
        self.assertGreater(len(items), 2)
        for item in items:
            self.assertGreater(len(item["name"].encode()), len(item["name"]))
            self.assertIn('"', item["note"])
            self.assertIsInstance(item["tags"], list)
            self.assertIsInstance(item["gift"], bool)

    def test_several_clients_share_the_count(self):
        port = self.start("--clients", 3, "--count", 100)
        clients = [self.connect(port) for _ in range(3)]
        for client in clients:
            client.subscribe()
        for client, share in zip(clients, (34, 33, 33)):
            sequence = [json.loads(client.text()[0]["data"])["seq"] for _ in range(share)]
            self.assertEqual(sequence, list(range(1000000000, 1000000000 + share)))
        for client in clients:
            client.socket.close()
        self.assertEqual(self.ended()[::2], (0, ""))

    def test_paced_events_are_stamped_when_sent(self):
        client = self.connect(self.start("--mode", "paced", "--rate", 1000, "--count", 50))
        before = time.monotonic_ns()
        client.subscribe()
        stamps = [int(json.loads(client.text()[0]["data"])["t"]) for _ in range(50)]
        self.assertEqual(stamps, sorted(stamps))
        # Event n is due n ms after the start; none may be sent before it is due.
        for number, stamp in enumerate(stamps):
            self.assertGreaterEqual(stamp, before + number * 1_000_000)

    def test_pings_and_close_are_answered(self):
        client = self.connect(self.start("--mode", "idle"))
        client.subscribe()
        client.send('{"event":"pusher:ping","data":{}}')
        self.assertEqual(client.text()[0]["event"], "pusher:pong")
        client.socket.sendall(masked(PING, b"hello"))
        self.assertEqual(client.frame(), (0x80 | PONG, b"hello"))
        client.socket.sendall(masked(CLOSE, b"\x03\xe8bye"))
        self.assertEqual(client.frame(), (0x80 | CLOSE, b"\x03\xe8bye"))
        self.assertRaises(EOFError, client.fill)
        self.assertEqual(self.ended()[::2], (0, ""))

    def test_what_is_wrong_is_said(self):
        def leave_early(client):
            client.subscribe()
            client.socket.close()

        def other_channel(client):
            client.upgrade()
            client.send(SUBSCRIBE.replace("bench", "other"))

        def fragment(client):
            client.upgrade()
            client.socket.sendall(masked(TEXT, b"{", first=0))

        def not_a_websocket(client):
            client.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        for act, text in ((leave_early, "left after"), (other_channel, "another channel"),
                          (fragment, "split"), (not_a_websocket, "upgrade")):
            with self.subTest(act=act.__name__):
                # More than the socket buffers hold, so that a client that leaves is noticed.
                port = self.start("--size", 10000, "--count", 100000)
                act(self.connect(port))
                status, _, errors = self.ended()
                self.assertEqual(status, 1)
                self.assertIn(text, errors)

    def test_it_gives_up_in_time(self):
        self.start("--timeout", 1)
        status, _, errors = self.ended()
        self.assertEqual(status, 1)
        self.assertIn("time is up", errors)

    def test_wrong_usage(self):
        for options in (["--size", "100"], ["--mode", "x"], ["--port", "70000"], ["rest"],
                        ["--cert", "x"], ["--size", "180", "--channel", "c" * 100]):
            with self.subTest(options=options):
                self.assertIsNone(self.start(*options))
                self.assertEqual(self.ended()[0], 1)


if __name__ == "__main__":
    unittest.main()
