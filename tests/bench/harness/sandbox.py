"""The sandbox of pusherctl as a server in a process of its own."""

import subprocess
import sys


def start(build, port=0):
    """(process, port), once it listens."""
    process = subprocess.Popen([f"{build}/cli/pusherctl", "sandbox", "--port", str(port)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit(f"no sandbox: {line!r}")
    return process, line.strip().rpartition(":")[2]
