"""Certificates made for the test, by openssl."""

import pathlib
import subprocess
import tempfile

LOCAL_NAMES = "DNS:localhost,IP:127.0.0.1"


class Certificates:
    """A CA with server certificates: one for this machine, one for another name, one that
    has expired. And a second CA, which has signed none of them."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.ca = self.make_ca("ca")
        self.unrelated_ca = self.make_ca("unrelated-ca")
        self.local = self.make_server("local", LOCAL_NAMES)
        self.elsewhere = self.make_server("elsewhere", "DNS:elsewhere.example")
        self.expired = self.make_server("expired", LOCAL_NAMES, days=-1)

    def path(self, name):
        return str(pathlib.Path(self.folder.name, name))

    def openssl(self, *args):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"openssl {' '.join(args)}: {done.stderr}"

    def request(self, name, *options):
        self.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", self.path(f"{name}.key"), "-subj", f"/CN={name}.example", *options)

    def make_ca(self, name):
        self.request(name, "-x509", "-days", "2", "-out", self.path(f"{name}.pem"))
        return self.path(f"{name}.pem")

    def make_server(self, name, names, days=2):
        """The paths of certificate and key."""
        self.request(name, "-out", self.path(f"{name}.csr"))
        pathlib.Path(self.path(f"{name}.ext")).write_text(f"subjectAltName={names}\n")
        self.openssl(
            "x509", "-req", "-in", self.path(f"{name}.csr"), "-days", str(days), "-CA", self.ca,
            "-CAkey", self.path("ca.key"), "-CAcreateserial", "-extfile",
            self.path(f"{name}.ext"), "-out", self.path(f"{name}.pem"))
        return self.path(f"{name}.pem"), self.path(f"{name}.key")

    def close(self):
        self.folder.cleanup()
