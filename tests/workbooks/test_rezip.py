"""Entries are copied as they are, whatever their author's zip program did."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from worker.workbooks import append_sheets

Changes = Callable[[Path, Path], list[str]]


class _Stream(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes data descriptors behind the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def _append(path: Path, target: Path) -> None:
    append_sheets(path, target, {"New": pd.DataFrame({"a": [1]})})
    with zipfile.ZipFile(target) as file:
        assert file.testzip() is None


def test_streamed_entries_keep_their_descriptors(parts: dict[str, Any], tmp_path: Path, changes: Changes) -> None:
    """Entries whose sizes stand behind their data are copied with them."""
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[arg-type]
        for name, data in parts.items():
            file.writestr(name, data)
    path = tmp_path / "streamed.xlsx"
    path.write_bytes(stream.data)
    _append(path, tmp_path / "out.xlsx")
    assert changes(path, tmp_path / "out.xlsx") == []


def test_zip64_entries_keep_their_fields(parts: dict[str, Any], tmp_path: Path, changes: Changes) -> None:
    """Small entries written in the form for large ones are copied in that form."""
    path = tmp_path / "large.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            with file.open(name, "w", force_zip64=True) as entry:
                entry.write(data.encode() if isinstance(data, str) else data)
    _append(path, tmp_path / "out.xlsx")
    assert changes(path, tmp_path / "out.xlsx") == []


def test_place_in_a_zip64_field(parts: dict[str, Any], tmp_path: Path, changes: Changes) -> None:
    """A record may keep the place of its entry in the zip64 field: it is moved there."""
    path = tmp_path / "far.xlsx"
    names = ["xl/media/a.bin", *parts]
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, parts.get(name, "picture"))
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    start = struct.unpack_from("<I", data, end + 16)[0]
    record = bytearray(data[start : start + 46 + len(names[0])])
    place = struct.unpack_from("<I", record, 42)[0]
    record[42:46] = b"\xff" * 4
    record[30:32] = struct.pack("<H", 12)
    record += struct.pack("<HHQ", 1, 8, place)
    tail = bytearray(data[end:])
    tail[12:16] = struct.pack("<I", end - start + 12)
    path.write_bytes(data[:start] + record + data[start + 46 + len(names[0]) : end] + tail)
    _append(path, tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as file:
        assert file.read(names[0]) == b"picture"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_times_comments_and_order(parts: dict[str, Any], tmp_path: Path, changes: Changes, method: int) -> None:
    """Times, attributes, comments, folders and odd names are kept, and the order of the directory."""
    path = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in [("xl/media/", ""), *reversed(parts.items()), ("docs/größe.txt", "x")]:
            info = zipfile.ZipInfo(name, (1999, 12, 31, 23, 59, 58))
            info.comment, info.external_attr, info.compress_type = b"by hand", 0o600 << 16, method
            file.writestr(info, data)
        file.comment = b"of the whole"
    _append(path, tmp_path / "out.xlsx")
    assert changes(path, tmp_path / "out.xlsx") == []
    with zipfile.ZipFile(tmp_path / "out.xlsx") as file:
        info = file.getinfo("xl/workbook.xml")
        assert (info.date_time, info.comment, info.external_attr) == (
            (1999, 12, 31, 23, 59, 58),
            b"by hand",
            0o600 << 16,
        )
