"""Names, addresses and ports; and what goes over the wire to open a connection."""

import base64

from peers import pusherctl
from peers.bad_server import BadServerCase
from peers.case import Case, main
from peers.certificates import Certificates
from peers.node import Publisher
from peers.ports import ReservedPort
from peers.pusherctl import Listen, Run, Sandbox
from peers.scripted import Server, headers
from peers.soketi import Soketi

PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                   "ALL_PROXY", "socks_proxy", "SOCKS_PROXY", "wss_proxy", "ws_proxy")
API = ("--app-id", Sandbox.app_id, "--secret", Sandbox.secret, "--channel", "room", "--event",
       "ev", "--data", "x")


class Unreachable(Case):
    def check_problems(self, where, error, *words):
        """Attempt after attempt, each with its line."""
        listen = self.keep(Listen(where, "--states"))
        listen.expect("state", previous="initialized", current="connecting")
        for _ in range(2):
            line = listen.expect("problem", error=error, code=None, http_status=None,
                                 channel=None, will_retry=True)
            for word in words:
                self.assertIn(word, line["message"])
        listen.stop()

    def closed_port(self):
        reserved = ReservedPort()
        self.addCleanup(reserved.close)
        return reserved.number

    def test_nobody_listens(self):
        self.check_problems(pusherctl.server(self.closed_port()), "connect", pusherctl.REFUSED)

    def test_nobody_listens_with_tls(self):
        where = pusherctl.server(self.closed_port(), tls=True)
        self.check_problems(where, "connect", pusherctl.REFUSED)

    def test_a_name_without_address(self):
        where = pusherctl.server(80, host="no-such-host.invalid")
        self.check_problems(where, "resolve")

    def test_timeout_meanwhile(self):
        for where, error in (
                (pusherctl.server(self.closed_port()), "connect"),
                (pusherctl.server(80, host="no-such-host.invalid"), "resolve")):
            with self.subTest(error=error):
                listen = self.keep(Listen(where, "--timeout", "1"))
                self.assertEqual(listen.rest()[0]["error"], error)
                listen.ends_with(3)

    def test_publishing(self):
        for where in (pusherctl.server(self.closed_port()),
                      pusherctl.server(80, host="no-such-host.invalid")):
            with self.subTest(where=where):
                run = Run("trigger", *where, *API)
                self.assertEqual(run.status, 3, run)
                self.assertEqual(run.err.count("\n"), 1, run)
                self.assertEqual(run.out, "")


class Proxies(Case):
    """A proxy in the environment is for others (CFG-13)."""

    def setUp(self):
        super().setUp()
        self.proxy = self.keep(Server())
        url = f"http://127.0.0.1:{self.proxy.port}"
        self.environment = {name: url for name in PROXY_VARIABLES}
        self.environment |= {"no_proxy": "", "NO_PROXY": ""}

    def check_unused(self):
        self.proxy.listener.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.proxy.listener.accept()

    def test_listening_and_publishing(self):
        sandbox = self.keep(Sandbox())
        listen = self.keep(Listen(sandbox.where, "--count", "1", env=self.environment))
        listen.expect("subscribed", channel="room")
        run = Run("trigger", *sandbox.where, *API, env=self.environment)
        self.assertEqual(run.status, 0, run)
        listen.expect("event", channel="room", event="ev", data="x")
        listen.ends_with(0)
        self.check_unused()

    def test_with_tls(self):
        certificates = Certificates()
        self.addCleanup(certificates.close)
        soketi = self.keep(Soketi(certificates.local, certificates.ca))
        publisher = self.keep(Publisher(certificates.ca))
        listen = self.keep(Listen(soketi.where, "--count", "1", env=self.environment))
        listen.expect("subscribed", channel="room")
        publisher.publish(soketi.app, "room", "ev", "x")
        listen.expect("event", data="x")
        listen.ends_with(0)
        self.check_unused()


class Addresses(BadServerCase):
    def test_a_name_of_this_machine(self):
        """Only 127.0.0.1 listens, whichever address of the name comes first."""
        where = pusherctl.server(self.server.port, host="localhost")
        listen = self.keep(Listen(where, "--count", "1"))
        connection = self.server.serve()
        listen.expect("subscribed", channel="room")
        connection.send_event("x")
        listen.expect("event", data="x")
        listen.ends_with(0)


class Request(BadServerCase):
    """The handshake, as the server sees it."""

    def request(self, *options, host="127.0.0.1"):
        where = pusherctl.server(self.server.port, host=host)
        self.keep(Listen(where, *options))
        return self.server.accept().read_request()

    def test_its_lines(self):
        version = Run("--version").out.split()[-1]
        request = self.request()
        self.assertEqual(
            request[0],
            f"GET /app/app-key?protocol=7&client=libpusher&version={version} HTTP/1.1")
        sent = headers(request)
        self.assertEqual(sent["host"], f"127.0.0.1:{self.server.port}")
        self.assertEqual(sent["upgrade"].lower(), "websocket")
        self.assertEqual(sent["connection"].lower(), "upgrade")
        self.assertEqual(sent["sec-websocket-version"], "13")
        self.assertEqual(len(base64.b64decode(sent["sec-websocket-key"], validate=True)), 16)
        for name in ("sec-websocket-extensions", "sec-websocket-protocol", "cookie",
                     "authorization", "proxy-authorization", "content-length"):
            self.assertNotIn(name, sent)

    def test_host_by_name(self):
        request = self.request(host="localhost")
        self.assertEqual(headers(request)["host"], f"localhost:{self.server.port}")

    def test_path(self):
        request = self.request("--path", "/be/hind")
        self.assertTrue(request[0].startswith("GET /be/hind/app/app-key?protocol=7&"), request)

    def test_each_attempt_has_its_own_key(self):
        self.keep(Listen(self.server.where))
        keys = set()
        for _ in range(3):
            connection = self.server.accept()
            keys.add(headers(connection.read_request())["sec-websocket-key"])
            connection.end()
        self.assertEqual(len(keys), 3)

    def test_first_messages(self):
        """One subscription each, in the order asked for, and not before the greeting."""
        listen = self.keep(Listen(self.server.where, channels=("one", "two", "three")))
        connection = self.server.accept()
        connection.upgrade()
        connection.greet()
        for channel in ("one", "two", "three"):
            connection.subscribe(channel)
            listen.expect("subscribed", channel=channel)


if __name__ == "__main__":
    main(workers=6)
