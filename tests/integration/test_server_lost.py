"""A server process that dies, hangs or restarts; and pusherctl told to stop meanwhile."""

import signal
import time

from peers import pusherctl
from peers.case import Case, main
from peers.namespace import Namespace
from peers.node import Publisher
from peers.pusherctl import Listen, Sandbox
from peers.scripted import Server
from peers.soketi import Soketi

ACTIVITY_S, PONG_S = 2, 1
PATIENCE = ("--activity-timeout", str(ACTIVITY_S), "--pong-timeout", str(PONG_S))
PROMPT_S = 5  # how long an end may take that waits for nobody


class Lost(Case):
    def setUp(self):
        super().setUp()
        self.soketi = self.keep(Soketi())
        self.publisher = self.keep(Publisher())

    def listen(self, *options):
        return self.keep(Listen(self.soketi.where, "--states", *options))

    def subscribed(self, *options):
        listen = self.listen(*options)
        listen.wait_for("subscribed", channel="room")
        return listen

    def check_back(self, listen):
        listen.wait_for("state", current="connected")
        listen.expect("subscribed", channel="room")
        self.publisher.publish(self.soketi.app, "room", "ev", "back")
        listen.expect("event", channel="room", event="ev", data="back")

    def test_hanging_is_noticed_in_time(self):
        """Within activity timeout plus pong timeout plus one second."""
        listen = self.subscribed(*PATIENCE)
        self.publisher.publish(self.soketi.app, "room", "ev", "last")
        listen.expect("event", data="last")
        heard_at = time.monotonic()
        self.soketi.pause()
        listen.expect("problem", error="pong_timeout", will_retry=True)
        listen.expect("state", previous="connected", current="connecting")
        self.assertLess(time.monotonic() - heard_at, ACTIVITY_S + PONG_S + 1)
        self.soketi.resume()
        self.check_back(listen)

    def test_hanging_from_the_start(self):
        """The kernel accepts for a process that is stopped."""
        self.soketi.pause()
        listen = self.listen("--connect-timeout", "1")
        listen.wait_for("problem", error="upgrade", will_retry=True)
        self.soketi.resume()
        self.check_back(listen)

    def test_hanging_for_a_while_is_not_noticed(self):
        """Shorter than the timeouts: nothing is lost, nothing is said."""
        listen = self.subscribed("--pong-timeout", "60", "--activity-timeout", "1")
        self.soketi.pause()
        time.sleep(2)  # what is awaited is that nothing happens
        self.soketi.resume()
        self.publisher.publish(self.soketi.app, "room", "ev", "after all")
        listen.expect("event", data="after all")

    def test_killed_and_away_for_long(self):
        listen = self.subscribed("--unavailable-timeout", "1")
        self.soketi.kill()
        listen.expect("problem", error="closed", will_retry=True)
        listen.expect("state", previous="connected", current="connecting")
        listen.expect("state", previous="connecting", current="unavailable")
        listen.expect("problem", error="connect", will_retry=True)
        self.soketi.start()
        self.check_back(listen)

    def test_restarted(self):
        """soketi tells its clients to reconnect, in-band and by its close code (CLOSE-13)."""
        listen = self.subscribed()
        self.soketi.stop()
        self.assertEqual(listen.wait_for("problem", error="closed")["code"], 4200)
        listen.expect("state", previous="connected", current="connecting")
        self.soketi.start()
        self.check_back(listen)

    def test_restarted_again_and_again(self):
        listen = self.subscribed()
        for _ in range(2):
            self.soketi.kill()
            listen.wait_for("problem", error="closed")
            self.soketi.start()
            self.check_back(listen)

    def test_told_to_stop_while_the_server_hangs(self):
        listen = self.subscribed()
        self.soketi.pause()
        listen.signal(signal.SIGTERM)
        self.assertEqual(listen.wait(PROMPT_S), 0)
        self.soketi.resume()



class Packets(Case):
    """They vanish on the way, and neither side is told."""

    def test_vanishing_is_noticed_in_time(self):
        network = self.keep(Namespace())
        sandbox = self.keep(Sandbox(within=network.within))
        listen = self.keep(Listen(sandbox.where, "--states", *PATIENCE, within=network.within))
        listen.wait_for("subscribed", channel="room")
        heard_at = time.monotonic()
        network.link("down")
        listen.expect("problem", error="pong_timeout", will_retry=True)
        listen.expect("state", previous="connected", current="connecting")
        self.assertLess(time.monotonic() - heard_at, ACTIVITY_S + PONG_S + 1)
        network.link("up")
        listen.wait_for("state", current="connected")
        listen.expect("subscribed", channel="room")


class Stages(Case):
    """Told to stop in each stage of an attempt, the program waits for nobody."""

    def setUp(self):
        super().setUp()
        self.server = self.keep(Server())

    def listen(self, tls=False):
        where = pusherctl.server(self.server.port, tls=tls)
        return self.keep(Listen(where, "--states"))

    def check_stops(self, listen):
        listen.signal(signal.SIGTERM)
        self.assertEqual(listen.wait(PROMPT_S), 0)
        listen.check_errors()

    def test_waiting_for_the_next_attempt(self):
        listen = self.listen()
        self.server.accept().end()
        listen.wait_for("problem")
        self.check_stops(listen)

    def test_waiting_for_the_answer(self):
        listen = self.listen()
        self.server.accept().read_request()
        self.check_stops(listen)

    def test_in_the_tls_handshake(self):
        listen = self.listen(tls=True)
        self.server.accept().receive(2)
        self.check_stops(listen)

    def test_waiting_for_the_greeting(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        self.check_stops(listen)

    def test_waiting_for_the_confirmation(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.greet()
        connection.read_json()
        self.check_stops(listen)


if __name__ == "__main__":
    main(workers=6)
