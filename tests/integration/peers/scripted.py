"""A server whose every byte is written by the test.

The test is the script: it accepts a connection, reads what the client sent and answers,
well or badly, line by line. Each step has a deadline.
"""

import base64
import hashlib
import json
import socket
import struct
import time

from peers import pusherctl
from peers.case import Log
from peers.process import WAIT_S

ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
SHOWN_BYTES = 200


class Server:
    """Listens on 127.0.0.1. `context`: an ssl.SSLContext; None for no TLS."""

    def __init__(self, context=None):
        self.log = Log("server")
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT_S)
        self.port = self.listener.getsockname()[1]
        self.connections = []

    @property
    def where(self):
        return pusherctl.server(self.port)

    def accept(self, timeout_s=WAIT_S):
        """The next connection."""
        self.listener.settimeout(timeout_s)
        try:
            raw, _ = self.listener.accept()
        except TimeoutError:
            raise AssertionError(f"no connection in {timeout_s} s") from None
        self.log.add("accepted")
        raw.settimeout(WAIT_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(raw, self.log)
        self.connections.append(connection)
        return connection

    def accept_tls(self):
        """The next connection, with its TLS session."""
        connection = self.accept()
        connection.socket = self.context.wrap_socket(connection.socket, server_side=True)
        return connection

    def serve(self, channel="room", **greeting):
        """The next connection, upgraded, greeted and subscribed."""
        connection = self.accept()
        connection.upgrade()
        connection.greet(**greeting)
        connection.subscribe(channel)
        return connection

    def close(self):
        for connection in self.connections:
            connection.socket.close()
        self.listener.close()


class Connection:
    def __init__(self, raw, log):
        self.socket = raw
        self.log = log
        self.unread = b""

    # Bytes

    def send(self, data):
        self.log.add(f"sends {data[:SHOWN_BYTES]!r}")
        self.socket.sendall(data)

    def receive(self, size):
        """Exactly `size` bytes."""
        while len(self.unread) < size:
            chunk = self.socket.recv(65536)
            assert chunk, f"the client left after {self.unread!r}"
            self.unread += chunk
        data, self.unread = self.unread[:size], self.unread[size:]
        return data

    def end(self):
        """Closes, without a close frame."""
        self.log.add("ends")
        self.socket.close()

    def reset(self):
        """Closes by RST."""
        self.log.add("resets")
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        """Says that it will send nothing more, but still receives."""
        self.log.add("half closes")
        self.socket.shutdown(socket.SHUT_WR)

    def send_slowly(self, data):
        """Each byte in a packet of its own."""
        self.log.add(f"sends byte by byte {data[:SHOWN_BYTES]!r}")
        for index in range(len(data)):
            self.socket.sendall(data[index:index + 1])
            time.sleep(0.001)

    def expect_end(self):
        """The client ends the connection; what it still says is skipped."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        self.log.add("the client has left")

    # HTTP

    def read_request(self):
        """The lines of the request's head."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.receive(1)
        self.log.add(f"request {head!r}")
        return head.decode().split("\r\n")[:-2]

    def upgrade(self):
        """Answers the request with 101; returns it."""
        request = self.read_request()
        self.send(switching(request))
        return request

    # Frames

    def send_frame(self, opcode, payload=b"", final=True):
        self.send(frame(opcode, payload, final))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send_close(self, code, reason=""):
        self.send_frame(CLOSE, struct.pack("!H", code) + reason.encode())

    def read_frame(self):
        """Opcode and payload of a frame, which a client must mask."""
        first, second = self.receive(2)
        assert first & 0x80, "a client of this protocol never fragments"
        assert not first & 0x70, "no extension was negotiated"
        assert second & 0x80, "a client must mask"
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", self.receive(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.receive(8))[0]
        mask = self.receive(4)
        masked = self.receive(size)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        self.log.add(f"receives opcode {first & 0x0F}, {payload[:SHOWN_BYTES]!r}")
        return first & 0x0F, payload

    def read_json(self):
        opcode, payload = self.read_frame()
        assert opcode == TEXT, f"opcode {opcode}, {payload!r}"
        return json.loads(payload)

    def expect_frame(self, opcode, payload):
        found = self.read_frame()
        assert found == (opcode, payload), f"{found}, not {(opcode, payload)}"

    def expect_close(self, code):
        opcode, payload = self.read_frame()
        assert opcode == CLOSE, f"opcode {opcode}, {payload!r}"
        assert struct.unpack("!H", payload[:2])[0] == code, payload

    # The protocol

    def greet(self, socket_id="12.34", activity_timeout=120):
        data = json.dumps({"socket_id": socket_id, "activity_timeout": activity_timeout})
        self.send_json("pusher:connection_established", data=data)

    def send_json(self, event, **members):
        self.send_text(json.dumps({"event": event} | members, ensure_ascii=False))

    def send_event(self, data, event="ev", channel="room"):
        self.send_json(event, channel=channel, data=data)

    def subscribe(self, channel="room"):
        """Reads a subscription and confirms it."""
        request = self.read_json()
        wanted = {"event": "pusher:subscribe", "data": {"auth": "", "channel": channel}}
        assert request == wanted, f"{request}, not {wanted}"
        self.send_json("pusher_internal:subscription_succeeded", channel=channel, data="{}")


def switching(request, extra=()):
    """The answer that upgrades. `extra`: header lines; they replace those of their name."""
    key = header(request, "Sec-WebSocket-Key").encode()
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT_GUID).digest()).decode()
    lines = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
    names = {line.split(":")[0] for line in extra}
    lines = [line for line in lines if line.split(":")[0] not in names] + list(extra)
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode()


def frame(opcode, payload=b"", final=True):
    """A frame of a server, which is not masked."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + b"\x7e" + struct.pack("!H", len(payload)) + payload
    return head + b"\x7f" + struct.pack("!Q", len(payload)) + payload


def headers(request):
    """Names in lower case, with their values."""
    pairs = [line.split(": ", 1) for line in request[1:]]
    names = [name.lower() for name, _ in pairs]
    assert len(set(names)) == len(names), f"a header occurs twice: {request}"
    return {name.lower(): value for name, value in pairs}


def header(request, name):
    return headers(request)[name.lower()]
