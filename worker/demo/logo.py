"""A small picture for the customer's workbook, drawn point by point: a sail over two waves."""

from __future__ import annotations

import math
import struct
import zlib

SIZE = 96
FINE = 4

Colour = tuple[int, int, int]

SKY: Colour = (23, 62, 92)
SAIL: Colour = (255, 255, 255)
JIB: Colour = (242, 169, 59)
WAVE: Colour = (120, 190, 205)


def png() -> bytes:
    """The picture as a PNG of SIZE x SIZE points, the same bytes on every machine."""
    rows = bytearray()
    for y in range(SIZE):
        rows.append(0)
        for x in range(SIZE):
            rows += bytes(_point(x, y))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    # Level 0 stores: other levels give other bytes with other builds of zlib.
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 0))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _point(x: int, y: int) -> Colour:
    """The mean of FINE x FINE points, which smooths the edges."""
    steps = [(step + 0.5) / FINE for step in range(FINE)]
    found = [_colour((x + dx) / SIZE, (y + dy) / SIZE) for dy in steps for dx in steps]
    red, green, blue = (sum(part) // len(found) for part in zip(*found, strict=True))
    return red, green, blue


def _colour(x: float, y: float) -> Colour:
    """The colour at (x, y), both 0 to 1 from the upper left corner."""
    for level in (0.74, 0.85):
        if abs(y - level - 0.02 * math.sin(x * 18 + level * 30)) < 0.022:
            return WAVE
    if 0.14 < y < 0.64:
        if 0.52 - 0.36 * (y - 0.14) / 0.5 < x < 0.52:
            return SAIL
        if 0.26 < y < 0.64 and 0.56 < x < 0.56 + 0.26 * (y - 0.26) / 0.38:
            return JIB
    return SKY
