"""Which servers are trusted: the certificate's issuer, its names, the version of TLS."""

import os
import pathlib
import ssl
import warnings

from peers import pusherctl
from peers.case import Case, main
from peers.certificates import Certificates
from peers.node import Publisher
from peers.pusherctl import Listen, Run
from peers.scripted import Server
from peers.soketi import Soketi


class Trust(Case):
    """soketi with a certificate that is for this machine, or with one that is not."""

    @classmethod
    def setUpClass(cls):
        cls.certificates = cls.share_folder(Certificates())
        cls.soketi = cls.share(Soketi(cls.certificates.local))
        cls.elsewhere = cls.share(Soketi(cls.certificates.elsewhere))
        cls.publisher = cls.share(Publisher(cls.certificates.ca))

    def listen(self, soketi, *options, host="127.0.0.1", ca=None, env=None):
        where = pusherctl.server(soketi.port, host=host, tls=True, ca=ca)
        return self.keep(Listen(where, *options, "--states", env=env))

    def check_trusted(self, host):
        listen = self.listen(self.soketi, "--count", "1", host=host, ca=self.certificates.ca)
        listen.wait_for("subscribed", channel="room")
        self.publisher.publish(self.soketi.app, "room", "ev", "secret")
        listen.wait_for("event", data="secret")
        listen.ends_with(0)

    def check_refused(self, listen, *words):
        """Attempts go on, since a certificate can be mended, but none succeeds."""
        listen.expect("state", current="connecting")
        for _ in range(2):
            line = listen.expect(
                "problem", error="tls", code=None, http_status=None, channel=None,
                will_retry=True)
            for word in words:
                self.assertIn(word, line["message"])
        listen.stop()

    def test_an_address_that_the_certificate_names(self):
        self.check_trusted("127.0.0.1")

    def test_a_host_name_that_the_certificate_names(self):
        self.check_trusted("localhost")

    def test_another_host_name(self):
        listen = self.listen(self.elsewhere, host="localhost", ca=self.certificates.ca)
        self.check_refused(listen, "certificate is for another name")

    def test_another_address(self):
        listen = self.listen(self.elsewhere, ca=self.certificates.ca)
        self.check_refused(listen, "certificate is for another name")

    def test_signed_by_another_ca(self):
        listen = self.listen(self.soketi, ca=self.certificates.unrelated_ca)
        self.check_refused(listen, "not signed by a trusted CA")

    def test_not_signed_by_a_ca_of_the_system(self):
        self.check_refused(self.listen(self.soketi), "not signed by a trusted CA")

    def test_a_given_ca_replaces_those_of_the_system(self):
        """The system's file of certificates is not a fallback for --ca."""
        env = {"SSL_CERT_FILE": self.certificates.ca}
        listen = self.listen(self.soketi, ca=self.certificates.unrelated_ca, env=env)
        self.check_refused(listen, "not signed by a trusted CA")

    def test_timeout_while_refused(self):
        listen = self.listen(self.elsewhere, "--timeout", "1", ca=self.certificates.ca)
        self.assertIn("tls", [line.get("error") for line in listen.rest()])
        listen.ends_with(3)

    def test_ca_file_that_cannot_be_used(self):
        no_certificate = pathlib.Path(self.certificates.path("no-certificate.pem"))
        no_certificate.write_text("no certificate\n")
        for path in (self.certificates.path("missing.pem"), str(no_certificate)):
            where = pusherctl.server(self.soketi.port, tls=True, ca=path)
            with self.subTest(path=path):
                run = Run("listen", "--json", *where, "--channel", "room", "--timeout", "2")
                self.assertIn(run.status, (1, 3), run)
                self.assertIn(path if run.status == 1 else '"error":"tls"', run.err + run.out)

    def test_publishing_over_tls(self):
        app = ["--app-id", "app-id", "--secret", "app-secret"]
        what = ["--channel", "room", "--event", "ev", "--data", "from pusherctl"]
        listen = self.listen(self.soketi, "--count", "1", ca=self.certificates.ca)
        listen.wait_for("subscribed", channel="room")
        where = pusherctl.server(self.soketi.port, tls=True, ca=self.certificates.ca)
        run = Run("trigger", *where, *app, *what)
        self.assertEqual(run.status, 0, run)
        listen.wait_for("event", event="ev", data="from pusherctl")
        listen.ends_with(0)

    def test_publishing_to_an_untrusted_server(self):
        app = ["--app-id", "app-id", "--secret", "app-secret"]
        what = ["--channel", "room", "--event", "ev", "--data", "x"]
        for soketi, ca in ((self.elsewhere, self.certificates.ca),
                           (self.soketi, self.certificates.unrelated_ca), (self.soketi, None)):
            where = pusherctl.server(soketi.port, tls=True, ca=ca)
            run = Run("trigger", *where, *app, *what)
            self.assertEqual(run.status, 3, run)
            self.assertIn("certificate", run.err)
            self.assertEqual(run.err.count("\n"), 1, run)


class Handshake(Case):
    """Servers that speak TLS badly, or not at all."""

    @classmethod
    def setUpClass(cls):
        cls.certificates = cls.share_folder(Certificates())

    def setUp(self):
        super().setUp()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*self.certificates.local)
        self.server = self.keep(Server(self.context))

    def listen(self, *options, host="127.0.0.1"):
        where = pusherctl.server(self.server.port, host=host, tls=True, ca=self.certificates.ca)
        return self.keep(Listen(where, *options))

    def check_refused(self, listen, words):
        line = listen.expect(
            "problem", error="tls", code=None, http_status=None, channel=None, will_retry=True)
        self.assertIn(words, line["message"])

    def test_a_session(self):
        """Name and address of the server, as the server sees them."""
        names = []
        self.context.sni_callback = lambda _, name, __: names.append(name)
        listen = self.listen("--count", "1", host="localhost")
        connection = self.server.accept_tls()
        self.assertIn(connection.socket.version(), ("TLSv1.2", "TLSv1.3"))
        self.assertEqual(names, ["localhost"])
        request = connection.upgrade()
        self.assertIn(f"Host: localhost:{self.server.port}", request)
        connection.greet()
        connection.subscribe()
        connection.send_event("x" * 100000)
        listen.expect("subscribed", channel="room")
        listen.expect("event", data="x" * 100000)
        listen.ends_with(0)
        connection.expect_close(1000)

    def test_tls_1_2_is_enough(self):
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.listen()
        self.server.accept_tls().upgrade()

    def test_expired(self):
        self.context.load_cert_chain(*self.certificates.expired)
        listen = self.listen()
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.server.accept_tls()
        self.check_refused(listen, "certificate has expired")

    def test_tls_1_1_is_refused(self):
        self.context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = ssl.TLSVersion.TLSv1_1
        listen = self.listen()
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.server.accept_tls()
        self.check_refused(listen, "no TLS version from 1.2 on")

    def test_a_server_without_tls(self):
        listen = self.listen()
        connection = self.server.accept()
        self.assertEqual(connection.receive(2), b"\x16\x03")
        connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        self.check_refused(listen, "does not speak TLS on this port")

    def test_a_server_that_is_silent_in_the_handshake(self):
        listen = self.listen("--connect-timeout", "1")
        connection = self.server.accept()
        self.check_refused(listen, "1000 ms")
        connection.expect_end()

    def test_a_server_that_leaves_in_the_handshake(self):
        listen = self.listen()
        connection = self.server.accept()
        connection.receive(2)
        connection.end()
        self.check_refused(listen, "ended the connection during the handshake")

    def test_a_connection_cut_without_farewell(self):
        """The end of TCP without TLS close_notify is no end of the session that anyone could
        have meant, but the client comes back all the same."""
        listen = self.listen()
        connection = self.server.accept_tls()
        connection.upgrade()
        connection.greet()
        connection.subscribe()
        listen.expect("subscribed")
        connection.end()
        listen.expect("problem", error="closed", code=None, will_retry=True)
        self.server.accept_tls().upgrade()

    def test_bytes_that_are_not_of_the_session(self):
        """Nothing can be said of frames where there are none."""
        forged = b"\x17\x03\x03\x00\x40" + b"x" * 64
        for data in (forged, b"GET / HTTP/1.1\r\n\r\n", b"\x17\x03\x03\xff\xff"):
            with self.subTest(data=data):
                listen = self.listen()
                connection = self.server.accept_tls()
                connection.upgrade()
                connection.greet()
                connection.subscribe()
                listen.expect("subscribed")
                os.write(connection.socket.fileno(), data)
                line = listen.expect("problem", error="closed", code=None, will_retry=True)
                self.assertIn("the TLS session broke", line["message"])
                listen.stop()

    def test_asked_for_tls_by_a_server_that_has_it(self):
        """Close code 4000 over TLS cannot be obeyed again and again (CLOSE-04)."""
        listen = self.listen()
        connection = self.server.accept_tls()
        connection.upgrade()
        connection.greet()
        connection.send_close(4000)
        line = listen.wait_for("problem", code=4000)
        self.assertFalse(line["will_retry"])
        listen.ends_with(2)


class Redirected(Case):
    """Close code 4000 over plain TCP: the same again with TLS (CLOSE-04)."""

    def test_from_plain_to_tls(self):
        server = self.keep(Server())
        listen = self.keep(Listen(server.where))
        connection = server.accept()
        connection.upgrade()
        connection.send_close(4000)
        listen.expect("problem", code=4000, will_retry=True)
        self.assertEqual(server.accept().receive(2), b"\x16\x03")


if __name__ == "__main__":
    main(workers=4)
