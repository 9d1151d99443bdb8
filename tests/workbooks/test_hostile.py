"""Files that are broken or made to hurt end as errors with facts, and the process that asked lives on."""

from __future__ import annotations

import os
import time
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
            Readiness.READY,
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


def test_a_result_larger_than_allowed_is_not_finished(parts: dict[str, Any], pack: Pack, tmp_path: Path) -> None:
    """The system ends the writing; nothing is left behind."""
    path = pack(parts)
    frame = pd.DataFrame({"a": [f"{n * 7919 % 1_000_003:x}" for n in range(300_000)]})
    with pytest.raises(FileTooCostly) as caught:
        append_apart(path, tmp_path / "out.xlsx", {"New": frame}, FileLimits(expanded_mb=1))
    assert caught.value.limit is Limit.EXPANDED_BYTES
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
