#!/usr/bin/env python3
"""The harness refuses what does not count: receivers that are wrong, late or not credible."""

import os
import sys
import tempfile
import unittest

BUILD = sys.argv.pop(1)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import many_channels, measures, report  # noqa: E402
from harness.processes import (BenchError, Machine, Scenario, check_cpu, check_result,  # noqa: E402
                               receive)

RESULT = {"received": 32, "cpu_s": 0.5, "max_rss_kb": 4000, "wall_s": 0.6}

# A receiver that subscribes and takes everything the source sends, then says what it is told to.
FAKE = """
import os, socket, sys
s = socket.create_connection((os.environ["BENCH_HOST"], int(os.environ["BENCH_PORT"])), 20)
def read_until(mark):
    data = b""
    while mark not in data:
        chunk = s.recv(65536)
        assert chunk
        data += chunk
    return data
s.sendall(b"GET / HTTP/1.1\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n")
read_until(b"established")
text = b'{"event":"pusher:subscribe","data":{"channel":"bench"}}'
s.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
read_until(b"succeeded")
print(sys.argv[1], flush=True)
read_until(b"1000000031")
print(sys.argv[2], flush=True)
sys.exit(int(sys.argv[3]))
"""
FAKE_RESULT = '{"received":32,"cpu_s":9,"max_rss_kb":4000,"wall_s":0.6}'


class ResultTest(unittest.TestCase):
    scenario = Scenario(count=32)

    def refused(self, text, sent=32, scenario=scenario, **changes):
        with self.assertRaisesRegex(BenchError, text):
            check_result("it", scenario, {**RESULT, **changes}, sent)

    def test_right_result(self):
        check_result("it", self.scenario, RESULT, 32)

    def test_wrong_counts(self):
        self.refused("received 31 of 32", received=31)
        self.refused("received 32 of 31", sent=31)

    def test_wrong_members(self):
        self.refused("cpu_s", cpu_s="0.5")
        self.refused("wall_s", wall_s=-1)
        self.refused("max_rss_kb", max_rss_kb=0.5)
        self.refused("not as they should be", errors=1)

    def test_percentiles_in_order(self):
        paced = Scenario(mode="paced", count=32)
        marks = dict(p50_us=1.0, p90_us=2.0, p99_us=3.0, p999_us=4.0, max_us=5.0)
        check_result("it", paced, {**RESULT, **marks}, 32)
        self.refused("percentiles", scenario=paced, **{**marks, "p90_us": 9.0})

    def test_cpu_time_is_credible(self):
        check_cpu("it", 1.0, 1.0)
        check_cpu("it", 0.95, 1.0)  # 5 % below
        check_cpu("it", 0.01, 0.05)  # 80 %, but 40 ms below
        self.assertRaises(BenchError, check_cpu, "it", 0.85, 1.0)


class ReceiveTest(unittest.TestCase):
    def receive(self, ready='{"ready":1}', result=FAKE_RESULT, status=0):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(FAKE)
            script.flush()
            command = [sys.executable, script.name, ready, result, str(status)]
            return receive(Machine(BUILD, (-1, -1)), measures.Receiver("fake", command),
                           Scenario(count=32))

    def test_right_receiver(self):
        sample = self.receive()
        self.assertEqual(sample["received"], 32)
        self.assertGreater(sample["kernel_max_rss_kb"], 1000)
        self.assertGreaterEqual(sample["kernel_cpu_s"], 0)  # less than a tick may be none
        self.assertGreater(sample["ready_s"], 0)

    def test_wrong_receivers(self):
        for text, arguments in (
                ("ready with 2", dict(ready='{"ready":2}')),
                ("no ready", dict(ready='{}')),
                ("not a JSON line", dict(result="done")),
                ("no cpu_s", dict(result='{"received":32,"max_rss_kb":1,"wall_s":1}')),
                ("received 31", dict(result=FAKE_RESULT.replace("32", "31"))),
                ("status 3", dict(status=3))):
            with self.subTest(text=text), self.assertRaisesRegex(BenchError, text):
                self.receive(**arguments)

    def test_missing_receiver(self):
        with self.assertRaises(BenchError):
            receive(Machine(BUILD, (-1, -1)), measures.Receiver("none", ["/nonexistent"]),
                    Scenario(count=16))


class FiguresTest(unittest.TestCase):
    def test_counts_are_whole_turns(self):
        for size in (180, 1000, 10000):
            self.assertEqual(measures.events_for(64e6, size) % measures.VARIANTS, 0)
        self.assertEqual(measures.events_for(1, 10000), measures.VARIANTS)

    def test_ratios_are_paired(self):
        mine, theirs = [{"x": 2}, {"x": 9}, {"x": 8}], [{"x": 1}, {"x": 3}, {"x": 4}]
        ratio = measures.ratios(mine, theirs, lambda sample: sample["x"])
        self.assertEqual(ratio, {"median": 2, "low": 2, "high": 3})

    def test_no_connect_rate_from_noise(self):
        self.assertEqual(measures.connect_rate(1001, 0.25, 0.75), 2000)
        for many_ready_s in (0.1, 0.25, 0.2500001, 0.5):  # too little was measured
            self.assertIsNone(measures.connect_rate(1001, 0.25, many_ready_s))

    def test_summary_of_what_is_known(self):
        self.assertEqual(measures.summary([None, 4, 2]), {"median": 3, "low": 2, "high": 4})
        self.assertIsNone(measures.summary([None, None]))

    def test_counts_of_callgrind(self):
        few = many_channels.read_counts("events: Ir Dr D1mr D1mw\ntotals: 1000 9 20 4\n")
        many = many_channels.read_counts("events: Ir Dr D1mr D1mw\ntotals: 4000 9 30 6\n")
        self.assertEqual(many_channels.slope(few, many, 2),
                         {"instructions": 1500, "l1_misses": 6})
        self.assertRaises(BenchError, many_channels.read_counts, "events: Ir\n")

    def test_crowd_of_what_callgrind_cannot_count(self):
        cell = {"median": 2, "low": 1, "high": 3}
        row = {"receiver": "it", "rate": 400, "clients": 1000, "instructions": None,
               "instructions_ratio": None, "cpu_us_per_event": cell, "cpu_ratio": 1.5,
               "p50_us": cell, "p99_us": cell}
        cells = report.crowd([row]).splitlines()[-1].split()
        self.assertEqual(cells[:6], ["it", "1,000", "-", "-", "2.00", "(1.00-3.00)"])

    def test_spread(self):
        self.assertEqual(report.spread({"median": 2, "low": 1, "high": 3000}), "2.00 (1.00-3,000)")
        self.assertEqual(report.spread({"median": 2, "low": 2, "high": 2}, 1, "x"), "2.00x")
        self.assertEqual(report.spread(None), "-")


if __name__ == "__main__":
    unittest.main()
