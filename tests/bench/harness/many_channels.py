"""What a channel costs a client that has many: instructions and cache misses, by callgrind."""

import os
import re
import subprocess
import tempfile

from .processes import TRACED_TIMEOUT_S, BenchError

# What is done, the numbers of channels that are compared, and the two counts that make a slope.
SCENARIOS = (
    ("public", "a public channel, after a reconnect", (1000, 10000), (1, 3)),
    ("private", "a private channel, authorizer answers at once", (1000, 10000), (1, 3)),
    ("batch", "the same, authorizations in a batch", (1000, 10000), (1, 3)),
    ("dispatch", "an event, to one of its 10 bindings", (1, 10000), (1000, 11000)),
)

# Written down, so that misses do not depend on the machine.
CACHES = ("--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64")


def read_counts(text):
    """Instructions, and misses of the first data cache, from callgrind's file."""
    names = re.search(r"^events: (.*)$", text, re.MULTILINE)
    values = re.search(r"^totals: (.*)$", text, re.MULTILINE)
    if not names or not values:
        raise BenchError("many_channels: callgrind counted nothing")
    counts = dict(zip(names[1].split(), map(int, values[1].split())))
    return {"instructions": counts["Ir"], "l1_misses": counts["D1mr"] + counts["D1mw"]}


def count(machine, scenario, channels, times):
    with tempfile.NamedTemporaryFile("r") as out:
        # The network's part of sending is left out: on a real one it is another.
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
                   "--toggle-collect=ws_send", "--collect-atstart=yes", *CACHES,
                   machine.program("many_channels"), scenario, str(channels), str(times)]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=TRACED_TIMEOUT_S)
        if done.returncode:
            raise BenchError(f"many_channels: {done.stderr.strip()}")
        return read_counts(out.read())


def slope(few, many, units):
    return {name: (many[name] - few[name]) / units for name in few}


def measure(machine, progress):
    """Rows of what one channel, or one event, costs; each ratio is to the row with fewer
    channels."""
    rows = []
    for scenario, what, sizes, (few, many) in SCENARIOS:
        base = None
        for channels in sizes:
            progress(f"callgrind: {scenario}, {channels} channels")
            units = (many - few) * (1 if scenario == "dispatch" else channels)
            row = slope(count(machine, scenario, channels, few),
                        count(machine, scenario, channels, many), units)
            base = base or row["instructions"]
            rows.append({"scenario": scenario, "what": what, "channels": channels, **row,
                         "ratio": row["instructions"] / base})
    return rows
