"""A sheet that comes in pieces: the same sheet as if it had come at once, and never in memory as a whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from worker.workbooks import Sheet
from worker.workbooks.cells import MIXED, values_of
from worker.workbooks.exchange import load_pages, save_pages
from worker.workbooks.frames import pages
from worker.workbooks.page import MOST_LINKS
from worker.workbooks.spool import Spool


def _spooled(folder: Path, *pieces: Sheet) -> Sheet:
    spool = Spool(folder, "s")
    for piece in pieces:
        spool.add(piece)
    return spool.sheet()


def test_pieces_of_different_types_become_one_column(tmp_path: Path) -> None:
    """Whole numbers above, fractions below; blanks above, words below; a word among numbers."""
    above = pd.DataFrame({"n": [1, 2], "late": [None, None], "m": [1001, 7]})
    below = pd.DataFrame({"n": [0.5, None], "late": ["a", None], "m": ["seven", 7]})
    (page,) = pages([_spooled(tmp_path, Sheet("S", above), Sheet("S", below))])
    assert (page.count, str(page.area), page.columns) == (4, "A1:C5", ())
    page = page.mapped()
    assert [column.type for column in page.columns] == [pa.float64(), pa.string(), MIXED]
    found = [[value for chunk in column.chunks for value in values_of(chunk)] for column in page.columns]
    assert found == [[1.0, 2.0, 0.5, None], [None, None, "a", None], [1001, 7, "seven", 7]]


def test_the_child_gets_the_file_itself(tmp_path: Path) -> None:
    """A million rows are not copied through this process, in whatever order its columns are wanted."""
    spooled = _spooled(tmp_path, Sheet("S", pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})))
    frame = spooled.frame.ordered([1, 0])  # type: ignore[union-attr] # a spool's is stored
    (folder := tmp_path / "child").mkdir()
    (loaded,) = load_pages(save_pages(pages([Sheet("S", frame)]), folder), folder)
    assert (loaded.headers, [column.to_pylist() for column in loaded.columns]) == (("b", "a"), [["x", "y"], [1, 2]])
    assert [file.samefile(frame.path) for file in folder.iterdir()] == [True]


def test_links_and_cut_texts_are_counted_over_all_pieces(tmp_path: Path) -> None:
    """A link leads from the row of the whole sheet; only so many are kept."""
    rows = MOST_LINKS - 1
    piece = Sheet(
        "S", pd.DataFrame({"a": ["x" * 40_000, *["y"] * (rows - 1)]}), links=dict.fromkeys(range(rows), "T!A1")
    )
    spool = Spool(tmp_path, "s")
    spool.add(piece)
    spool.add(piece)
    assert [*spool.sheet().links] == [*range(MOST_LINKS)]
    assert spool.cut == {"a": 2}
