"""A scripted Channels server: what it says is up to the test."""

import base64
import hashlib
import queue
import socket
import struct
import threading
import time

TIMEOUT_S = 30
ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8

GREETING = ('{"event":"pusher:connection_established",'
            '"data":"{\\"socket_id\\":\\"12.34\\",\\"activity_timeout\\":120}"}')

CONFIRMATION = ('{"event":"pusher_internal:subscription_succeeded","channel":"orders",'
                '"data":"{}"}')


class Peer:
    """Accepts `connections`, one after the other, runs `script(peer)` on each, then waits for the
    other to leave."""

    def __init__(self, script, upgrade=True, connections=1):
        self.script = script
        self.connections = connections
        self.upgrade = upgrade
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(TIMEOUT_S)
        self.port = str(self.listener.getsockname()[1])
        self.server = ("--host", "127.0.0.1", "--port", self.port, "--no-tls", "--key", "app-key")
        self.connection = None
        self.connections_made = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.thread.join(TIMEOUT_S)

    def serve(self):
        try:
            for _ in range(self.connections):
                self.serve_one()
        except OSError:
            pass  # the test has ended, or its program has

    def serve_one(self):
        self.connection, _ = self.listener.accept()
        self.connections_made += 1
        self.connection.settimeout(TIMEOUT_S)
        with self.connection:
            self.read_request()
            self.script(self)
            while self.connection.recv(4096):
                pass

    def read_request(self):
        request = b""
        while b"\r\n\r\n" not in request:
            request += self.connection.recv(4096)
        if not self.upgrade:
            return
        key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT_GUID).digest()).decode()
        self.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n")

    def raw(self, text):
        self.connection.sendall(text.encode())

    def frame(self, opcode, payload):
        length = (struct.pack("!B", len(payload)) if len(payload) < 126
                  else struct.pack("!BH", 126, len(payload)))
        self.connection.sendall(bytes([0x80 | opcode]) + length + payload)

    def say(self, text):
        self.frame(TEXT, text.encode())

    def close(self, code, reason=""):
        self.frame(CLOSE, struct.pack("!H", code) + reason.encode())

    def hear(self):
        """The text of the next frame; those of the tests are short."""
        first, second = self.exactly(2)
        length = second & 0x7f
        if length == 126:
            length = struct.unpack("!H", self.exactly(2))[0]
        mask = self.exactly(4)
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.exactly(length)))
        return text.decode() if first & 0x0f == TEXT else None

    def exactly(self, count):
        data = b""
        while len(data) < count:
            chunk = self.connection.recv(count - len(data))
            if not chunk:
                raise OSError("the other has left")
            data += chunk
        return data


class Relay:
    """In front of a server; what the server says is handed on `delay_s` later."""

    def __init__(self, port):
        self.server_port = int(port)
        self.delay_s = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # the test has ended
            server = socket.create_connection(("127.0.0.1", self.server_port))
            said = queue.Queue()
            for target, arguments in ((self.hand_up, (client, server)),
                                      (self.hear, (server, said)),
                                      (self.hand_down, (said, client))):
                threading.Thread(target=target, args=arguments, daemon=True).start()

    @staticmethod
    def hand_up(client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them has left

    def hear(self, server, said):
        data = b"?"
        while data:
            try:
                data = server.recv(65536)
            except OSError:
                data = b""
            said.put((time.monotonic() + self.delay_s, data))
        server.close()

    @staticmethod
    def hand_down(said, client):
        """Ends with the empty piece that stands for the end."""
        data = b"?"
        while data:
            due, data = said.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                client.sendall(data)
            except OSError:
                pass  # it has left; the rest is for nobody
        client.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
