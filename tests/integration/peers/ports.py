"""Ports that nobody else gets."""

import socket


class ReservedPort:
    """A free TCP port of 127.0.0.1, bound but not listening, so that the kernel gives it to
    no one else and a connection to it is refused; yet a server that sets SO_REUSEPORT, as
    soketi does, can listen on it, end, and come back."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.number = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
