"""The measures: rounds of receivers side by side, summed up as median and range."""

import statistics

from .processes import (PERCENTILES, BenchError, Scenario, count_instructions, hold_idle,
                        receive)

VARIANTS = 16  # counts are whole turns of the load source, so that averages are exact
IDLE_SETTLE_S = 0.5
COLD_RUNS = 12
CROWDS = (10, 1000, 10000)  # clients in one process, of whom one has an event
CROWD_RATE = 400  # a second: each event finds the process asleep
CROWD_COUNTS = (400, 2400)
TRACED_BYTES = (180_000, 1_080_000)  # payload of the two counts that make a slope


class Receiver:
    """A command that follows the contract. `native`: callgrind can count it."""

    def __init__(self, name, command, native=True):
        self.name = name
        self.command = command
        self.native = native


def summary(values):
    """Of the rounds that gave a figure; None: no round did."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"median": statistics.median(known), "low": min(known), "high": max(known)}


def events_for(payload_bytes, size):
    return max(1, round(payload_bytes / size / VARIANTS)) * VARIANTS


def summed_up(samples, *members):
    return {member: summary([sample[member] for sample in samples]) for member in members}


def ratios(samples, base, of):
    """Paired by round, since what disturbs a round disturbs both."""
    return summary([of(mine) / of(theirs) for mine, theirs in zip(samples, base)])


def throughput(machine, receivers, sizes, rounds, megabytes, progress):
    """Events a CPU-second, one client, as fast as the receiver reads."""
    samples = {(size, r.name): [] for size in sizes for r in receivers}
    for turn in range(rounds):
        for size in sizes:
            count = events_for(megabytes * 1e6, size)
            for receiver in receivers:
                progress(f"round {turn + 1}/{rounds}: {size} B, {receiver.name}")
                sample = receive(machine, receiver, Scenario(size=size, count=count))
                sample["events_per_cpu_s"] = count / sample["cpu_s"]
                samples[size, receiver.name].append(sample)
    rows = []
    for (size, name), own in samples.items():
        row = {"size": size, "receiver": name, "events": own[0]["received"]}
        row.update(summed_up(own, "cpu_s", "kernel_cpu_s", "wall_s", "kernel_max_rss_kb",
                             "events_per_cpu_s"))
        for base in ("lws", "pusher-js"):
            if (size, base) in samples:
                row[f"vs_{base}"] = ratios(own, samples[size, base],
                                           lambda sample: sample["events_per_cpu_s"])
        rows.append(row)
    return rows


def latency(machine, receivers, size, rounds, rate, burst, clients, seconds, progress):
    """Microseconds from the sender's stamp to the callback, and CPU an event, at a fixed rate."""
    count = max(1, round(rate * seconds / VARIANTS)) * VARIANTS
    samples = {r.name: [] for r in receivers}
    for turn in range(rounds):
        for receiver in receivers:
            progress(f"round {turn + 1}/{rounds}: {rate:g} events/s over {clients} clients, "
                     f"{receiver.name}")
            sample = receive(machine, receiver, Scenario(
                mode="paced", size=size, count=count, clients=clients, rate=rate, burst=burst))
            sample["cpu_us_per_event"] = sample["cpu_s"] / count * 1e6
            samples[receiver.name].append(sample)
    rows = []
    for name, own in samples.items():
        row = {"receiver": name, "size": size, "rate": rate, "burst": burst,
               "clients": clients, "events": count}
        row.update(summed_up(own, *PERCENTILES, "cpu_us_per_event", "kernel_max_rss_kb"))
        if "pusher-js" in samples:
            row["cpu_vs_pusher-js"] = ratios(samples["pusher-js"], own,
                                             lambda sample: sample["cpu_us_per_event"])
        rows.append(row)
    return rows


def instructions(machine, receivers, sizes, progress):
    """Instructions an event: the slope between a short and a longer run."""
    rows = []
    for size in sizes:
        bare = None
        for receiver in receivers:
            if not receiver.native:
                continue
            progress(f"callgrind: {size} B, {receiver.name}")
            counts = [events_for(payload, size) for payload in TRACED_BYTES]
            totals = [count_instructions(machine, receiver, Scenario(size=size, count=count))
                      for count in counts]
            slope = (totals[1] - totals[0]) / (counts[1] - counts[0])
            if receiver.name == "lws":
                bare = slope
            rows.append({"size": size, "receiver": receiver.name, "counts": counts,
                         "per_event": slope, "fixed": totals[0] - slope * counts[0],
                         "above_lws": None if bare is None else slope - bare})
    return rows


def crowd(machine, receivers, crowds, rounds, seconds, progress):
    """What an event to one client costs among others that are silent: instructions by callgrind
    (a slope), and CPU. Ratios are to the smallest crowd."""
    rows = []
    for receiver in receivers:
        base = None
        for clients in crowds:
            row = {"receiver": receiver.name, "clients": clients, "rate": CROWD_RATE,
                   "instructions": None}
            if receiver.native:
                progress(f"callgrind: an event among {clients} clients, {receiver.name}")
                totals = [count_instructions(machine, receiver, Scenario(
                    mode="paced", count=count, clients=clients, rate=CROWD_RATE))
                    for count in CROWD_COUNTS]
                row["instructions"] = ((totals[1] - totals[0])
                                       / (CROWD_COUNTS[1] - CROWD_COUNTS[0]))
            row.update(latency(machine, [receiver], 180, rounds, CROWD_RATE, 1, clients, seconds,
                               progress)[0])
            base = base or row
            row["instructions_ratio"] = (row["instructions"] / base["instructions"]
                                         if row["instructions"] else None)
            row["cpu_ratio"] = (row["cpu_us_per_event"]["median"]
                                / base["cpu_us_per_event"]["median"])
            rows.append(row)
    return rows


def connect_rate(clients, one_ready_s, many_ready_s):
    """Connects a second, from the time that `clients` took more than one client did. None: that
    is less than starting the process takes, and a rate from it would be its noise."""
    more_s = many_ready_s - one_ready_s
    return (clients - 1) / more_s if more_s > one_ready_s else None


def idle(machine, receivers, clients, rounds, progress):
    """Memory, connect time and CPU of each further idle client: from 1 to `clients`."""
    samples = {r.name: [] for r in receivers}
    for turn in range(rounds):
        for receiver in receivers:
            progress(f"round {turn + 1}/{rounds}: {clients} idle clients, {receiver.name}")
            one = hold_idle(machine, receiver, 1, IDLE_SETTLE_S)
            many = hold_idle(machine, receiver, clients, IDLE_SETTLE_S)
            further = clients - 1
            samples[receiver.name].append({
                "private_kib_each": (many["private_kib"] - one["private_kib"]) / further,
                "rss_kib_each": (many["rss_kib"] - one["rss_kib"]) / further,
                "connect_cpu_us": (many["ready_cpu_s"] - one["ready_cpu_s"]) / further * 1e6,
                "connects_per_s": connect_rate(clients, one["ready_s"], many["ready_s"]),
                "private_kib_one": one["private_kib"],
                "rss_kib_one": one["rss_kib"]})
    return [{"receiver": name, "clients": clients, **summed_up(own, *own[0])}
            for name, own in samples.items()]


def cold(machine, receivers, progress):
    """Milliseconds from the start of the process to the ready line of one client."""
    samples = {r.name: [] for r in receivers}
    scenario = Scenario(count=VARIANTS)
    for turn in range(COLD_RUNS + 1):
        for receiver in receivers:
            progress(f"cold start {turn}/{COLD_RUNS}: {receiver.name}")
            sample = receive(machine, receiver, scenario)
            if turn > 0:  # the first one warms the page cache
                samples[receiver.name].append({"ready_ms": sample["ready_s"] * 1e3,
                                               "cpu_ms": sample["ready_cpu_s"] * 1e3})
    return [{"receiver": name, "runs": len(own), **summed_up(own, "ready_ms", "cpu_ms")}
            for name, own in samples.items()]


def smoke(machine, receivers, progress):
    """A few events through every receiver in every mode; only that all of it is right."""
    scenarios = [
        Scenario(size=180, count=4000),
        Scenario(size=1000, count=1603, clients=5, window=2),
        Scenario(size=10000, count=320),
        Scenario(mode="paced", size=180, count=400, clients=2, rate=4000),
        Scenario(mode="paced", size=10000, count=100, clients=3, rate=1000),
    ]
    for receiver in receivers:
        for scenario in scenarios:
            progress(f"{receiver.name}: {scenario.mode}, {scenario.count} events of "
                     f"{scenario.size} B to {scenario.clients} client(s)")
            sample = receive(machine, receiver, scenario)
            if sample.get("parsed", "text") not in ("text", "json"):
                raise BenchError(f"{receiver.name}: parsed is {sample['parsed']!r}")
        progress(f"{receiver.name}: idle")
        hold_idle(machine, receiver, 20, 0)
