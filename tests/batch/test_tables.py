"""CSV and TSV files: read with care and within bounds, written so that nothing in them is code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.batch import tables
from worker.batch.errors import TableBroken, TableFault
from worker.batch.results import Scores
from worker.batch.tables import harmless, read_table, write_table
from worker.scoring import Column, ColumnType, MissingColumns, Output, Problem, ProblemKind, Schema
from worker.scoring.check import check
from worker.workbooks import FileLimits, Input
from worker.workbooks.errors import FileTooCostly

LIMITS = FileLimits()
ALL = Schema(
    inputs=(
        Column("N", ColumnType.NUMBER, nullable=True),
        Column("I", ColumnType.INTEGER, nullable=True),
        Column("B", ColumnType.BOOLEAN, nullable=True),
        Column("T", ColumnType.TEXT, nullable=True),
        Column("D", ColumnType.DATETIME, nullable=True),
    ),
    outputs=(Output("Score", ColumnType.NUMBER),),
)


def read(tmp_path: Path, data: bytes, schema: Schema = ALL, name: str = "in.csv", limits: FileLimits = LIMITS) -> Input:
    file = tmp_path / name
    file.write_bytes(data)
    return read_table(file, schema, limits)


def test_each_type_is_read_from_its_text(tmp_path: Path) -> None:
    """In any order of columns, beside columns that are not asked for, with a byte order mark, and empty lines."""
    data = b"\xef\xbb\xbfT,Other,D,N,I,B\r\n007,x,2024-02-29T12:30:00,1.5,3,True\r\n\r\n,,,,,\r\n"
    source = read(tmp_path, data)
    checked = check(source.frame, ALL, source.problems)
    assert checked.good.tolist() == [True, True]
    assert {name: values.tolist()[0] for name, values in checked.columns.items()} == {
        "N": 1.5,
        "I": 3,
        "B": True,
        "T": "007",
        "D": "2024-02-29T12:30:00",
    }
    assert [checked.columns[name].tolist()[1] for name in "IBTD"] == [None] * 4


def test_tabs_separate_the_cells_of_a_tsv(tmp_path: Path) -> None:
    source = read(tmp_path, b"N\tI\tB\tT\tD\n1\t2\tfalse\ta,b\t\n", name="in.TSV")
    assert source.frame["T"].tolist() == ["a,b"]


def test_every_bad_cell_is_a_problem_however_many_there_are(tmp_path: Path) -> None:
    """Where blanks are allowed, one that is missed would be scored as a blank."""
    rows = [f"{'x' if n % 3 else n},1,true,t," for n in range(1000)]
    source = read(tmp_path, "\n".join(["N,I,B,T,D", *rows]).encode())
    checked = check(source.frame, ALL, source.problems)
    assert checked.good.tolist() == [n % 3 == 0 for n in range(1000)]
    assert {(p.kind, p.column, p.value) for p in checked.problems} == {(ProblemKind.NOT_A_NUMBER, "N", "x")}


@pytest.mark.parametrize(
    ("data", "fault", "line"),
    [
        (b"N,I,B,T,D\n1,1,true,a,\n1,1,true,\xe4,\n", TableFault.NOT_UTF8, 3),
        ("N,I,B,T,D\n".encode("utf-16"), TableFault.NOT_UTF8, 1),
        (b"N,I,B,T,D\n1,1,true,a\n", TableFault.WIDTH, 2),
        (b"N,I,B,T,D\n1,1,true,a,,\n", TableFault.WIDTH, 2),
        (b'N,I,B,T,D\n1,1,true,"a"b,\n', TableFault.NOT_CSV, 2),
        (b'N,I,B,T,D\n1,1,true,"a,\n', TableFault.NOT_CSV, 2),
        (b"N,I,B,T,D," + b"a" * tables.LONGEST_ROW, TableFault.LONG_ROW, 1),
        (b"N,I,B,T,D\n" + b'"a\n",' * 300_000, TableFault.LONG_ROW, 200_000),
    ],
    ids=["latin-1", "utf-16", "short", "wide", "quote", "open", "long header", "long row"],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, data: bytes, fault: TableFault, line: int) -> None:
    with pytest.raises(TableBroken) as refused:
        read(tmp_path, data)
    assert (refused.value.fault, refused.value.line) == (fault, line)


def test_a_cell_may_be_as_long_as_its_row(tmp_path: Path) -> None:
    """Longer than the csv module takes by itself."""
    source = read(tmp_path, b"N,I,B,T,D\n1,1,true," + b"a" * 200_000 + b",\n")
    assert source.frame["T"].tolist() == ["a" * 200_000]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingColumns) as refused:
        read(tmp_path, b"N;I;B;T;D\n1;2;true;a;\n")
    assert refused.value.found == ("N;I;B;T;D",)


def test_a_table_costs_no_more_than_the_settings_say(tmp_path: Path) -> None:
    rows = b"N,I,B,T,D\n" + b"1,1,true,a,\n" * 200_001
    with pytest.raises(FileTooCostly):
        read(tmp_path, rows, limits=FileLimits(cells_millions=1))
    with pytest.raises(FileTooCostly):
        read(tmp_path, rows, limits=FileLimits(upload_mb=1))
    assert len(read(tmp_path, rows[:-12], limits=FileLimits(cells_millions=1)).frame) == 200_000


SHOWN = Schema(
    inputs=(Column("N", ColumnType.NUMBER),),
    outputs=(Output("Score", ColumnType.NUMBER), Output("Label", ColumnType.TEXT), Output("Status", ColumnType.TEXT)),
)


def written(tmp_path: Path, name: str, labels: list[str | None]) -> list[list[str]]:
    count = len(labels)
    outputs = {
        "Score": np.array([0.1, np.nan, *[1e-7] * count])[:count],
        "Label": np.array([*labels, None], object)[:-1],
        "Status": np.array(["s"] * count, object),
    }
    problems = (Problem(1, ProblemKind.NOT_A_NUMBER, "N", "=1+1"),)
    scores = Scores(outputs, problems, np.ones(count, bool), ())
    write_table(tmp_path / name, name, scores, SHOWN)
    text = (tmp_path / name).read_bytes().decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if name.endswith("tsv") else ","))


@pytest.mark.parametrize("name", ["out.csv", "out.tsv"])
def test_a_result_has_each_row_once_with_a_status(tmp_path: Path, name: str) -> None:
    header, *rows = written(tmp_path, name, ['a "b",\tc', None, "-5.5", "=1+1"])
    assert header == ["Score", "Label", "Status", "Status (2)"]
    assert [row[:2] for row in rows] == [["0.1", 'a "b",\tc'], ["", ""], ["1e-07", "-5.5"], ["1e-07", "'=1+1"]]
    assert [row[3] for row in rows] == ["ok", "'=1+1' is not a number; N takes numbers", "ok", "ok"]


@pytest.mark.parametrize("text", ["=1", "+cmd", "-a", "@x", "\t=1", "\r=1", " =1", "a;=1", "a\n=1", "a\t@x", "=1\n;-x"])
def test_no_text_is_a_formula_wherever_a_program_ends_a_cell(text: str) -> None:
    for cell in harmless(text).replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
        assert cell.strip()[:1] not in ("=", "+", "-", "@")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_text_stay_numbers(number: float) -> None:
    assert harmless(repr(number)) == repr(number)


@given(st.text(alphabet=st.characters(codec="utf-8")).filter(lambda text: not tables._FORMULA.search(text)))
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
