"""How an established connection ends, and when the next one is tried."""

import signal
import time

from peers.bad_server import BadServerCase
from peers.case import main
from peers.pusherctl import RESET
from peers.scripted import CLOSE

LEAST_DELAY_MS = 1000
CLOCK_STEP_MS = 1


class Lost(BadServerCase):
    def check_lost(self, end, *words):
        listen, connection = self.subscribed()
        end(connection)
        line = self.expect_loss(listen, "closed", *words)
        self.assertGreaterEqual(self.delay_ms(line), LEAST_DELAY_MS)
        return listen, connection

    def test_end_without_a_close_frame(self):
        listen, _ = self.check_lost(lambda connection: connection.end())
        self.check_back(listen)

    def test_reset(self):
        listen, _ = self.check_lost(lambda connection: connection.reset(), RESET)
        self.check_back(listen)

    def test_half_closed(self):
        """Who will send nothing more is of no use; it is left at once."""
        listen, connection = self.check_lost(lambda connection: connection.half_close())
        connection.expect_end()
        self.check_back(listen)

    def test_within_a_message(self):
        listen, _ = self.check_lost(lambda connection: (
            connection.send(b"\x81\x7e\x01\x00" + b'{"event":"ev","channel":"room"'),
            connection.end()))
        self.check_back(listen)

    def test_while_subscribing(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.upgrade()
        connection.greet()
        listen.expect("state", current="connected")
        connection.read_json()
        connection.end()
        self.expect_loss(listen, "closed")
        self.check_back(listen)

    def test_each_attempt_is_reported_once(self):
        """And each begins as late as announced."""
        listen, connection = self.subscribed("--unavailable-timeout", "60")
        for _ in range(3):
            before_ms = time.monotonic() * 1000
            connection.end()
            line = listen.wait_for("problem")
            self.assertGreaterEqual(self.delay_ms(line), LEAST_DELAY_MS)
            connection = self.server.accept()
            waited_ms = time.monotonic() * 1000 - before_ms
            self.assertGreater(waited_ms, self.delay_ms(line) - CLOCK_STEP_MS)
            connection.read_request()
        listen.stop()
        self.assertEqual([line["type"] for line in listen.rest()], [])


class Codes(BadServerCase):
    """CLOSE-01"""

    def close_with(self, code, reason=""):
        listen, connection = self.subscribed()
        connection.send_close(code, reason)
        return listen, connection

    def expect_answer(self, connection, code):
        connection.expect_close(code)
        connection.expect_end()

    def test_codes_that_mean_later(self):
        for code in (1000, 1001, 1011, 3000, 4100, 4199):
            with self.subTest(code=code):
                listen, connection = self.close_with(code, "for a while")
                line = self.expect_loss(listen, "closed", "for a while", code=code)
                self.assertGreaterEqual(self.delay_ms(line), LEAST_DELAY_MS)
                self.expect_answer(connection, code)
                self.check_back(listen)

    def test_codes_that_mean_never(self):
        for code in (4001, 4009, 4099, 4300, 4999):
            with self.subTest(code=code):
                listen, connection = self.close_with(code, "for good")
                self.expect_refusal(listen, "closed", code, previous="connected")
                connection.expect_end()

    def test_at_once_but_once(self):
        """4200 in a loop: the first is obeyed, the others wait (CLOSE-06)."""
        listen, connection = self.close_with(4200, "reconnect")
        line = self.expect_loss(listen, "closed", "reconnect", code=4200)
        self.assertEqual(self.delay_ms(line), 0)
        for _ in range(2):
            connection = self.serve(listen)
            connection.send_close(4200)
            line = self.expect_loss(listen, "closed", code=4200)
            self.assertGreaterEqual(self.delay_ms(line), LEAST_DELAY_MS)
        self.check_back(listen)

    def test_to_tls_for_good(self):
        """4000 over plain TCP; the attempts that follow stay with TLS (CLOSE-04)."""
        listen, _ = self.close_with(4000)
        line = self.expect_loss(listen, "closed", code=4000)
        self.assertEqual(self.delay_ms(line), 0)
        for _ in range(2):
            connection = self.server.accept()
            self.assertEqual(connection.receive(2), b"\x16\x03")
            connection.end()
            self.expect_failure(listen, "tls")

    def test_said_in_band_before_a_drop(self):
        """A server that closes without codes has said it before (CLOSE-13)."""
        listen, connection = self.subscribed()
        connection.send_json("pusher:error", data={"code": 4009, "message": "not allowed"})
        connection.end()
        listen.expect("problem", error="server", code=4009, will_retry=True)
        self.expect_refusal(listen, "closed", 4009, previous="connected")


class Silent(BadServerCase):
    """Liveness: PING-02, PING-04."""

    def expect_ping(self, connection):
        self.assertEqual(connection.read_json(), {"event": "pusher:ping", "data": {}})

    def test_no_pong(self):
        listen, connection = self.subscribed("--activity-timeout", "1", "--pong-timeout", "1")
        self.expect_ping(connection)
        self.expect_loss(listen, "pong_timeout", "1000 ms")
        opcode, _ = connection.read_frame()
        self.assertEqual(opcode, CLOSE)
        connection.expect_end()
        self.check_back(listen)

    def test_any_message_is_a_sign_of_life(self):
        listen, connection = self.subscribed("--activity-timeout", "1", "--pong-timeout", "2")
        self.expect_ping(connection)
        connection.send_json("pusher:pong", data={})
        self.expect_ping(connection)
        self.check_alive(listen, connection)
        self.expect_ping(connection)
        self.check_alive(listen, connection)

    def test_an_answer_that_came_while_the_process_was_stopped_counts(self):
        listen, connection = self.subscribed("--activity-timeout", "1", "--pong-timeout", "2")
        self.expect_ping(connection)
        listen.signal(signal.SIGSTOP)
        connection.send_json("pusher:pong", data={})
        time.sleep(4)  # all timers of the process are overdue then
        listen.signal(signal.SIGCONT)
        self.expect_ping(connection)
        self.check_alive(listen, connection)

    def test_the_server_may_ask_for_more_frequent_pings(self):
        listen, connection = self.subscribed("--pong-timeout", "1", activity_timeout=1)
        self.expect_ping(connection)
        self.expect_loss(listen, "pong_timeout")
        self.check_back(listen)


if __name__ == "__main__":
    main(workers=10)
