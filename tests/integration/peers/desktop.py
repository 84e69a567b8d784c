"""A desktop of our own: a screen in memory, a session bus, and a service that shows
notifications on that screen."""

import os
import pathlib
import shutil
import struct
import tempfile
import time
import zlib

from peers.process import WAIT_S, Process, environment

WIDTH, HEIGHT = 640, 480
NOTE_COLOUR = (0x20, 0x50, 0xa0)  # of the box of a notification
DUNSTRC = """
[global]
width = 300
height = 120
origin = top-left
offset = 20x20
frame_width = 0
idle_threshold = 0
font = Sans 16
[urgency_normal]
background = "#2050a0"
foreground = "#ffffff"
timeout = 0
"""
# A bus without services to be started: what is on it, we have put there.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


class Picture:
    """What is on the screen: Xvfb keeps it in a file of the format of xwd."""

    def __init__(self, raw):
        header = struct.unpack(">25I", raw[:100])
        size, version, layout, depth, self.width, self.height = header[:6]
        assert (version, layout, depth) == (7, 2, 24), header
        byte_order, bits, bytes_per_line, colours = header[7], header[11], header[12], header[19]
        assert (byte_order, bits) == (0, 32), header
        start = size + 12 * colours
        self.rows = []
        for y in range(self.height):
            line = raw[start + y * bytes_per_line:][:4 * self.width]
            row = bytearray(3 * self.width)
            row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
            self.rows.append(bytes(row))

    def colours(self):
        """Each colour with the number of its pixels."""
        counts = {}
        for row in self.rows:
            for x in range(0, len(row), 3):
                colour = tuple(row[x:x + 3])
                counts[colour] = counts.get(colour, 0) + 1
        return counts

    def save(self, path):
        """As a PNG file."""
        def chunk(kind, data):
            return (struct.pack(">I", len(data)) + kind + data
                    + struct.pack(">I", zlib.crc32(kind + data)))
        pixels = b"".join(b"\0" + row for row in self.rows)
        pathlib.Path(path).write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b""))


class Desktop:
    def __init__(self, case):
        """`case`: the test, at whose end nothing of it is left."""
        keep = case.keep
        self.folder = tempfile.mkdtemp()
        case.addCleanup(shutil.rmtree, self.folder)
        self.screen = keep(Process("Xvfb", [
            "Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir",
            self.folder, "-nolisten", "tcp", "-noreset"]))
        display = self.screen.next_line()
        config = self.write("bus.conf", BUS.format(folder=self.folder))
        self.bus = keep(Process("bus", ["dbus-daemon", f"--config-file={config}", "--nofork",
                                        "--print-address=1"]))
        self.environment = environment(
            DISPLAY=f":{display}", DBUS_SESSION_BUS_ADDRESS=self.bus.next_line(),
            XDG_RUNTIME_DIR=self.folder)
        for name in ("WAYLAND_DISPLAY", "XAUTHORITY"):
            self.environment.pop(name, None)
        self.service = keep(Process(
            "dunst", ["dunst", "-conf", self.write("dunstrc", DUNSTRC)], env=self.environment))
        waiter = keep(Process("gdbus", [
            "gdbus", "wait", "--session", "--timeout", str(WAIT_S),
            "org.freedesktop.Notifications"], env=self.environment))
        assert waiter.wait() == 0, "the notification service is not there"

    def write(self, name, text):
        path = pathlib.Path(self.folder, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def picture(self):
        return Picture(pathlib.Path(self.folder, "Xvfb_screen0").read_bytes())

    def await_note(self):
        """A picture with a notification in it, and letters in that."""
        deadline = time.monotonic() + WAIT_S
        while True:
            picture = self.picture()
            colours = picture.colours()
            if colours.get(NOTE_COLOUR, 0) > 1000 and len(colours) > 2:
                return picture
            assert time.monotonic() < deadline, "no notification on the screen"
            time.sleep(0.1)
