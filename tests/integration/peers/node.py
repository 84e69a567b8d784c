"""Helper programs in node, driven with JSON lines.

A request is answered by a line with its id; every other line is an event.
"""

import json
import pathlib

from peers.process import WAIT_S, Process, environment

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def require_packages():
    assert (FOLDER / "node_modules" / ".installed").exists(), (
        "the npm packages are missing; run tests/integration/install-npm")


class Node(Process):
    def __init__(self, name, script, env=None):
        require_packages()
        super().__init__(name, ["node", str(FOLDER / "node" / script)], env=env)
        self.last_id = 0
        self.events = []

    def read_line(self, timeout_s):
        line = self.next_line(timeout_s)
        assert line is not None, f"{self.log.name} has ended\n{self.error_text()}"
        return json.loads(line)

    def call(self, **request):
        """The result of a request."""
        self.last_id += 1
        self.write(json.dumps(request | {"id": self.last_id}))
        while True:
            line = self.read_line(WAIT_S)
            if line.get("id") == self.last_id:
                assert "failed" not in line, f"{request}: {line['failed']}"
                return line["result"]
            self.events.append(line)


class Publisher(Node):
    """The server library `pusher`."""

    def __init__(self, ca=None):
        env = environment(NODE_EXTRA_CA_CERTS=ca) if ca else None
        super().__init__("publisher", "publisher.js", env)

    def ask(self, app, method, *args):
        """HTTP status and body of what the server answered."""
        result = self.call(app=app, method=method, args=args)
        return result["status"], result["body"]

    def publish(self, app, channels, event, data, **params):
        """The library sends data that is no text as JSON text."""
        self.check(self.ask(app, "trigger", channels, event, data, params))

    def publish_batch(self, app, batch):
        self.check(self.ask(app, "triggerBatch", batch))

    def check(self, answer):
        """soketi answers 200 to what it refuses, too."""
        status, body = answer
        assert status == 200 and "error" not in body, f"publishing failed: {answer}"


class Subscriber(Node):
    """Clients of the library `pusher-js`, each with a name."""

    def __init__(self, ca=None):
        env = environment(NODE_EXTRA_CA_CERTS=ca) if ca else None
        super().__init__("pusher-js", "subscriber.js", env)

    def wait_for(self, client, event, channel=None, timeout_s=WAIT_S, **members):
        """Takes the first event of this name, on this channel or on the connection."""
        wanted = {"client": client, "event": event, "channel": channel} | members
        seen = 0
        while True:
            for index in range(seen, len(self.events)):
                if all(self.events[index].get(name) == value for name, value in wanted.items()):
                    return self.events.pop(index)
            seen = len(self.events)
            try:
                self.events.append(self.read_line(timeout_s))
            except AssertionError as error:
                raise AssertionError(f"{error}, but no {wanted}") from None

    def unseen(self, client, event, channel=None):
        """Events of this name that have arrived and were not taken."""
        return [line for line in self.events
                if (line["client"], line["event"], line.get("channel")) == (client, event, channel)]

    def start(self, name, app, user=None, signin=None, **options):
        self.call(do="connect", client=name, app=app, user=user, signin=signin, options=options)

    def connect(self, name, app, user=None, signin=None, **options):
        """The socket id. `user`: who it is in presence channels; `signin`: the user_data of
        sign_in()."""
        self.start(name, app, user, signin, **options)
        return self.wait_for(name, "connected")["data"]["socket_id"]

    def ask_to_subscribe(self, name, channel):
        self.call(do="subscribe", client=name, channel=channel)

    def subscribe(self, name, channel):
        """The data of subscription_succeeded."""
        self.ask_to_subscribe(name, channel)
        return self.wait_for(name, "pusher:subscription_succeeded", channel).get("data")

    def sign_in(self, name):
        """What came with signin_success."""
        self.call(do="signin", client=name)
        while True:
            message = self.wait_for(name, "message")["data"]
            if message["event"] == "pusher:signin_success":
                return json.loads(message["data"]["user_data"])

    def trigger(self, name, channel, event, data):
        assert self.call(do="trigger", client=name, channel=channel, event=event, data=data)
