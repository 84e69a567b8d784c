"""A sandbox, and clients and a server library as others wrote them."""

from peers.case import Case
from peers.node import Publisher, Subscriber
from peers.pusherctl import Sandbox

ALICE = {"user_id": "alice", "user_info": {"name": "Älice"}}
BOB = {"user_id": "bob", "user_info": {"name": "Bob", "roles": ["a", "b"]}}


def member(user):
    """As pusher-js shows it."""
    return {"id": user["user_id"], "info": user["user_info"]}


class SandboxCase(Case):
    options = ()  # of the sandbox

    @classmethod
    def setUpClass(cls):
        cls.sandbox = cls.share(Sandbox(*cls.options))
        cls.publisher = cls.share(Publisher())

    def setUp(self):
        super().setUp()
        self.clients = self.keep(Subscriber())

    def connect(self, name, **more):
        return self.clients.connect(name, self.sandbox.app, **more)

    def publish(self, channels, event, data, **params):
        self.publisher.publish(self.sandbox.app, channels, event, data, **params)

    def check_received(self, name, channel, event, data):
        line = self.clients.wait_for(name, event, channel)
        self.assertEqual(line.get("data"), data)

    def check_reaches(self, name, channel):
        """A client is still served; what was sent to it before has arrived then."""
        self.publish(channel, "fence", "x")
        self.check_received(name, channel, "fence", "x")
