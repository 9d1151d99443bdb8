"""What of a workbook is not in another byte for byte."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path


def changes(source: Path, target: Path) -> list[str]:
    """See the fixture of that name."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
        before, after = _raw(source, old), _raw(target, new)
        found = ["comment"] if old.comment != new.comment else []
        found += ["order"] if list(after)[: len(before)] != list(before) else []
    return found + [name for name in before if not _may_change(name) and after.get(name) != before[name]]


def _may_change(name: str) -> bool:
    name = name.lower()
    return name.endswith(("[content_types].xml", "workbook.xml", "workbook.xml.rels", "styles.xml", "stylesheet.xml"))


def _raw(path: Path, file: zipfile.ZipFile) -> dict[str, tuple[bytes, ...]]:
    """Local header, compressed data and directory fields of every entry, in the directory's order."""
    data = path.read_bytes()
    made = {}
    for info in file.infolist():
        at = info.header_offset
        name, extra = struct.unpack_from("<HH", data, at + 26)
        start = at + 30 + name + extra
        fields = (info.date_time, info.external_attr, info.internal_attr, info.flag_bits, info.create_system)
        kept = (info.CRC, info.extra, info.comment, info.create_version, info.extract_version, info.compress_type)
        made[info.filename] = (data[at:start], data[start : start + info.compress_size], repr((fields, kept)).encode())
    return made
