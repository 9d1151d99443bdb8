"""A formula filled down a column is scored in one call, through xlwings' own code, on a sheet that counts questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.neighbours import moves_with_row, split_arguments
from tests.addin.com_sheet import MISSING
from tests.addin.desks import FakeHost, MadeDesk
from tests.addin.sheets import HEADERS, NAMES, NONE, Sheet
from tests.addin.win_shim import Windows, windows
from worker.scoring import Column, ColumnType, Limits, Output, Schema, Unreachable

FORMULA = "=SCORE(RC[-7]:RC[-5])"
TWO = Schema((Column("a", ColumnType.NUMBER), Column("b", ColumnType.NUMBER)), (Output("p", ColumnType.NUMBER),))


@pytest.fixture(scope="module")
def excel() -> Iterator[Windows]:
    """What xlwings is on Windows, for the tests of this module."""
    with windows() as made:
        yield made


@pytest.fixture
def make(excel: Windows, tmp_path: Path) -> Callable[..., Sheet]:
    """A sheet with a formula in column H, filled down beside as many rows of data, from row 2."""

    def make(rows: int, formula: str = FORMULA, **given: Any) -> Sheet:
        sheet = Sheet(excel, MadeDesk(tmp_path / "desk", limits=Limits(part_rows=10_000), **given))
        sheet.put([HEADERS, *((float(n), None, "A40") for n in range(rows))])
        sheet.sheet.fill(2, 8, rows, formula)
        return sheet

    return make


def calculate(sheet: Sheet, row: int, **given: Any) -> Any:
    """What Excel does with the formula in one row."""
    return sheet.score(sheet.sheet.at(row, 1, 1, 3), origin=sheet.sheet.at(row, 8), **given)


def test_all_cells_of_a_filled_column_are_answered_from_one_call(make: Callable[..., Sheet]) -> None:
    """The first cell that Excel calculates reads its neighbours' rows and scores all of them; it may be any of them."""
    sheet = make(300)

    found = [calculate(sheet, row) for row in (200, *range(2, 302))]

    assert found[1:] == [[n / 1000, 2.0 * n, f"{n}-A40"] for n in range(300)]
    assert sheet.calls == [300]
    assert sheet.book.asked < 6 * 302


def test_one_changed_row_sends_one_row(make: Callable[..., Sheet]) -> None:
    """Before and after the moment for which answers are kept."""
    sheet = make(20)
    calculate(sheet, 2)
    sheet.put([(500.0, None, "A41")], top=5)
    assert calculate(sheet, 5) == [0.5, 1000.0, "500-A41"]
    assert calculate(sheet, 6) == [0.004, 8.0, "4-A40"]
    sheet.desk.time += 30
    sheet.put([(600.0, None, "A41")], top=7)
    assert calculate(sheet, 7) == [0.6, 1200.0, "600-A41"]

    assert sheet.calls == [20, 1, 1]


def test_true_is_not_1_nor_minus_1_minus_2(excel: Windows, tmp_path: Path) -> None:
    """Within the moment for which answers are kept too: Python counts them as equal, or hashes them alike."""
    desk = MadeDesk(tmp_path / "desk", host=FakeHost(TWO, lambda inputs: {"p": inputs["a"] + inputs["b"]}))
    sheet = Sheet(excel, desk)
    sheet.put([(1.0, 2.0), (5.0, 6.0), (-1.0, 0.0)])
    sheet.sheet.fill(1, 8, 3, "=SCORE(RC[-7]:RC[-6])")

    def cell(row: int) -> Any:
        return sheet.score(sheet.sheet.at(row, 1, 1, 2), origin=sheet.sheet.at(row, 8))

    assert [cell(1), cell(2), cell(3)] == [3.0, 11.0, -1.0]
    sheet.put([(True, 2.0)])
    sheet.put([(-2.0, 0.0)], top=3)
    assert "holds something else" in sheet.status(1)
    assert "holds something else" in sheet.status(3)
    assert cell(1) is None
    assert "not a number" in sheet.status(1)


def test_arguments_that_are_equal_to_python_alone_are_not_one(make: Callable[..., Sheet]) -> None:
    """FALSE as `headers` means that there are none; 0 means nothing."""
    sheet = make(3)
    assert calculate(sheet, 2, headers=False) == [0.0, 0.0, "0-A40"]
    assert calculate(sheet, 3, headers=0.0) == [None] * 3


def test_another_formula_ends_the_stretch(make: Callable[..., Sheet]) -> None:
    """Rows whose cell holds another formula, or none, were not asked for, and are not sent."""
    sheet = make(20)
    sheet.sheet.formulas[6, 8] = "=SCORE(RC[-6]:RC[-4])"
    del sheet.sheet.formulas[12, 8]

    calculate(sheet, 8)

    assert sheet.calls == [5]


@pytest.mark.parametrize("formula", [
    "=SCORE(RC[-7]:RC[-5],RC[3])",
    "=SCORE(RC[-7]:RC[-5],MyEndpoint)",
    '=IF(RC[-7]>5,SCORE(RC[-7]:RC[-5]),"")',
    "=SCORE(R2C1:R2C3)",
    "=SCORE(OFFSET(RC[-7],0,0,1,3))",
])  # fmt: skip
def test_what_may_differ_from_row_to_row_is_scored_alone(make: Callable[..., Sheet], formula: str) -> None:
    """Another endpoint in each row, a condition, one row for all: only the row that is asked for is sent."""
    sheet = make(20, formula)

    assert calculate(sheet, 8) == [0.006, 12.0, "6-A40"]
    assert sheet.calls == [1]


def test_a_formula_filled_from_the_header_row(make: Callable[..., Sheet]) -> None:
    """The header's cell gives the outputs' names; the header is not sent."""
    sheet = make(20)
    sheet.sheet.fill(1, 8, 1, FORMULA)

    assert calculate(sheet, 5) == [0.003, 6.0, "3-A40"]
    assert calculate(sheet, 1) == NAMES
    assert sheet.calls == [20]


def test_headers_that_do_not_move_serve_all_rows(make: Callable[..., Sheet]) -> None:
    """`=SCORE(A2:C2,,,A$1:C$1)`: columns by name."""
    sheet = make(20, "=SCORE(RC[-7]:RC[-5],,,R1C[-7]:R1C[-5])")
    sheet.put([("purpose", "income", "age"), *(("A41", None, float(n)) for n in range(20))])
    headers = sheet.sheet.at(1, 1, 1, 3)

    found = [calculate(sheet, row, headers=headers) for row in (7, 8)]

    assert found == [[0.005, 10.0, "5-A41"], [0.006, 12.0, "6-A41"]]
    assert sheet.calls == [20]


def test_bad_and_blank_rows_among_neighbours(make: Callable[..., Sheet]) -> None:
    """Each cell has its own reason, with the address of its own data."""
    sheet = make(20)
    sheet.put([("many", None, "A40"), (None, None, None)], top=4)

    assert [calculate(sheet, row) for row in (4, 5, 6)] == [NONE, NONE, [0.004, 8.0, "4-A40"]]
    assert sheet.status(4, rows=3) == [
        ["A4: 'many' is not a number; age takes numbers"],
        ["Nothing stands in this row."],
        ["ok"],
    ]
    assert sheet.calls == [18]


def test_an_endpoint_that_is_down_is_tried_once_for_all_cells(make: Callable[..., Sheet]) -> None:
    """Or Excel would stand still for each of them in turn."""
    sheet = make(50)
    sheet.desk.host.down = Unreachable("refused")
    started = len(sheet.desk.host.questions)

    assert [calculate(sheet, row) for row in range(2, 52)] == [NONE] * 50
    assert len(sheet.desk.host.questions) - started <= 2
    assert sheet.status(51).startswith("The endpoint cannot be reached")


def test_long_columns_are_read_in_pieces(make: Callable[..., Sheet]) -> None:
    """At most 5,000 rows to each side of the cell; the next piece when Excel comes to it."""
    sheet = make(12_000)

    found = [calculate(sheet, row) for row in (2, 5_002, 5_003, 12_001)]

    assert [row[1] for row in found] == [0.0, 10_000.0, 10_002.0, 23_998.0]
    assert sheet.calls == [5_001, 5_001, 1_998]


@pytest.mark.parametrize(("formula", "moves"), [
    ("=SCORE(RC[-6]:RC[-1])", True),
    ("=SCORE(R[-3]C1:R[-3]C6)", True),
    ("=score(RC1)", True),
    ('=SCORE(RC[-6]:RC[-1],"a,b)R[1]C")', True),
    ("=SCORE(RC[-6]:RC[-1],R1C9,R1C10:R2C10,R1C[-6]:R1C[-1])", True),
    ("=SCORE(RC[-6]:RC[-1],-1.5E+3,TRUE, 'My sheet'!R1C1:R1C6 )", True),
    ("=SCORE(RC[-6]:RC[-1],,C9,R1)", True),
    ('=SCORE(RC[-6]:RC[-1],,{"a","b"},FALSE)', True),
    ("=SCORE(Sales[@[age]:[purpose]],,,Sales[[#Headers],[age]:[purpose]])", True),
    ("=SCORE(Sales[[#This Row],[age]:[purpose]])", True),
    ("='C:\\x (1)\\sheetscore.xlam'!SCORE(RC[-6]:RC[-1])", True),
    ('=IFERROR(SCORE(RC[-6]:RC[-1]),"")', True),
    ("=ROUND(IFNA(SCORE(RC[-6]:RC[-1]),0),2)", True),
    ("=SCORE(R2C1:R2C6)", False),
    ("=SCORE(RC[-6]:R[1]C[-1])", False),
    ("=SCORE(Sheet2!RC[-6]:RC[-1])", False),
    ("=SCORE(RC[-6]:RC[-1],RC[1])", False),
    ("=SCORE(RC[-6]:RC[-1],R[-1]C)", False),
    ("=SCORE(RC[-6]:RC[-1],Sales[@endpoint])", False),
    ('=SCORE(RC[-6]:RC[-1],INDIRECT("A1"))', False),
    ("=SCORE(RC[-6]:RC[-1],MyEndpoint)", False),
    ("=SCORE(RC[-6]:RC[-1],Sheet2!MyEndpoint)", False),
    ("=SCORE(RC[-6]:RC[-1],____)", False),
    ("=SCORE(RC[-6]:RC[-1],R1C1&C)", False),
    ('=SCORE(RC[-6]:RC[-1],"a"&RC[1])', False),
    ("=SCORE(RC[-6]:RC[-1],R)", False),
    ("=SCORE(RC[-6]:RC[-1],Sales[[@endpoint]])", False),
    ("=SCORE(RC[-6]:RC[-1],Sales[[#This Row],[endpoint]])", False),
    ("=SCORE(SORT(RC[-6]:RC[-1]))", False),
    ("=SCORE(Sales)", False),
    ("=IF(RC1=1,SCORE(RC[-6]:RC[-1]))", False),
    ("=SCORE(RC[-6]:RC[-1])+SCORE(RC[-6]:RC[-1])", False),
    ("=MYSCORE(RC[-6]:RC[-1])", False),
    ("=SCORE(RC[-6]:RC[-1]", False),
    ('="SCORE(RC)"', False),
    ("", False),
])  # fmt: skip
def test_which_formulas_score_the_row_they_stand_in(formula: str, moves: bool) -> None:
    """Only simple ones: a row that nobody wants scored costs money."""
    assert moves_with_row(formula) is moves


def test_arguments_are_split_at_their_own_commas() -> None:
    """Not at those within brackets; a call that is never closed has none."""
    assert split_arguments("a,b(c,d),{1,2},Sales[[x],[y]])+f(1,2)") == ["a", "b(c,d)", "{1,2}", "Sales[[x],[y]]"]
    assert split_arguments("a,(b") == []
    assert split_arguments("a]") == []
    assert MISSING < 0
