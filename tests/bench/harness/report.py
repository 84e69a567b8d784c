"""The measures as tables that a person reads."""


def number(value):
    """Three to four digits, as far as they mean anything."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def spread(cell, scale=1.0, unit=""):
    """Median (lowest-highest)."""
    if cell is None:
        return "-"
    low, high = number(cell["low"] * scale), number(cell["high"] * scale)
    middle = f"{number(cell['median'] * scale)}{unit}"
    return middle if low == high else f"{middle} ({low}-{high})"


def table(title, heads, rows):
    """Text columns; the first is the receiver, the others are figures."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells):
        first = cells[0].ljust(widths[0])
        return "  ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:]))])

    return "\n".join([title, "", line(heads), "  ".join("-" * width for width in widths),
                      *map(line, rows), ""])


def throughput(rows):
    parts = []
    for size in sorted({row["size"] for row in rows}):
        mine = [row for row in rows if row["size"] == size]
        parts.append(table(
            f"Throughput: {mine[0]['events']:,} events of {size:,} B to one client",
            ["receiver", "k events / CPU-s", "vs lws", "vs pusher-js", "CPU s", "kernel's",
             "max RSS MiB"],
            [[row["receiver"], spread(row["events_per_cpu_s"], 1e-3),
              spread(row.get("vs_lws"), 1, "x"), spread(row.get("vs_pusher-js"), 1, "x"),
              spread(row["cpu_s"]), spread(row["kernel_cpu_s"]),
              spread(row["kernel_max_rss_kb"], 1 / 1024)] for row in mine]))
    return "\n".join(parts)


def latency(rows):
    first = rows[0]
    return table(
        f"Latency: {first['events']:,} events of {first['size']:,} B, {first['rate']:g}/s over "
        f"{first['clients']:,} client(s), {first['burst']:,} at an instant",
        ["receiver", "p50 us", "p90 us", "p99 us", "CPU us / event", "vs pusher-js",
         "max RSS MiB"],
        [[row["receiver"], spread(row["p50_us"]), spread(row["p90_us"]), spread(row["p99_us"]),
          spread(row["cpu_us_per_event"]), spread(row.get("cpu_vs_pusher-js"), 1, "x"),
          spread(row["kernel_max_rss_kb"], 1 / 1024)] for row in rows])


def instructions(rows):
    parts = []
    for size in sorted({row["size"] for row in rows}):
        mine = [row for row in rows if row["size"] == size]
        parts.append(table(
            f"Instructions an event of {size:,} B (callgrind, slope from "
            f"{mine[0]['counts'][0]:,} to {mine[0]['counts'][1]:,} events)",
            ["receiver", "per event", "above lws", "fixed, million"],
            [[row["receiver"], number(row["per_event"]),
              "-" if row["above_lws"] is None else f"{row['above_lws']:+,.0f}",
              f"{row['fixed'] / 1e6:.1f}"] for row in mine]))
    return "\n".join(parts)


def crowd(rows):
    return table(
        f"An event to one of many clients, {rows[0]['rate']} a second",
        ["receiver", "clients", "instructions", "ratio", "CPU us", "ratio", "p50 us", "p99 us"],
        [[row["receiver"], f"{row['clients']:,}",
          "-" if row["instructions"] is None else f"{row['instructions']:,.0f}",
          "-" if row["instructions_ratio"] is None else f"{row['instructions_ratio']:.2f}",
          spread(row["cpu_us_per_event"]), f"{row['cpu_ratio']:.2f}", spread(row["p50_us"]),
          spread(row["p99_us"])] for row in rows])


def idle(rows):
    return table(
        f"Idle: each further client, from 1 to {rows[0]['clients']:,}",
        ["receiver", "private KiB", "Rss KiB", "connect CPU us", "connects / s",
         "private KiB, 1 client", "Rss KiB, 1 client"],
        [[row["receiver"], spread(row["private_kib_each"]), spread(row["rss_kib_each"]),
          spread(row["connect_cpu_us"]), spread(row["connects_per_s"]),
          spread(row["private_kib_one"]), spread(row["rss_kib_one"])] for row in rows])


def cold(rows):
    return table(
        f"Cold start: process start to first subscription, {rows[0]['runs']} runs",
        ["receiver", "ms", "CPU ms"],
        [[row["receiver"], spread(row["ready_ms"]), spread(row["cpu_ms"])] for row in rows])


def many_channels(rows):
    return table(
        "One client with many channels (callgrind): each channel, or each event",
        ["what", "channels", "instructions", "ratio", "L1 misses"],
        [[row["what"], f"{row['channels']:,}", number(row["instructions"]),
          f"{row['ratio']:.2f}x", number(row["l1_misses"])] for row in rows])
