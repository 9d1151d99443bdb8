"""Add pages to a workbook: four parts are edited by insertion, new parts are added, nothing else is touched.

Rules: ECMA-376 part 1, 18.2.19 and 18.2.20 (sheets), 18.5.1.2 (table ids and names), part 2 (relationships, types).
Table names and defined names share one name space; a sheet's name has at most 31 UTF-16 units.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from worker.workbooks.archive import FileLimits, part_name
from worker.workbooks.cells import clean, shortened
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.look import dress
from worker.workbooks.package import (
    MAIN,
    MAIN_STRICT,
    OUR_TABLES,
    RELATIONS,
    RELATIONS_STRICT,
    TABLE_TYPE,
    Package,
    relationships_part,
)
from worker.workbooks.page import Page
from worker.workbooks.rezip import Rezip
from worker.workbooks.sheet import Worksheet, table_part
from worker.workbooks.styles import Styles, new_styles, styles_part
from worker.workbooks.xmlscan import Element, number

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHEET_TYPE = f"{_SPREADSHEET}worksheet+xml"
_STYLES_TYPE = f"{_SPREADSHEET}styles+xml"
_LINKS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_PACKAGE_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f]")
_LONGEST_NAME = 31
_MOST_ID = 65_534
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Appended:
    """What was added: the sheets' names as given, and warnings (a stable code, then facts)."""

    sheets: tuple[str, ...]
    warnings: tuple[str, ...]


def splice(
    source: str | os.PathLike[str], out: BinaryIO, pages: Sequence[Page], limits: FileLimits | None = None
) -> Appended:
    """Write the workbook at `source` with `pages` as new last sheets into `out`. Raises WorkbookError."""
    with Package(source, limits) as package:
        return _Splice(package, out).run(pages)


@dataclass(frozen=True, slots=True)
class _Addition:
    """One page with everything it is called in the package; without columns it has no table."""

    page: Page
    worksheet: Worksheet
    part: str
    table: str
    table_part: str
    table_id: int


class _Splice:
    def __init__(self, package: Package, out: BinaryIO) -> None:
        self._package = package
        self._zip = Rezip(package.archive, out)
        self._main = MAIN_STRICT if package.strict else MAIN
        self._relations = RELATIONS_STRICT if package.strict else RELATIONS
        self._folder = package.workbook_part.rpartition("/")[0]
        self._links_part = relationships_part(package.workbook_part)
        self._links = package.document(self._links_part, depth=1)
        self._link_ids = {e.attributes.get("Id", "") for e in self._links.root.children}
        # a part that is not there may be declared, or led to, all the same
        self._parts = package.part_names | package.declared_names
        self._parts |= {part_name(link.target) for link in package.relationships(package.workbook_part)}

    def run(self, pages: Sequence[Page]) -> Appended:
        package = self._package
        listed = package.workbook.root.child("sheets")
        if listed is None or not package.sheets:
            raise FileBroken(Fault.DAMAGED, "no sheets")
        styles_name = styles_part(package)
        styles = Styles(package.document(styles_name) if styles_name else new_styles(self._main))
        names = sheet_names([page.name for page in pages], [sheet.name for sheet in package.sheets])
        additions = self._additions([replace(p, name=n) for p, n in zip(pages, names, strict=True)], styles)
        self._list_sheets(listed, additions)
        if not styles_name:
            styles_name = self._new_part("styles", _STYLES_TYPE)
            self._link("styles", styles_name)
        self._write(additions, styles_name, styles)
        warnings = [*self._warnings(), *(warning for added in additions for warning in added.worksheet.warnings)]
        return Appended(names, tuple(warnings))

    def _additions(self, pages: Sequence[Page], styles: Styles) -> list[_Addition]:
        known = [self._package.document(part, depth=0).root for part in self._package.parts_of_type(TABLE_TYPE)]
        ids = {number(root, "id") for root in known}
        taken = {root.attributes.get(field, "").casefold() for root in known for field in ("name", "displayName")}
        taken |= {defined.name.casefold() for defined in self._package.names}
        made = []
        for page in pages:
            look = dress(styles, page.headers, page.columns, page.formats, page.status)
            sheet = Worksheet(page, look, self._main, self._relations, uses_1904=self._package.uses_1904)
            part = self._new_part("worksheets/sheet", _SHEET_TYPE)
            if page.columns:
                name = _table_name(page.table, taken)
                made.append(_Addition(page, sheet, part, name, self._new_part("tables/table", TABLE_TYPE), _free(ids)))
            else:
                made.append(_Addition(page, sheet, part, "", "", 0))
        return made

    def _list_sheets(self, listed: Element, additions: Sequence[_Addition]) -> None:
        """Enter the new sheets in the workbook part, and their header rows as the rows repeated on every page."""
        workbook = self._package.workbook
        prefix = workbook.prefix(listed, self._relations)
        declared = "" if prefix else f' xmlns:r="{self._relations}"'
        used = {number(element, "sheetId") for element in self._package.sheet_elements}
        titles = []
        for place, added in enumerate(additions, len(self._package.sheets)):
            name, link = quoteattr(added.page.name), self._link("worksheet", added.part)
            attributes = f'name={name} sheetId="{_free(used)}" {prefix or "r"}:id="{link}"'
            workbook.insert_last(listed, f"<{listed.qualifier}sheet{declared} {attributes}/>")
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

    def _write(self, additions: Sequence[_Addition], styles_name: str, styles: Styles) -> None:
        documents = {
            "/[Content_Types].xml": self._package.content_types.render(),
            self._package.workbook_part: self._package.workbook.render(),
            self._links_part: self._links.render(),
            styles_name: styles.render(),
        }
        entries = {part: self._package.entry(part) for part in documents}
        self._zip.copy({e.info.filename: documents[part] for part, e in entries.items() if e is not None})
        for part in [part for part, entry in entries.items() if entry is None]:
            self._zip.add(part[1:], [documents[part]])
        for added in additions:
            self._zip.add(added.part[1:], added.worksheet.chunks("rId1" if added.table else ""))
            if added.table:
                links = f'{_HEAD}<Relationships xmlns="{_PACKAGE_LINKS}">{self._table_link(added)}</Relationships>'
                self._zip.add(relationships_part(added.part)[1:], [links.encode()])
                data = table_part(added.page, self._main, added.table, added.table_id)
                self._zip.add(added.table_part[1:], [data])
        self._zip.close()

    def _table_link(self, added: _Addition) -> str:
        target = f"../{added.table_part.removeprefix(self._folder + '/')}"
        return f'<Relationship Id="rId1" Type="{self._relations}/table" Target="{target}"/>'

    def _new_part(self, stem: str, content_type: str) -> str:
        """A free part name in the workbook's folder, entered among the content types."""
        for tried in count(1):
            # readers look for styles under this very name
            part = f"{self._folder}/{stem}{'' if tried == 1 and stem == 'styles' else tried}.xml"
            if part.lower() not in self._parts and relationships_part(part).lower() not in self._parts:
                break
        self._parts.add(part.lower())
        self._declare(part, content_type)
        if self._package.default_type("rels") != _LINKS_TYPE:
            self._declare(relationships_part(part), _LINKS_TYPE)
        return part

    def _declare(self, part: str, content_type: str) -> None:
        root = self._package.content_types.root
        tag = f'{root.qualifier}Override PartName={quoteattr(part)} ContentType="{content_type}"'
        self._package.content_types.insert_last(root, f"<{tag}/>")

    def _link(self, kind: str, part: str) -> str:
        """The id of a new relationship from the workbook to `part`."""
        new = next(name for number in count(1) if (name := f"rId{number}") not in self._link_ids)
        self._link_ids.add(new)
        target = quoteattr(part.removeprefix(self._folder + "/"))
        tag = f'{self._links.root.qualifier}Relationship Id="{new}" Type="{self._relations}/{kind}" Target={target}'
        self._links.insert_last(self._links.root, f"<{tag}/>")
        return new

    def _warnings(self) -> list[str]:
        found = []
        if any(part.startswith("/_xmlsignatures/") for part in self._parts):
            found.append("signature-invalidated")
        if any("/revisions/" in part for part in self._parts):
            found.append("shared-workbook")
        protection = self._package.workbook.root.child("workbookProtection")
        if protection is not None and protection.attributes.get("lockStructure", "") in ("1", "true", "on"):
            found.append("structure-protected")
        return found


def sheet_names(wanted: Sequence[str], existing: Iterable[str]) -> tuple[str, ...]:
    """Names for new sheets that Excel takes and that no other sheet has: ' 2', ' 3', ... on a clash."""
    taken = {name.casefold() for name in existing} | {"history"}
    made = []
    for name in wanted:
        base = shortened(_FORBIDDEN.sub("_", clean(name)).strip("' ") or "Scores", _LONGEST_NAME).rstrip("' ")
        free, number = base, 2
        while free.casefold() in taken:
            suffix = f" {number}"
            free, number = shortened(base, _LONGEST_NAME - len(suffix)) + suffix, number + 1
        taken.add(free.casefold())
        made.append(free)
    return tuple(made)


def _free(used: set[int]) -> int:
    """An id above those in use, or else the first that is free; from now on in use."""
    above = max(used, default=0) + 1
    new = above if above <= _MOST_ID else next(number for number in count(1) if number not in used)
    used.add(new)
    return new


def _table_name(wanted: str, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_.]", "_", wanted.removeprefix(OUR_TABLES))[:200]
    name, number = f"{OUR_TABLES}{base}", 2
    while name.casefold() in taken:
        name, number = f"{OUR_TABLES}{base}_{number}", number + 1
    taken.add(name.casefold())
    return name
