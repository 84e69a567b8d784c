"""A relay in front of a server, whose connections can be cut as a network cuts them."""

import socket
import struct
import threading

from peers.case import Log

TO_SERVER_S = 10
RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: the other side gets a reset


class Relay:
    def __init__(self, port):
        self.log = Log("relay")
        self.server_port = port
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port), TO_SERVER_S)
            server.settimeout(None)
            self.log.add("connected")
            self.sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was cut

    def cut(self):
        """Resets every connection, on both sides; new ones are let through."""
        self.log.add("cut")
        while self.sockets:
            one = self.sockets.pop()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            # A thread that is blocked in recv() keeps a closed socket open: end that first.
            try:
                one.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # the other side has left
            one.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
