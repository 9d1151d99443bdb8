"""Add pages to a workbook: four parts are edited by insertion, new parts are added, nothing else is touched, and what
was written is read back.

Rules: ECMA-376 part 1, 18.2.20 (sheets), 18.2.6 (defined names).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from worker.workbooks.addressing import split_sheet
from worker.workbooks.archive import FileLimits
from worker.workbooks.dialect import STRICT, TRANSITIONAL
from worker.workbooks.drawing import chart_part, drawing_part
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.look import dress
from worker.workbooks.naming import NewParts, free_id, sheet_names, table_name
from worker.workbooks.notices import notices
from worker.workbooks.package import TABLE_TYPE, Package, relationships_part
from worker.workbooks.page import Page
from worker.workbooks.rezip import Rezip
from worker.workbooks.sheet import Worksheet, table_part
from worker.workbooks.styles import Styles, new_styles, styles_part
from worker.workbooks.verify import Wanted, verify
from worker.workbooks.xmlscan import Element, number

_OFFICE = "application/vnd.openxmlformats-officedocument."
_SHEET_TYPE = f"{_OFFICE}spreadsheetml.worksheet+xml"
_STYLES_TYPE = f"{_OFFICE}spreadsheetml.styles+xml"
_DRAWING_TYPE = f"{_OFFICE}drawing+xml"
_CHART_TYPE = f"{_OFFICE}drawingml.chart+xml"


@dataclass(frozen=True, slots=True)
class Appended:
    """What was added: the sheets' names as given, and warnings (a stable code, then facts)."""

    sheets: tuple[str, ...]
    warnings: tuple[str, ...]


def splice(
    source: str | os.PathLike[str], out: BinaryIO, pages: Sequence[Page], limits: FileLimits | None = None
) -> Appended:
    """Write the workbook at `source` with `pages` as new last sheets into `out` (binary, to be read too, empty).

    Raises WorkbookError: WrittenWrong when what was written is not what should be there.
    """
    with Package(source, limits) as package:
        return _Splice(package, out).run(pages)


@dataclass(frozen=True, slots=True)
class _Addition:
    """One page with its parts: the worksheet, and what it leads to (kind, part)."""

    page: Page
    worksheet: Worksheet
    part: str
    targets: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, bytes], ...]

    def parts(self, new: NewParts) -> Iterable[tuple[str, Iterable[bytes | memoryview]]]:
        yield self.part, self.worksheet.chunks({kind: f"rId{n}" for n, (kind, _) in enumerate(self.targets, 1)})
        if self.targets:
            yield relationships_part(self.part), [new.links_between(self.part, self.targets)]
        for part, data in self.others:
            yield part, [data]


class _Splice:
    def __init__(self, package: Package, out: BinaryIO) -> None:
        self._package = package
        self._out = out
        self._dialect = STRICT if package.strict else TRANSITIONAL
        self._new = NewParts(package)
        styles = styles_part(package)
        self._has_styles = bool(styles)
        self._styles_document = package.document(styles) if styles else new_styles(self._dialect.main)
        self._styles = Styles(self._styles_document)
        self._styles_part = styles or self._new.new("styles", _STYLES_TYPE)
        known = [package.document(part, depth=0).root for part in package.parts_of_type(TABLE_TYPE)]
        self._table_ids = {number(root, "id") for root in known}
        self._taken = {root.attributes.get(field, "").casefold() for root in known for field in ("name", "displayName")}
        self._taken |= {defined.name.casefold() for defined in package.names}

    def run(self, pages: Sequence[Page]) -> Appended:
        listed = self._package.workbook.root.child("sheets")
        if listed is None:
            raise FileBroken(Fault.DAMAGED, "no sheets")
        names = sheet_names([page.name for page in pages], [sheet.name for sheet in self._package.sheets])
        additions = [self._addition(replace(p, name=n)) for p, n in zip(pages, names, strict=True)]
        self._list_sheets(listed, additions)
        if not self._has_styles:
            self._new.link("styles", self._styles_part)
        self._write(additions)
        cut = [warning for added in additions for warning in added.worksheet.warnings]
        return Appended(names, (*notices(self._package), *cut))

    def _addition(self, page: Page) -> _Addition:
        there = {sheet.name for sheet in self._package.sheets}
        page = replace(page, links=tuple(link for link in page.links if split_sheet(link[1])[0] in there))
        look = dress(self._styles, page)
        sheet = Worksheet(page, look, self._dialect, uses_1904=self._package.uses_1904)
        part = self._new.new("worksheets/sheet", _SHEET_TYPE)
        targets, others = [], []
        if page.columns:
            name, table = table_name(page.table, self._taken), self._new.new("tables/table", TABLE_TYPE)
            targets.append(("table", table))
            others.append((table, table_part(page, self._dialect.main, name, free_id(self._table_ids))))
        if page.charts:
            drawing = self._new.new("drawings/drawing", _DRAWING_TYPE)
            charts = [self._new.new("charts/chart", _CHART_TYPE) for _ in page.charts]
            targets.append(("drawing", drawing))
            others.append((drawing, drawing_part(page.charts, self._dialect)))
            links = self._new.links_between(drawing, [("chart", chart) for chart in charts])
            others.append((relationships_part(drawing), links))
            parts = zip(charts, page.charts, strict=True)
            others += [(name, chart_part(chart, page, self._dialect)) for name, chart in parts]
        return _Addition(page, sheet, part, tuple(targets), tuple(others))

    def _list_sheets(self, listed: Element, additions: Sequence[_Addition]) -> None:
        """Enter the new sheets in the workbook part, and their header rows as the rows repeated on every page."""
        workbook = self._package.workbook
        prefix = workbook.prefix(listed, self._dialect.relations)
        declared = "" if prefix else f' xmlns:r="{self._dialect.relations}"'
        used = {number(element, "sheetId") for element in self._package.sheet_elements}
        titles = []
        for place, added in enumerate(additions, len(self._package.sheets)):
            name, link = quoteattr(added.page.name), self._new.link("worksheet", added.part)
            attributes = f'name={name} sheetId="{free_id(used)}" {prefix or "r"}:id="{link}"'
            workbook.insert_last(listed, f"<{listed.qualifier}sheet{declared} {attributes}/>")
            if added.page.columns:
                row, sheet = added.page.header_row, added.page.name.replace("'", "''")
                formula = escape(f"'{sheet}'!${row}:${row}")
                open_tag = f'{listed.qualifier}definedName name="_xlnm.Print_Titles" localSheetId="{place}"'
                titles.append(f"<{open_tag}>{formula}</{listed.qualifier}definedName>")
        if titles:
            self._define("".join(titles), listed.qualifier)

    def _define(self, names: str, qualifier: str) -> None:
        root = self._package.workbook.root
        known = root.child("definedNames")
        if known is not None:
            self._package.workbook.insert_last(known, names)
        if known is not None or b"definedNames>" in self._package.workbook.data:
            return  # where the list stands among alternatives, the sheets do without repeated header rows
        before = ("externalReferences", "functionGroups", "sheets")
        anchor = next(element for name in before if (element := root.child(name)) is not None)
        tag = f"{qualifier}definedNames"
        self._package.workbook.insert_after(anchor, f"<{tag}>{names}</{tag}>")

    def _write(self, additions: Sequence[_Addition]) -> None:
        package, rezip = self._package, Rezip(self._package.archive, self._out)
        documents = {
            "/[Content_Types].xml": (package.content_types.data, package.content_types.render()),
            package.workbook_part: (package.workbook.data, package.workbook.render()),
            self._new.links_part: (self._new.links.data, self._new.links.render()),
            self._styles_part: (self._styles_document.data, self._styles.render()),
        }
        entries = {e.info.filename: part for part in documents if (e := package.entry(part)) is not None}
        rezip.copy({name: documents[part][1] for name, part in entries.items()})
        if not self._has_styles:
            rezip.add(self._styles_part[1:], [documents[self._styles_part][1]])
        for added in additions:
            for part, chunks in added.parts(self._new):
                rezip.add(part[1:], chunks)
        rezip.close()
        before = {name: documents[part][0] for name, part in entries.items()}
        pages = {added.part[1:]: added.page for added in additions}
        verify(package.archive, self._out, Wanted(rezip.directory, before, pages, package.uses_1904))
