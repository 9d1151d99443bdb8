"""Every written workbook is read back before anybody gets it: a twin that loses or changes anything is found."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from worker.workbooks import Sheet
from worker.workbooks.archive import Archive, FileLimits
from worker.workbooks.errors import WrittenWrong
from worker.workbooks.frames import pages
from worker.workbooks.package import Package
from worker.workbooks.page import Cell, Page
from worker.workbooks.rezip import Rezip
from worker.workbooks.splice import splice
from worker.workbooks.verify import Wanted, verify

_SHEET, _BOOK = "xl/worksheets/sheet2.xml", "xl/workbook.xml"
_FRAME = pd.DataFrame(
    {
        "Row": [7, 8, 9, 10],
        "Score": [0.25, 0.5, float("nan"), 1e-7],
        "When": pd.to_datetime(["2024-02-29", "2024-03-01T12:30", None, "2024-01-01"], format="ISO8601"),
        "Flag": [True, False, True, True],
        "Odd": pd.Series([1, "1", dt.date(2024, 1, 1), None], dtype=object),
        "Status": ["ok", "ok", "C9: <bad> & _x000D_", "ok"],
    }
)


@pytest.fixture
def page() -> Page:
    sheet = Sheet("Scores", _FRAME, title="3 of 4", status="Status", cells=[Cell("H5", 12.5), Cell("H12", "end")])
    return pages([sheet])[0]


@pytest.fixture
def source(book: Callable[..., Path]) -> Path:
    """A workbook with a comment and a part that no reader of ours knows."""
    path = book({"S": {"A1": "x", "B2": 3}})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("customXml/item1.xml", "<x>kept</x>" * 100)
        file.comment = b"of the whole"
    return path


@pytest.fixture
def written(source: Path, page: Page) -> bytes:
    out = io.BytesIO()
    splice(source, out, [page])
    return out.getvalue()


def _directory(written: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(written)) as file:
        return written[file.start_dir : written.rindex(b"PK\5\6")]


def _check(source: Path, written: bytes, page: Page, directory: bytes = b"") -> None:
    with Package(source) as package:
        before = {name: zipfile.ZipFile(source).read(name) for name in _edited(source)}
        wanted = Wanted(directory or _directory(written), before, {_SHEET: page}, uses_1904=False)
        verify(package.archive, io.BytesIO(written), wanted)


def _edited(source: Path) -> list[str]:
    names = zipfile.ZipFile(source).namelist()
    return [n for n in names if n.endswith(("Types].xml", "workbook.xml", "workbook.xml.rels", "styles.xml"))]


def _with(written: bytes, folder: Path, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same file with one part changed, all else as it is."""
    made, out = folder / "made.xlsx", io.BytesIO()
    made.write_bytes(written)
    with Archive(made, FileLimits()) as archive:
        rezip = Rezip(archive, out)
        data = zipfile.ZipFile(made).read(name)
        assert change(data) != data
        rezip.copy({name: [change(data)]})
        rezip.close()
    return out.getvalue()


def test_what_is_right_passes(source: Path, written: bytes, page: Page) -> None:
    """The check that the twins below fail is passed by what was written."""
    _check(source, written, page)


def _row(data: bytes, number: int) -> bytes:
    start = data.index(b'<row r="%d"' % number)
    return data[start : data.index(b"</row>", start) + 6]


_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a row is dropped": lambda data: data.replace(_row(data, 5), b""),
    "the last row is dropped": lambda data: data.replace(_row(data, 7), b""),
    "a row stands twice": lambda data: data.replace(_row(data, 5), 2 * _row(data, 5)),
    "two rows are swapped": lambda data: data.replace(_row(data, 4) + _row(data, 5), _row(data, 5) + _row(data, 4)),
    "a number changes": lambda data: data.replace(b"<v>0.25</v>", b"<v>0.26</v>"),
    "a number becomes text": lambda data: data.replace(b"><v>0.25</v>", b' t="inlineStr"><is><t>0.25</t></is>'),
    "a number appears where none was": lambda data: data.replace(b'"/><c r="C6"', b'"><v>0</v></c><c r="C6"'),
    "a truth value turns": lambda data: data.replace(b't="b"><v>1', b't="b"><v>0', 1),
    "a day moves": lambda data: data.replace(b"<v>45351</v>", b"<v>45352</v>").replace(
        b"<v>45351.0</v>", b"<v>45352.0</v>"
    ),
    "a text changes": lambda data: data.replace(b"&lt;bad&gt;", b"&lt;Bad&gt;"),
    "an escape is lost": lambda data: data.replace(b"_x005F_x000D_", b"_x000D_"),
    "a text among other kinds becomes a number": lambda data: data.replace(
        b' t="inlineStr"><is><t>1</t></is>', b"><v>1</v>"
    ),
    "a cell stands in another column": lambda data: data.replace(b'r="B4"', b'r="C4"'),
    "a cell is missing": lambda data: data.replace(b'<c r="F4"', b'<x r="F4"'),
    "a header changes": lambda data: data.replace(b"<t>Score</t>", b"<t>Risk</t>"),
    "the title is lost": lambda data: data.replace(_row(data, 1), b""),
    "a cell beside the table changes": lambda data: data.replace(b"<v>12.5</v>", b"<v>12.6</v>"),
    "a cell below the table is lost": lambda data: data.replace(_row(data, 12), b""),
    "a cell is a formula": lambda data: data.replace(b"<v>12.5</v>", b"<f>1+1</f><v>12.5</v>"),
    "there is one row more": lambda data: data.replace(
        _row(data, 12), _row(data, 12) + b'<row r="13"><c r="A13"/></row>'
    ),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES.keys())
def test_a_sheet_that_does_not_hold_what_was_scored_is_found(
    source: Path, written: bytes, page: Page, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    """Each cell, its kind and its place, each row once and in order, and nothing more."""
    with pytest.raises(WrittenWrong, match="sheet2"):
        _check(source, _with(written, tmp_path, _SHEET, change), page)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _place(written: bytes, name: str) -> int:
    """Where the compressed bytes of an entry begin."""
    info = zipfile.ZipFile(io.BytesIO(written)).getinfo(name)
    sizes: tuple[int, int] = struct.unpack_from("<HH", written, info.header_offset + 26)
    return info.header_offset + 30 + sum(sizes)


_DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a byte of another part": lambda data: _flipped(data, _place(data, "customXml/item1.xml") + 3),
    "a time of another part": lambda data: _flipped(data, data.index(b"customXml/item1.xml") - 20),
    "a checksum in the directory": lambda data: _flipped(data, data.rindex(b"customXml/item1.xml") - 30),
    "a byte of the new sheet": lambda data: _flipped(data, _place(data, _SHEET) + 50),
    "the comment": lambda data: data.replace(b"of the whole", b"of the while"),
    "the end": lambda data: data[:-40],
}


@pytest.mark.parametrize("damage", _DAMAGE.values(), ids=_DAMAGE.keys())
def test_a_changed_byte_is_found(source: Path, written: bytes, page: Page, damage: Callable[[bytes], bytes]) -> None:
    """Compressed bytes, local headers, directory and comment are the old ones."""
    with pytest.raises(WrittenWrong):
        _check(source, damage(written), page, _directory(written))


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        (_BOOK, b'<sheet name="S" sheetId="1" r:id="rId1"/>'),
        ("[Content_Types].xml", b'PartName="/xl/worksheets/sheet1.xml" '),
        ("xl/styles.xml", b'<name val="Calibri"/>'),
    ],
)
def test_an_edited_part_that_lost_something_is_found(
    source: Path, written: bytes, page: Page, tmp_path: Path, name: str, lost: bytes
) -> None:
    """The parts that list sheets and styles may only have got more."""
    with pytest.raises(WrittenWrong, match="lost"):
        _check(source, _with(written, tmp_path, name, lambda data: data.replace(lost, b"", 1)), page)


class _BadDisk(io.BytesIO):
    """Stores one bit wrong in what comes after so many bytes."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def write(self, data: Any) -> int:
        data = bytes(data)
        at = self._after - self.tell()
        return super().write(_flipped(data, at) if 0 <= at < len(data) else data)


def test_a_disk_that_changes_a_bit_is_found(source: Path, written: bytes, page: Page) -> None:
    """Wherever the bit is, what is handed out is whole, or an error: the size of the file is tried in 200 places."""
    found = 0
    for after in np.linspace(0, len(written) - 1, 200, dtype=int):
        out = _BadDisk(int(after))
        try:
            splice(source, out, [page])
        except WrittenWrong:
            found += 1
        else:
            assert out.getvalue() == written, f"bit {after} went unseen"
    assert found > 150


def test_a_second_of_columns_of_every_length(book: Callable[..., Path]) -> None:
    """Pieces and slices have other borders than each other; none loses a row."""
    rows = 45_000
    frame = pd.DataFrame({"n": np.arange(rows), "x": np.arange(rows) / 7, "t": [f"row {n} &" for n in range(rows)]})
    out = io.BytesIO()
    splice(book({"S": {}}), out, pages({"New": frame}))
    with zipfile.ZipFile(out) as file:
        assert file.read(_SHEET).count(b"<row ") == rows + 1
