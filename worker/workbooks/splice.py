"""Add pages to a workbook: four parts are edited by insertion, new parts are added, nothing else is touched, and what
was written is read back.

Rules: ECMA-376 part 1, 18.2.20 (sheets), 18.2.6 (defined names).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import TYPE_CHECKING, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from worker.workbooks.addressing import split_sheet
from worker.workbooks.archive import FileLimits
from worker.workbooks.dialect import STRICT, TRANSITIONAL
from worker.workbooks.drawing import chart_part, drawing_part
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.fingerprint import MARK, fingerprint, origin
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

if TYPE_CHECKING:
    from worker.workbooks.earlier import Earlier

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
    source: str | os.PathLike[str],
    out: BinaryIO,
    pages: Sequence[Page],
    limits: FileLimits | None = None,
    *,
    replace: bool = False,
) -> Appended:
    """Write the workbook at `source` with `pages` as new last sheets into `out` (binary, to be read too, empty).

    With `replace`, a page takes the place, name and parts of an earlier one of ours with the same table name, if nobody
    changed that since (see `earlier`); formulas that refer to it go on. None gets the rows of another input, as far as
    pages and sheets say whose they are. It is the one with the page's sheet name; one with another is taken only where
    there is one such page and one such sheet.

    Raises WorkbookError: WrittenWrong when what was written is not what should be there.
    """
    with Package(source, limits) as package:
        done, wanted = write(package, out, pages, replace=replace)
        verify(package.archive, out, wanted)
        return done


def write(package: Package, out: BinaryIO, pages: Sequence[Page], *, replace: bool = False) -> tuple[Appended, Wanted]:
    """As `splice`, without a look at what was written; that takes what this returns."""
    return _Splice(package, out, replace=replace).run([page.mapped() for page in pages])


@dataclass(frozen=True, slots=True)
class _Addition:
    """One page with its parts: the worksheet, and what it leads to (kind, part)."""

    page: Page
    worksheet: Worksheet
    part: str
    targets: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, bytes], ...]
    is_new: bool

    def parts(self, new: NewParts) -> Iterable[tuple[str, Iterable[bytes | memoryview]]]:
        yield self.part, self.worksheet.chunks({kind: f"rId{n}" for n, (kind, _) in enumerate(self.targets, 1)})
        if self.targets:
            yield relationships_part(self.part), [new.links_between(self.part, self.targets)]
        for part, data in self.others:
            yield part, [data]


class _Splice:
    def __init__(self, package: Package, out: BinaryIO, *, replace: bool) -> None:
        self._replace = replace
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

    def run(self, pages: Sequence[Page]) -> tuple[Appended, Wanted]:
        listed = self._package.workbook.root.child("sheets")
        if listed is None:
            raise FileBroken(Fault.DAMAGED, "no sheets")
        earlier = self._earlier(pages)
        new = [page.name for page, old in zip(pages, earlier, strict=True) if old is None]
        free = iter(sheet_names(new, [sheet.name for sheet in self._package.sheets]))
        names = tuple(old.name if old else next(free) for old in earlier)
        given = zip(pages, names, earlier, strict=True)
        additions = [self._addition(changed(page, name=name), old) for page, name, old in given]
        self._list_sheets(listed, [added for added in additions if added.is_new])
        if not self._has_styles:
            self._new.link("styles", self._styles_part)
        wanted = self._write(additions)
        cut = [warning for added in additions for warning in added.worksheet.warnings]
        return Appended(names, (*notices(self._package), *cut)), wanted

    def _earlier(self, pages: Sequence[Page]) -> list[Earlier | None]:
        """The sheets that the pages replace."""
        if not self._replace:
            return [None] * len(pages)
        from worker.workbooks.earlier import unchanged  # noqa: PLC0415 - it loads a reader that nothing else here needs

        tables = Counter(page.table for page in pages if page.columns)
        there = {table: list(unchanged(self._package, table)) for table in tables}
        made: list[Earlier | None] = []
        for page, name in zip(pages, sheet_names([page.name for page in pages], []), strict=True):
            theirs = ("", origin(page.source, page.begins))
            found = [old for old in there[page.table] if old.origin in theirs] if page.columns else []
            by_name = next((old for old in found if old.name == name), None)
            made.append(found[0] if by_name is None and len(found) == tables[page.table] == 1 else by_name)
        return made

    def _addition(self, page: Page, old: Earlier | None) -> _Addition:
        there = {sheet.name for sheet in self._package.sheets}
        page = changed(page, links=tuple(link for link in page.links if split_sheet(link[1])[0] in there))
        look = dress(self._styles, page)
        sheet = Worksheet(page, look, self._dialect, uses_1904=self._package.uses_1904)
        again = old.parts if old else {}
        part = old.part if old else self._new.new("worksheets/sheet", _SHEET_TYPE)
        targets, others = [], []
        if page.columns:
            name = old.table if old else table_name(page.table, self._taken)
            number = old.table_id if old else free_id(self._table_ids)
            table = self._new.new("tables/table", TABLE_TYPE, again)
            values = {at: value for at, (value, _) in page.others.items()}
            mark = MARK + fingerprint(page.columns, values, len(page.charts)) + origin(page.source, page.begins)
            targets.append(("table", table))
            others.append((table, table_part(page, self._dialect.main, name, number, mark)))
        if page.charts:
            drawing = self._new.new("drawings/drawing", _DRAWING_TYPE, again)
            charts = [self._new.new("charts/chart", _CHART_TYPE, again) for _ in page.charts]
            targets.append(("drawing", drawing))
            others.append((drawing, drawing_part(page.charts, self._dialect)))
            links = self._new.links_between(drawing, [("chart", chart) for chart in charts])
            others.append((relationships_part(drawing), links))
            parts = zip(charts, page.charts, strict=True)
            others += [(name, chart_part(chart, page, self._dialect)) for name, chart in parts]
        return _Addition(page, sheet, part, tuple(targets), tuple(others), old is None)

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

    def _write(self, additions: Sequence[_Addition]) -> Wanted:
        package, rezip = self._package, Rezip(self._package.archive, self._out)
        documents = {
            "/[Content_Types].xml": (package.content_types.data, package.content_types.render()),
            package.workbook_part: (package.workbook.data, package.workbook.render()),
            self._new.links_part: (self._new.links.data, self._new.links.render()),
            self._styles_part: (self._styles_document.data, self._styles.render()),
        }
        entries = {e.info.filename: part for part in documents if (e := package.entry(part)) is not None}
        contents: dict[str, Iterable[bytes | memoryview]] = {n: [documents[p][1]] for n, p in entries.items()}
        new = [(part, chunks) for added in additions for part, chunks in added.parts(self._new)]
        renewed = {e.info.filename: chunks for part, chunks in new if (e := package.entry(part)) is not None}
        rezip.copy(contents | renewed)
        if not self._has_styles:
            rezip.add(self._styles_part[1:], [documents[self._styles_part][1]])
        for part, chunks in new:
            if package.entry(part) is None:
                rezip.add(part[1:], chunks)
        rezip.close()
        before = {name: documents[part][0] for name, part in entries.items()}
        pages = {self._entry_name(added.part): added.page for added in additions}
        return Wanted(rezip.directory, before, pages, package.uses_1904, frozenset(renewed))

    def _entry_name(self, part: str) -> str:
        entry = self._package.entry(part)
        return part[1:] if entry is None else entry.info.filename
