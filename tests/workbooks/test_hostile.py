"""Files that are broken or made to hurt end as errors with facts, and the process that asked lives on."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from worker.scoring.schema import Schema
from worker.workbooks import FileLimits, Readiness, Sheet, append_apart, read_apart, read_input, readiness
from worker.workbooks.errors import (
    AmbiguousInput,
    DuplicateHeaders,
    Fault,
    FileBroken,
    FileTooCostly,
    Limit,
    NoInput,
    SheetTooLarge,
    UnknownInput,
)

Pack = Callable[..., Path]
_SMALL = FileLimits(upload_mb=20, expanded_mb=60, cells_millions=1, seconds=20, memory_mb=1000)
_DTD = '<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


def _fault(path: Path, schema: Schema, limits: FileLimits = _SMALL) -> Fault | Limit:
    with pytest.raises((FileBroken, FileTooCostly)) as caught:
        read_apart(path, schema, limits=limits)
    error = caught.value
    return error.fault if isinstance(error, FileBroken) else error.limit


@pytest.mark.parametrize(
    ("data", "fault", "state"),
    [
        (b"", Fault.EMPTY, Readiness.UNFINISHED),
        (b"\0" * 5000, Fault.UNFINISHED, Readiness.UNFINISHED),
        (b"PK\3\4" + b"x" * 500, Fault.UNFINISHED, Readiness.UNFINISHED),
        (b"a,b\n1,2\n", Fault.NOT_A_WORKBOOK, Readiness.NOT_A_WORKBOOK),
        (b"MZ" + b"\0" * 100, Fault.NOT_A_WORKBOOK, Readiness.NOT_A_WORKBOOK),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 9,
            Fault.PASSWORD,
            Readiness.PASSWORD,
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + b"\0" * 9,
            Fault.OLD_FORMAT,
            Readiness.OLD_FORMAT,
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999, Fault.NOT_A_WORKBOOK, Readiness.NOT_A_WORKBOOK),
    ],
)
def test_files_that_are_no_workbook(
    tmp_path: Path, schema: Schema, data: bytes, fault: Fault, state: Readiness
) -> None:
    """No file is taken for what it is not; a drop folder knows for which to wait."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(data)
    with pytest.raises(FileBroken) as caught:
        read_input(path, schema)
    assert caught.value.fault is fault
    assert readiness(path) is state


def test_half_written_workbook(parts: dict[str, Any], pack: Pack) -> None:
    """However much of a workbook is there, it is unfinished until the last byte; a hole in it too."""
    path = pack(parts)
    data = path.read_bytes()
    assert readiness(path) is Readiness.READY
    for length in (4, len(data) // 2, len(data) - 30, len(data) - 1):
        path.write_bytes(data[:length])
        assert readiness(path) is Readiness.UNFINISHED
    hole = data.index(b"PK\3\4", 900)
    path.write_bytes(data[:hole] + b"\0" * 200 + data[hole + 200 :])
    assert readiness(path) is Readiness.UNFINISHED


def test_what_is_no_file(tmp_path: Path, schema: Schema) -> None:
    """A missing file, a folder and a named pipe are refused at once."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing", "pipe", "."):
        with pytest.raises(FileBroken) as caught:
            read_input(tmp_path / name, schema)
        assert caught.value.fault is Fault.NOT_A_FILE


def test_other_kinds_of_package(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """A binary workbook, a document and any other zip file are named as what they are."""
    types = parts["[Content_Types].xml"]
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert (
        _fault(
            pack(
                parts
                | {
                    "[Content_Types].xml": types.replace(
                        main, "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
                    )
                }
            ),
            schema,
        )
        is Fault.BINARY_FORMAT
    )
    assert (
        _fault(pack(parts | {"[Content_Types].xml": types.replace(main, "application/msword")}), schema)
        is Fault.NOT_A_WORKBOOK
    )
    assert _fault(pack({"readme.txt": "x"}), schema) is Fault.NOT_A_WORKBOOK


def _far(sheet: Callable[[str], str]) -> str:
    return sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>9</v></c></row>')


def _hostile(sheet: Callable[[str], str]) -> dict[str, tuple[dict[str, Any], list[tuple[str, Any]], Fault | Limit]]:
    """Name of the sample -> parts to change, entries to add, how it must end."""
    strings, data = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    table = f'<sst xmlns="{main}" count="1" uniqueCount="%s"><si><t>%s</t></si></sst>'
    return {
        "strings that unpack 1000 to 1": ({strings: table % (1, "A" * 20_000_000)}, [], Limit.RATIO),
        "more than may be unpacked": ({}, [("xl/media/a.bin", b"\0" * 61_000_000)], Limit.EXPANDED_BYTES),
        "a count of four thousand million": ({strings: table % (4_000_000_000, "a")}, [], Fault.FALSE_SIZE),
        "a count of 9e18": ({strings: table % (9 * 10**18, "a")}, [], Fault.FALSE_SIZE),
        "a cell in the last corner": ({data: _far(sheet)}, [], Limit.CELLS),
        "too many cells": ({data: sheet("<row>" + "<c><v>1</v></c>" * 1_001_000 + "</row>")}, [], Limit.CELLS),
        "entities in strings": ({strings: _DTD + table % (1, "&b;")}, [], Fault.DTD),
        "entities in the sheet": (
            {data: _DTD.replace("sst", "worksheet") + sheet("").partition("?>")[2]},
            [],
            Fault.DTD,
        ),
        "entities in the workbook": ({"xl/workbook.xml": "<!DOCTYPE workbook []><workbook/>"}, [], Fault.DTD),
        "two entries of one name": ({}, [("XL/Workbook.xml", "x")], Fault.DUPLICATE_ENTRY),
        "an entry that climbs out": ({}, [("xl/../../../evil.txt", "x")], Fault.ENTRY_NAME),
        "an entry that climbs out, Windows": ({}, [("xl\\..\\..\\evil.txt", "x")], Fault.ENTRY_NAME),
        "an entry on a drive": ({}, [("c:/evil.txt", "x")], Fault.ENTRY_NAME),
        "too many entries": ({}, [(f"x/{n}", "") for n in range(10_001)], Limit.ENTRIES),
        "a string that is not there": ({strings: table % (1, "a")}, [], Fault.DAMAGED),
        "broken XML": ({data: sheet("<row>")[:-20]}, [], Fault.DAMAGED),
        "a sheet part that is missing": ({"xl/_rels/workbook.xml.rels": "<Relationships/>"}, [], Fault.DAMAGED),
    }


_NAMES = list(_hostile(lambda rows: rows))


@pytest.mark.parametrize("name", [name for name in _NAMES if name != "a sheet part that is missing"])
def test_hostile_workbooks(
    name: str, parts: dict[str, Any], pack: Pack, sheet: Callable[[str], str], schema: Schema
) -> None:
    """Each hostile sample ends as its error, within limits, and the parent lives."""
    changed, extra, wanted = _hostile(sheet)[name]
    method = zipfile.ZIP_STORED if wanted is Limit.CELLS else zipfile.ZIP_DEFLATED
    assert _fault(pack(parts | changed, extra, method), schema) == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="the twin is kept from taking the machine by a limit of Linux")
@pytest.mark.parametrize("name", ["a count of four thousand million", "a cell in the last corner"])
def test_a_twin_that_reads_in_its_own_process_dies(
    name: str, parts: dict[str, Any], pack: Pack, sheet: Callable[[str], str]
) -> None:
    """Without preflight and child the same samples end the whole process, not with an error but with a signal."""
    changed, extra, wanted = _hostile(sheet)[name]
    file = pack(parts | changed, extra, zipfile.ZIP_STORED if wanted is Limit.CELLS else zipfile.ZIP_DEFLATED)
    twin = (
        "import resource, sys; from python_calamine import CalamineWorkbook\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python(skip_empty_area=False)"
    )
    ran = subprocess.run([sys.executable, "-c", twin, str(file)], capture_output=True, check=False)
    assert ran.returncode < 0


def test_sheet_part_that_is_missing(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """A sheet without a part has no rows to offer."""
    del parts["xl/worksheets/sheet1.xml"]
    with pytest.raises((NoInput, FileBroken)):
        read_apart(pack(parts), schema, limits=_SMALL)


def test_other_compression_and_encrypted_entries(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """Only stored and deflated entries are taken, none that is encrypted."""
    assert _fault(pack(parts, method=zipfile.ZIP_BZIP2), schema) is Fault.METHOD
    path = pack(parts)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert _fault(path, schema) is Fault.METHOD


def test_entries_that_share_their_bytes(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """Two directory records that point to one entry's bytes: a small file that unpacks without end."""
    path = pack(parts, [("xl/media/a.bin", b"\0" * 1000), ("xl/media/b.bin", b"\0" * 1000)])
    data = bytearray(path.read_bytes())
    records = [at for at in range(len(data)) if data[at : at + 4] == b"PK\1\2"]
    data[records[-1] + 42 : records[-1] + 46] = data[records[-2] + 42 : records[-2] + 46]
    path.write_bytes(data)
    assert _fault(path, schema) in (Fault.OVERLAP, Fault.DAMAGED)


def test_directory_that_lies_about_a_size(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """An entry that unpacks to more than it says is damaged, and is not unpacked further."""
    path = pack(parts | {"xl/sharedStrings.xml": parts["xl/sharedStrings.xml"] + " " * 4_000_000})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"xl/sharedStrings.xml") - 46
    assert data[at : at + 4] == b"PK\1\2"
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(data)
    assert _fault(path, schema) is Fault.FALSE_SIZE


def test_file_over_the_limit(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """A file larger than what is taken is refused before it is read."""
    path = pack(parts, [("xl/media/a.bin", os.urandom(1_100_000))])
    assert _fault(path, schema, FileLimits(upload_mb=1)) is Limit.FILE_BYTES


def test_endless_work_is_ended(parts: dict[str, Any], pack: Pack, sheet: Callable[[str], str], schema: Schema) -> None:
    """A file that costs more processor time than allowed ends as such."""
    rows = "<row>" + "<c><v>1.5</v></c>" * 20 + "</row>"
    path = pack(parts | {"xl/worksheets/sheet1.xml": sheet(rows * 200_000)})
    started = time.monotonic()
    assert _fault(path, schema, FileLimits(seconds=1)) in (Limit.SECONDS, Limit.RATIO)
    assert time.monotonic() - started < 20


def test_appending_to_hostile_workbooks(parts: dict[str, Any], pack: Pack, tmp_path: Path) -> None:
    """Writing is as careful as reading: an error, no target, nothing left behind."""
    path = pack(parts | {"xl/styles.xml": "<!DOCTYPE a []><a/>"})
    with pytest.raises(FileBroken) as caught:
        append_apart(path, tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})}, _SMALL)
    assert caught.value.facts() == {"fault": Fault.DTD, "detail": "/xl/styles.xml"}
    assert list(tmp_path.iterdir()) == [path]


def test_same_results_apart(parts: dict[str, Any], pack: Pack, schema: Schema, tmp_path: Path) -> None:
    """What the child reads and writes is what this process reads and writes."""
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        "</sheetData>", '<row r="4"><c r="A4" t="b"><v>1</v></c><c r="B4" t="e"><v>#N/A</v></c></row></sheetData>'
    )
    path = pack(parts)
    here, apart = read_input(path, schema), read_apart(path, schema)
    pd.testing.assert_frame_equal(here.frame, apart.frame)
    for name in ("sheet", "address", "letters", "formats", "problems", "warnings"):
        assert getattr(here, name) == getattr(apart, name)
    assert here.rows.tolist() == apart.rows.tolist() == [2, 4]
    done = append_apart(path, tmp_path / "out.xlsx", [Sheet("New", here.frame, title="x")])
    assert done.sheets == ("New",)
    pd.testing.assert_frame_equal(read_apart(tmp_path / "out.xlsx", schema, "New!A3:B5").frame, here.frame)


def test_errors_keep_their_facts_on_the_way(parts: dict[str, Any], pack: Pack, schema: Schema) -> None:
    """An error of the child is raised here as the same class with the same facts."""
    with pytest.raises(UnknownInput) as caught:
        read_apart(pack(parts), schema, "Nowhere")
    assert caught.value.facts() == {"where": "Nowhere", "sheets": ("Data",), "tables": (), "names": ()}


def test_every_error_tells_its_facts() -> None:
    """All errors are shown with their facts, so that a log line needs no words of its own."""
    errors = [
        NoInput("S!A1:B1", ("Amount",), ("x",)),
        AmbiguousInput(("S!A1:B2",)),
        DuplicateHeaders("Amount", ("A1", "B1")),
        SheetTooLarge("S", 2_000_000, 1),
        FileTooCostly(Limit.CELLS, 2, 1),
    ]
    assert [str(error) for error in errors] == [
        "nearest='S!A1:B1', missing=('Amount',), found=('x',)",
        "addresses=('S!A1:B2',)",
        "column='Amount', cells=('A1', 'B1')",
        "name='S', rows=2000000, columns=1",
        "limit=<Limit.CELLS: 'cells'>, found=2, allowed=1",
    ]
