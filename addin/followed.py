"""Cells that an action wrote, followed through inserts, deletes and sorts until they are taken back.

Hidden names keep hold of the cells and of those that tell one row from another; a row is known again only by all that
was written in it and all that its own data were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import xlwings as xw

from addin import grid
from addin.grid import Area, Kept
from addin.grid.rows import row_marks, surroundings
from addin.marks import all_scores

Cells = Sequence[Sequence[Kept]]


@dataclass(frozen=True, slots=True)
class Found:
    """Where written cells are now. `rows` pairs a row of `area` with the written row that it is (both from 0);
    `changed` are rows of it that hold something and are none of the written ones.
    """

    area: Area
    rows: tuple[tuple[int, int], ...]
    changed: tuple[int, ...]

    def stretches(self) -> Iterator[tuple[Area, list[int]]]:
        """Found rows that lie below each other, with the written rows that they are."""
        start = 0
        for end in range(1, len(self.rows) + 1):
            if end == len(self.rows) or self.rows[end][0] != self.rows[end - 1][0] + 1:
                run = self.rows[start:end]
                yield replace(self.area, top=self.area.top + run[0][0], rows=len(run)), [then for _, then in run]
                start = end


def follow(book: xw.Book, name: str, area: Area, data: Area | None) -> tuple[str, ...]:
    """Keep hold of cells just written under names that begin with `name`; returns what marks each of their rows.

    `data` are the rows' own cells where these are known; else it is all that stands beside.
    """
    parts = surroundings(book, area, data)
    for place, part in enumerate([area, *parts]):
        grid.set_name(book, f"{name}_{place}", part)
    return row_marks(book, area, parts)


def forget(book: xw.Book, name: str) -> None:
    """Let go of everything under names that begin with `name`."""
    for each in grid.names(book, f"{name}_"):
        grid.delete_name(book, each)


def find(book: xw.Book, name: str, marks: Sequence[str], before: Cells, after: Cells) -> Found | None:
    """Where the cells are now, None when they or their rows' own cells are gone or torn apart. Raises GridError."""
    held = [grid.get_name(book, f"{name}_{place}") for place in range(len(grid.names(book, f"{name}_")))]
    areas = [each for each in held if isinstance(each, Area)]
    if not areas or len(areas) < len(held) or areas[0].columns != len(after[0]):
        return None
    area, *parts = areas
    if any((part.sheet, part.top, part.rows) != (area.sheet, area.top, area.rows) for part in parts):
        return None
    there = grid.snapshot(book, area)
    now = list(zip(row_marks(book, area, parts), all_scores(there), strict=True))
    rows = _known_again(list(zip(marks, all_scores(after), strict=True)), now, before)
    known = {row for row, _ in rows}
    filled = [row for row, cells in enumerate(there) if any(content is not None for content, _ in cells)]
    return Found(area, tuple(rows), tuple(row for row in filled if row not in known))


def _known_again(then: Sequence[Hashable], now: Sequence[Hashable], before: Cells) -> list[tuple[int, int]]:
    """Pairs of rows. Rows that look the same are taken for each other only where they would get the same back."""
    if now == then:
        return [(row, row) for row in range(len(now))]
    written, found = _places(then), _places(now)
    pairs: list[tuple[int, int]] = []
    for key, rows in found.items():
        same = written.get(key, [])
        if len(rows) <= len(same) and (len(same) == 1 or all(before[row] == before[same[0]] for row in same)):
            pairs += zip(rows, same, strict=False)
    return sorted(pairs)


def _places(keys: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    places = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return places
