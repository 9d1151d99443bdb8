"""Result sheets that an earlier job added and nobody has changed since: their parts may get new contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from worker.workbooks.addressing import Area, letters
from worker.workbooks.cells import column
from worker.workbooks.errors import FileBroken
from worker.workbooks.fingerprint import MARK, fingerprint, origin
from worker.workbooks.package import OUR_TABLES, Package, Relationship, SheetPart
from worker.workbooks.sources import calamine
from worker.workbooks.xmlscan import Element, number

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_LONGEST_TAG = 64
_OURS = ("table", "drawing", "printerSettings")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A sheet of ours with its parts: the worksheet, and by kind those that it leads to. `origin` is whose rows it has,
    '' where that is no one input, or one whose sheet is not there any more.
    """

    name: str
    origin: str
    table: str
    table_id: int
    part: str
    parts: dict[str, list[str]]


def unchanged(package: Package, stem: str) -> Iterator[Earlier]:
    """The sheets whose table is called `stem`, or that and a number, and that hold what we wrote: same values, nothing
    beside them, no notes, no pictures. What colours they have makes no difference.
    """
    there = tuple(origin(sheet.name) for sheet in package.sheets)
    for sheet in package.sheets:
        links = package.relationships(sheet.part) if sheet.part else []
        tables = [link for link in links if link.leads_to("table")]
        if len(tables) != 1 or any(not any(link.leads_to(kind) for kind in _OURS) for link in links):
            continue
        root = package.document(tables[0].target, depth=0).root
        name, comment = root.attributes.get("displayName", ""), root.attributes.get("comment", "")
        numbered = name.startswith(f"{stem}_") and name.removeprefix(f"{stem}_").isdecimal()
        ours = (name == stem or numbered) and name.startswith(OUR_TABLES) and comment.startswith(MARK)
        if ours and (mark := _fingerprint(package, sheet, root, links)) and comment.startswith(MARK + mark):
            whose = comment.removeprefix(MARK + mark)
            whose = whose if whose.startswith(there) else ""
            yield Earlier(sheet.name, whose, name, number(root, "id"), sheet.part, _parts(package, links))


def _parts(package: Package, links: Sequence[Relationship]) -> dict[str, list[str]]:
    drawings = [link.target for link in links if link.leads_to("drawing")]
    inner = [link for part in drawings for link in package.relationships(part)]
    charts = [link.target for link in inner if link.leads_to("chart")]
    return {
        "tables/table": [link.target for link in links if link.leads_to("table")],
        "drawings/drawing": drawings,
        "charts/chart": charts,
    }


def _fingerprint(package: Package, sheet: SheetPart, table: Element, links: Sequence[Relationship]) -> str:
    area = Area.parse(table.attributes.get("ref", ""))
    if area is None or area.left != 1 or _has_formulas(package, sheet.part):
        return ""
    drawn = [package.document(link.target, depth=1).root for link in links if link.leads_to("drawing")]
    try:
        with calamine(package.path) as book:
            rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
    except FileBroken:
        return ""
    body = rows[area.top : area.bottom]
    columns = [column([_value(row[place]) for row in body]) for place in range(area.right)]
    others = {
        f"{letters(place)}{line}": _value(value)
        for line, row in enumerate(rows, 1)
        for place, value in enumerate(row, 1)
        if value != "" and not (area.top < line <= area.bottom and place <= area.right)
    }
    arrays = [pa.chunked_array([array], array.type) for array in columns]
    return fingerprint(arrays, others, sum(len(root.children) for root in drawn))


def _has_formulas(package: Package, part: str) -> bool:
    tail = b""
    for chunk in package.chunks(part):
        if _FORMULA.search(tail + chunk):
            return True
        tail = chunk[-_LONGEST_TAG:]
    return False


def _value(value: Any) -> Any:  # noqa: ANN401 - any cell's value
    return None if value == "" else value
