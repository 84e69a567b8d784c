"""soketi, a Channels server that others wrote, in a process of its own."""

import http.client
import json
import pathlib
import signal
import ssl
import tempfile

from peers import pusherctl
from peers.node import FOLDER, require_packages
from peers.ports import ReservedPort, free_udp_port
from peers.process import Process

APPS = [
    {"id": "app-id", "key": "app-key", "secret": "app-secret", "enabled": True,
     "enableClientMessages": True},
    {"id": "full-id", "key": "full-key", "secret": "full-secret", "enabled": True,
     "maxConnections": 1},
    # Who does not sign in is turned out.
    {"id": "user-id", "key": "user-key", "secret": "user-secret", "enabled": True,
     "enableUserAuthentication": True},
    {"id": "disabled-id", "key": "disabled-key", "secret": "disabled-secret",
     "enabled": False},
]


class Soketi:
    """`certificate`: the paths of certificate and key; None for no TLS."""

    def __init__(self, certificate=None, ca=None):
        require_packages()
        self.tls = certificate is not None
        self.ca = ca
        # It listens with SO_REUSEPORT: two of them on one port would share its connections.
        self.reserved = ReservedPort()
        self.port = self.reserved.number
        self.folder = tempfile.TemporaryDirectory()
        self.config = pathlib.Path(self.folder.name, "soketi.json")
        self.config.write_text(json.dumps(self.options(certificate)))
        self.logs = []
        self.process = None
        self.start()

    def options(self, certificate):
        """Options with a dot leave the others of their group as they are. The metrics server
        opens its port even when disabled. Discovery of other servers stays on loopback."""
        options = {
            "debug": False, "host": "127.0.0.1", "port": self.port,
            "metrics.host": "127.0.0.1", "metrics.port": 0, "metrics.enabled": False,
            "cluster.hostname": "127.0.0.1", "cluster.address": "127.0.0.1",
            "cluster.port": free_udp_port(), "cluster.unicast": ["127.0.0.1"],
            "shutdownGracePeriod": 100, "appManager.array.apps": APPS}
        if certificate:
            options |= {"ssl.certPath": certificate[0], "ssl.keyPath": certificate[1]}
        return options

    @property
    def log(self):
        return self.process.log

    @property
    def where(self):
        return pusherctl.server(self.port, tls=self.tls, ca=self.ca)

    @property
    def app(self):
        """For the server library."""
        return self.app_of(APPS[0])

    def app_of(self, app):
        return {"appId": app["id"], "key": app["key"], "secret": app["secret"],
                "host": "127.0.0.1", "port": self.port, "useTLS": self.tls}

    def where_with_key(self, key):
        return pusherctl.server(self.port, tls=self.tls, ca=self.ca, key=key)

    def where_at(self, port):
        """Reached through another port."""
        return pusherctl.server(port, tls=self.tls, ca=self.ca)

    def start(self):
        before = self.process.log.lines if self.process else []
        self.process = Process("soketi", [
            "node", "--require", str(FOLDER / "node" / "soketi-start.js"),
            str(FOLDER / "node_modules" / "@soketi" / "soketi" / "bin" / "server.js"),
            "start", f"--config={self.config}"])
        self.process.log.lines[:0] = before
        line = ""
        while "up and running" not in line:
            line = self.process.next_line()
            assert line is not None, f"soketi has ended\n{self.process.error_text()}"
        self.check_answers()

    def check_answers(self):
        if self.tls:
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        assert status == 200, f"soketi answers with HTTP status {status}"

    def stop(self):
        """As an operator does: it tells its clients to reconnect."""
        self.process.signal(signal.SIGTERM)
        self.process.wait()

    def kill(self):
        """As a crash does: connections just end."""
        self.process.close()

    def pause(self):
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def close(self):
        self.process.close()
        self.reserved.close()
        self.folder.cleanup()
