"""A session with a scripted server that misbehaves, told line by line, and what follows."""

import re

from peers.case import Case
from peers.pusherctl import Listen
from peers.scripted import Server


class BadServerCase(Case):
    def setUp(self):
        super().setUp()
        self.server = self.keep(Server())

    def listen(self, *options):
        """Every line that it prints is expected by the test."""
        listen = self.keep(Listen(self.server.where, "--states", "--reconnect-spread", "1",
                                  *options))
        listen.expect("state", previous="initialized", current="connecting")
        return listen

    def subscribed(self, *options, **greeting):
        """A listener and its connection, which is subscribed to "room"."""
        listen = self.listen(*options)
        return listen, self.serve(listen, **greeting)

    def serve(self, listen, **greeting):
        connection = self.server.accept()
        connection.upgrade()
        connection.greet(**greeting)
        listen.expect("state", previous="connecting", current="connected", socket_id="12.34")
        connection.subscribe()
        listen.expect("subscribed", channel="room")
        return connection

    def expect_failure(self, listen, error, *words, code=None, http_status=None,
                       connected=False):
        """One line for the failed attempt or lost connection; returns it."""
        line = listen.expect("problem", error=error, code=code, http_status=http_status,
                             channel=None, will_retry=True)
        for word in words:
            self.assertIn(word, line["message"])
        if connected:
            listen.expect("state", previous="connected", current="connecting")
        return line

    def expect_loss(self, listen, error, *words, **members):
        return self.expect_failure(listen, error, *words, connected=True, **members)

    def expect_refusal(self, listen, error, code, previous):
        """The server is not tried again, and the program says so by its status."""
        listen.expect("problem", error=error, code=code, http_status=None, channel=None,
                      will_retry=False)
        listen.expect("state", previous=previous, current="disconnected")
        self.assertIsNone(listen.next())
        listen.ends_with(2)

    def delay_ms(self, line):
        """In how long the next attempt was said to begin."""
        if line["message"].endswith("; trying again at once"):
            return 0
        found = re.search(r"; trying again in (\d+) ms$", line["message"])
        self.assertTrue(found, line)
        return int(found.group(1))

    def check_alive(self, listen, connection):
        """The session is as it was: nothing is left to say, and events arrive."""
        connection.send_event("still here")
        listen.expect("event", channel="room", event="ev", data="still here")

    def check_back(self, listen):
        """The next connection works, and is ended as a client does (CLOSE-10)."""
        connection = self.serve(listen)
        self.check_alive(listen, connection)
        listen.stop()
        connection.expect_close(1000)
        connection.expect_end()
        self.assertIsNone(listen.next())
