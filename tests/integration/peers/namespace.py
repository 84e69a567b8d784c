"""A network of its own, in which packets can be made to vanish: a loopback in a network namespace,
made as any user may."""

import subprocess
import time

from peers.case import Log

WAIT_S = 20


class Namespace:
    def __init__(self):
        self.log = Log("network")
        self.holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--net", "--", "sleep", "infinity"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self.await_ready()
            self.link("up")
        except BaseException:
            self.close()
            raise

    def await_ready(self):
        """It is, when the holder has become `sleep`."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with open(f"/proc/{self.holder.pid}/comm", encoding="utf-8") as comm:
                if comm.read() == "sleep\n":
                    return
            assert self.holder.poll() is None, self.holder.stderr.read().decode()
            time.sleep(0.01)
        raise AssertionError("no network namespace")

    @property
    def within(self):
        """What comes before a command that is to run there."""
        return ["nsenter", "--target", str(self.holder.pid), "--user", "--net",
                "--preserve-credentials", "--"]

    def link(self, state):
        self.log.add(f"loopback {state}")
        subprocess.run([*self.within, "ip", "link", "set", "lo", state], check=True,
                       capture_output=True, timeout=WAIT_S)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stderr.close()
