"""One measurement: a load source on one core, a receiver on another, and what came of it."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import time

# Seconds. Generous: they end a run that hangs, they do not judge one that is slow.
LINE_TIMEOUT_S = 120
TRACED_TIMEOUT_S = 900
END_TIMEOUT_S = 20

# How far a receiver's own figure may stay below what the kernel counted: both of them.
CPU_TOLERANCE_PART = 0.10
CPU_TOLERANCE_S = 0.05

CHANNEL = "bench"
EVENT = "order-updated"
PERCENTILES = ("p50_us", "p90_us", "p99_us", "p999_us", "max_us")


class BenchError(Exception):
    """A run that does not count: what happened, in one line."""


class Lines:
    """Lines of a pipe, each awaited with a deadline."""

    def __init__(self, fd, name):
        self.fd = fd
        self.name = name
        self.buffer = b""

    def next(self, timeout_s):
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise BenchError(f"{self.name}: no line within {timeout_s:.0f} s")
            chunk = os.read(self.fd, 65536)
            if not chunk:
                raise BenchError(f"{self.name}: ended without the expected line")
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def next_json(self, timeout_s, *members):
        line = self.next(timeout_s)
        try:
            value = json.loads(line)
            missing = [name for name in members if name not in value]
        except (ValueError, TypeError):
            raise BenchError(f"{self.name}: not a JSON line: {line!r}") from None
        if missing:
            raise BenchError(f"{self.name}: no {', '.join(missing)} in {line!r}")
        return value


def cpu_clock_s(pid):
    """User and system time of a running process so far."""
    clock = (~pid << 3) | 2  # CPUCLOCK_SCHED of a process, see clock_getcpuclockid(3)
    return time.clock_gettime(clock)


def read_memory_kib(pid):
    """Private dirty memory and resident set of a running process."""
    wanted = {"Private_Dirty": 0, "Rss": 0}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            match = re.match(r"(\w+):\s+(\d+) kB", line)
            if match and match[1] in wanted:
                wanted[match[1]] = int(match[2])
    return wanted["Private_Dirty"], wanted["Rss"]


class Machine:
    """Where the programs are, which cores they get, and how they are asked to talk."""

    def __init__(self, build, cpus, tls=None):
        self.build = build
        self.flood_cpu, self.receiver_cpu = cpus
        self.tls = tls  # None, or (certificate file, key file)

    def program(self, name):
        path = os.path.join(self.build, name)
        if not os.access(path, os.X_OK):
            raise BenchError(f"{path} is missing; build it, or name the folder with --build")
        return path

    def environment(self, scenario, port):
        # libwebsockets would send loopback traffic through a proxy of the environment.
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(
            BENCH_HOST="127.0.0.1", BENCH_PORT=str(port), BENCH_KEY="bench-key",
            BENCH_CHANNEL=CHANNEL, BENCH_EVENT=EVENT, BENCH_MODE=scenario.mode,
            BENCH_CLIENTS=str(scenario.clients), BENCH_WINDOW=str(scenario.window),
            BENCH_COUNT=str(0 if scenario.mode == "idle" else scenario.count))
        if self.tls:
            env.update(BENCH_TLS="1", BENCH_CA=self.tls[0])
        return env


class Scenario:
    """What is to be received."""

    def __init__(self, mode="bulk", size=180, count=0, clients=1, rate=1000, burst=1, window=64):
        self.mode = mode
        self.size = size
        self.count = count
        self.clients = clients
        self.rate = rate
        self.burst = burst
        self.window = window

    def flood_options(self):
        options = ["--mode", self.mode, "--clients", self.clients, "--size", self.size,
                   "--channel", CHANNEL, "--event", EVENT]
        if self.mode != "idle":
            options += ["--count", self.count]
        if self.mode == "paced":
            options += ["--rate", self.rate, "--burst", self.burst]
        return [str(option) for option in options]


def end(process):
    """Waits for a process; one that does not end in time is killed, and that is an error."""
    try:
        return process.wait(timeout=END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise BenchError(f"{process.args[0]} did not end") from None


@contextlib.contextmanager
def flood(machine, scenario, timeout_s):
    """A running load source: yields its port and a function that ends it properly."""
    command = [machine.program("flood"), "--timeout", str(timeout_s),
               *scenario.flood_options()]
    if machine.tls:
        command += ["--cert", machine.tls[0], "--key", machine.tls[1]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        if machine.flood_cpu >= 0:
            os.sched_setaffinity(process.pid, {machine.flood_cpu})
        lines = Lines(process.stdout.fileno(), "flood")
        port = lines.next_json(LINE_TIMEOUT_S, "port")["port"]

        def finish():
            report = lines.next_json(END_TIMEOUT_S, "sent", "clients")
            if end(process) != 0:
                raise BenchError("flood failed")
            return report["sent"]

        yield port, finish
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


class Running:
    """A started receiver: its pid, its lines, and the kernel's report at its end."""

    def __init__(self, launcher, name, output, report, timeout_s):
        self.launcher = launcher
        self.name = name
        self.output = output
        self.report = report
        self.timeout_s = timeout_s
        started = report.next_json(LINE_TIMEOUT_S, "pid", "start_ns")
        self.pid = started["pid"]
        self.start_ns = started["start_ns"]

    def wait_ready(self, clients):
        """Returns (seconds since the start, processor seconds so far)."""
        ready = self.output.next_json(self.timeout_s, "ready")
        ready_ns = time.monotonic_ns()
        cpu_s = cpu_clock_s(self.pid)
        if ready["ready"] != clients:
            raise BenchError(f"{self.name}: ready with {ready['ready']} of {clients} clients")
        return (ready_ns - self.start_ns) / 1e9, cpu_s

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)

    def cpu_s(self):
        """Processor seconds so far; None: it has ended."""
        try:
            return cpu_clock_s(self.pid)
        except OSError:
            return None

    def finish(self, *accepted, timeout_s=END_TIMEOUT_S):
        """The kernel's figures; `accepted` are the (exit status, signal) pairs that are fine."""
        report = self.report.next_json(timeout_s, "exit", "signal", "cpu_s", "max_rss_kb")
        if (report["exit"], report["signal"]) not in accepted:
            raise BenchError(f"{self.name}: ended with status {report['exit']}, "
                             f"signal {report['signal']}")
        end(self.launcher)
        return report


@contextlib.contextmanager
def launched(machine, name, command, env, timeout_s, stderr=None):
    report_read, report_write = os.pipe()
    launcher = subprocess.Popen(
        [machine.program("launch"), str(report_write), str(machine.receiver_cpu), *command],
        stdout=subprocess.PIPE, stderr=stderr, env=env, pass_fds=(report_write,))
    os.close(report_write)
    try:
        yield Running(launcher, name, Lines(launcher.stdout.fileno(), name),
                      Lines(report_read, f"launch {name}"), timeout_s)
    finally:
        if launcher.poll() is None:
            launcher.kill()  # takes the receiver with it
            launcher.wait()
        launcher.stdout.close()
        os.close(report_read)


def check_result(name, scenario, result, sent):
    """Raises unless the result line is complete, credible and of the right count."""
    for member, kinds in (("received", int), ("cpu_s", (int, float)), ("max_rss_kb", int),
                          ("wall_s", (int, float))):
        if not isinstance(result[member], kinds) or result[member] < 0:
            raise BenchError(f"{name}: {member} is {result[member]!r}")
    if not result["received"] == sent == scenario.count:
        raise BenchError(f"{name}: received {result['received']} of {sent} sent, "
                         f"{scenario.count} wanted")
    if result.get("errors", 0) != 0:
        raise BenchError(f"{name}: {result['errors']} events were not as they should be")
    if scenario.mode == "paced":
        marks = [result[mark] for mark in PERCENTILES]
        if marks != sorted(marks) or marks[0] <= 0:
            raise BenchError(f"{name}: percentiles out of order: {marks}")


def check_cpu(name, own_s, kernel_s):
    if own_s < kernel_s * (1 - CPU_TOLERANCE_PART) and own_s < kernel_s - CPU_TOLERANCE_S:
        raise BenchError(f"{name}: says it used {own_s:.3f} s, the kernel says {kernel_s:.3f} s")


def receive(machine, receiver, scenario):
    """Runs one receiver to its end. Its result line, plus what was seen from outside."""
    wanted = ["received", "cpu_s", "max_rss_kb", "wall_s"]
    if scenario.mode == "paced":
        wanted += PERCENTILES
    timeout_s = LINE_TIMEOUT_S
    if scenario.mode == "paced":
        timeout_s += scenario.count / scenario.rate
    with flood(machine, scenario, int(timeout_s * 2)) as (port, flood_finish):
        env = machine.environment(scenario, port)
        with launched(machine, receiver.name, receiver.command, env, timeout_s) as running:
            ready_s, ready_cpu_s = running.wait_ready(scenario.clients)
            result = running.output.next_json(timeout_s, *wanted)
            # Before it closes its connections, which is no part of receiving.
            cpu_s = running.cpu_s()
            report = running.finish((0, 0))
        check_result(receiver.name, scenario, result, flood_finish())
    kernel_s = min(cpu_s or report["cpu_s"], report["cpu_s"]) - ready_cpu_s
    check_cpu(receiver.name, result["cpu_s"], kernel_s)
    return {**result, "kernel_cpu_s": kernel_s, "kernel_max_rss_kb": report["max_rss_kb"],
            "ready_s": ready_s, "ready_cpu_s": ready_cpu_s}


def hold_idle(machine, receiver, clients, settle_s):
    """Holds idle clients for a moment and reads the memory of the process."""
    scenario = Scenario(mode="idle", clients=clients)
    with flood(machine, scenario, LINE_TIMEOUT_S * 2) as (port, flood_finish):
        env = machine.environment(scenario, port)
        with launched(machine, receiver.name, receiver.command, env,
                      LINE_TIMEOUT_S) as running:
            ready_s, ready_cpu_s = running.wait_ready(clients)
            time.sleep(settle_s)  # the figure is defined as memory this long after ready
            private_kib, rss_kib = read_memory_kib(running.pid)
            running.terminate()
            running.finish((0, 0), (-1, signal.SIGTERM))
        flood_finish()
    return {"private_kib": private_kib, "rss_kib": rss_kib, "ready_s": ready_s,
            "ready_cpu_s": ready_cpu_s}


def count_instructions(machine, receiver, scenario):
    """Instructions of a whole run under callgrind."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               *receiver.command]
    log_read, log_write = os.pipe()
    with flood(machine, scenario, TRACED_TIMEOUT_S) as (port, flood_finish), \
            open(log_read, "rb") as log:
        env = machine.environment(scenario, port)
        try:
            with launched(machine, receiver.name, command, env, TRACED_TIMEOUT_S,
                          stderr=log_write) as running:
                running.wait_ready(scenario.clients)
                result = running.output.next_json(TRACED_TIMEOUT_S, "received")
                running.finish((0, 0), timeout_s=TRACED_TIMEOUT_S)
        finally:
            os.close(log_write)
        if not result["received"] == flood_finish() == scenario.count:
            raise BenchError(f"{receiver.name}: counts differ under callgrind")
        text = log.read().decode(errors="replace")
    match = re.search(r"Collected : (\d+)", text)
    if not match:
        raise BenchError(f"{receiver.name}: callgrind counted nothing:\n{text}")
    return int(match[1])
