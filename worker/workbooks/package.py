"""The parts of a workbook: which there are, what they are, how they hang together.

Rules: ECMA-376 part 2 (content types, relationships), part 1 section 18.2 (workbook) and 18.5 (tables). The workbook
part is found through the package's relationships: its name is not fixed, and may be absolute, odd or in UTF-16.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from worker.workbooks.addressing import Area, Region
from worker.workbooks.archive import Archive, Entry, FileLimits, part_name
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.xmlscan import Document, Element, local, number

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
OUR_TABLES = "Sheetscore_"
"""Prefix of the table names by which our own sheets are known."""

_BOOK_TYPES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "application/vnd.ms-excel.template.macroenabled.main+xml",
}
_BINARY_TYPE = "application/vnd.ms-excel.sheet.binary.macroenabled.main"
_MOST_PART_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Relationship:
    """A link from one part to another; `target` is the other's absolute name, or a URL when `external`."""

    id: str
    type: str
    target: str
    external: bool

    def leads_to(self, kind: str) -> bool:
        """Whether this is a relationship of that kind ('worksheet', 'styles', ...), transitional or strict."""
        return not self.external and self.type in (f"{RELATIONS}/{kind}", f"{RELATIONS_STRICT}/{kind}")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it; `part` is '' when it is no worksheet or its part is missing."""

    name: str
    part: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An Excel table: its area includes header and totals rows. `columns` are the names of its columns where no header
    row shows them.
    """

    name: str
    sheet: str
    area: Area
    header_rows: int
    totals_rows: int
    columns: tuple[str, ...] = ()

    @property
    def rows(self) -> Region:
        """Its rows, with the header if it shows one, without the totals."""
        area = self.area
        return Region(Area(area.top, area.left, area.bottom - self.totals_rows, area.right), self.columns)


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A defined name and its formula; `sheet` is the sheet it belongs to, '' for the whole workbook."""

    name: str
    sheet: str
    formula: str


class Package:
    """An open workbook. Raises FileBroken or FileTooCostly; close it, or use it in a `with`."""

    def __init__(self, path: str | os.PathLike[str], limits: FileLimits | None = None) -> None:
        self.path = Path(path)
        self.archive = Archive(path, limits or FileLimits())
        try:
            self._entries = {part_name(entry.info.filename): entry for entry in self.archive.entries}
            self.content_types = self._content_types()
            self.workbook_part = self._find_workbook()
            self.workbook = self._workbook()
        except BaseException:
            self.archive.file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.file.close()

    @property
    def strict(self) -> bool:
        """Whether the workbook uses the strict namespaces."""
        return self.workbook.root.namespace == MAIN_STRICT

    @cached_property
    def sheets(self) -> tuple[SheetPart, ...]:
        """Every sheet, in the workbook's order."""
        targets = {r.id: r for r in self.relationships(self.workbook_part)}
        relations = RELATIONS_STRICT if self.strict else RELATIONS
        made = []
        for element in self.sheet_elements:
            link = targets.get(local(element.attributes, relations, "id"))
            is_worksheet = link is not None and link.leads_to("worksheet") and self.entry(link.target) is not None
            part = link.target if link is not None and is_worksheet else ""
            hidden = element.attributes.get("state", "visible") != "visible"
            made.append(SheetPart(element.attributes.get("name", ""), part, hidden))
        return tuple(made)

    @property
    def sheet_elements(self) -> list[Element]:
        """The `sheet` elements of the workbook part."""
        sheets = self.workbook.root.child("sheets")
        return sheets.all("sheet") if sheets else []

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table of every worksheet."""
        return tuple(table for sheet in self.sheets if sheet.part for table in self._tables_of(sheet))

    @cached_property
    def names(self) -> tuple[DefinedName, ...]:
        """Every defined name, built-in and hidden ones too."""
        listed = self.workbook.root.child("definedNames")
        made = []
        for element in listed.all("definedName") if listed else []:
            scope = number(element, "localSheetId", default=len(self.sheets))
            sheet = self.sheets[scope].name if scope < len(self.sheets) else ""
            made.append(DefinedName(element.attributes.get("name", ""), sheet, element.text.strip()))
        return tuple(made)

    @property
    def uses_1904(self) -> bool:
        """Whether day 0 is 1904-01-01 (ECMA-376 part 1, 18.17.4.1)."""
        properties = self.workbook.root.child("workbookPr")
        return properties is not None and properties.attributes.get("date1904", "").lower() in ("1", "true", "on")

    def is_ours(self, sheet: str) -> bool:
        """Whether Sheetscore added that sheet."""
        return any(table.sheet == sheet and table.name.startswith(OUR_TABLES) for table in self.tables)

    def entry(self, part: str) -> Entry | None:
        """The zip entry of a part."""
        return self._entries.get(part_name(part))

    @property
    def part_names(self) -> set[str]:
        """Names of all parts, in the form of `part_name`."""
        return set(self._entries)

    @property
    def declared_names(self) -> set[str]:
        """Names to which a content type is given one by one, whether the part is there or not."""
        declared = self.content_types.root.all("Override")
        return {part_name(element.attributes.get("PartName", "")) for element in declared}

    def document(self, part: str, depth: int = 3) -> Document:
        """The part, ready for insertions."""
        entry = self.entry(part)
        if entry is None:
            raise FileBroken(Fault.DAMAGED, f"{part} is missing")
        return Document(self.archive.read(entry, _MOST_PART_BYTES), part, depth)

    def chunks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, piece by piece."""
        entry = self.entry(part)
        return self.archive.chunks(entry) if entry else iter(())

    def content_type(self, part: str) -> str:
        """The content type of a part, in lower case; '' when none is declared."""
        for element in self.content_types.root.all("Override"):
            if part_name(element.attributes.get("PartName", "")) == part_name(part):
                return element.attributes.get("ContentType", "").lower()
        return self.default_type(part.rpartition(".")[2])

    def default_type(self, extension: str) -> str:
        """The content type of parts with that extension, in lower case."""
        for element in self.content_types.root.all("Default"):
            if element.attributes.get("Extension", "").lower() == extension.lower():
                return element.attributes.get("ContentType", "").lower()
        return ""

    def parts_of_type(self, content_type: str) -> list[str]:
        """Names of the parts declared one by one to be of that type."""
        declared = self.content_types.root.all("Override")
        parts = [
            e.attributes.get("PartName", "")
            for e in declared
            if e.attributes.get("ContentType", "").lower() == content_type
        ]
        return [part for part in parts if self.entry(part) is not None]

    def relationships(self, part: str) -> list[Relationship]:
        """Where a part leads to ('' for the package itself)."""
        where = relationships_part(part)
        if self.entry(where) is None:
            return []
        made = []
        for element in self.document(where, depth=1).root.children:
            given = element.attributes
            external = given.get("TargetMode", "").lower() == "external"
            target = given.get("Target", "")
            absolute = target if external else self._resolve(part, target)
            made.append(Relationship(given.get("Id", ""), given.get("Type", ""), absolute, external))
        return made

    def _content_types(self) -> Document:
        if self.entry("/[Content_Types].xml") is None:
            raise FileBroken(Fault.NOT_A_WORKBOOK, "no [Content_Types].xml")
        return self.document("/[Content_Types].xml", depth=1)

    def _find_workbook(self) -> str:
        part = next((r.target for r in self.relationships("") if r.leads_to("officeDocument")), "")
        kind = self.content_type(part) if part else ""
        if kind == _BINARY_TYPE:
            raise FileBroken(Fault.BINARY_FORMAT)
        if kind not in _BOOK_TYPES:
            raise FileBroken(Fault.NOT_A_WORKBOOK, kind)
        return part

    def _resolve(self, part: str, target: str) -> str:
        """The absolute name of the part that `target` means; some producers escape it, some do not."""
        joined = posixpath.join(posixpath.dirname(part or "/"), target.replace("\\", "/"))
        name = posixpath.normpath(joined)
        return name if self.entry(name) is not None else unquote(name)

    def _workbook(self) -> Document:
        document = self.document(self.workbook_part)
        if document.root.name != "workbook" or document.root.namespace not in (MAIN, MAIN_STRICT):
            raise FileBroken(Fault.NOT_A_WORKBOOK, document.root.name)
        return document

    def _tables_of(self, sheet: SheetPart) -> Iterator[Table]:
        for link in self.relationships(sheet.part):
            if link.leads_to("table") and self.entry(link.target) is not None:
                given = self.document(link.target, depth=0).root.attributes
                area = Area.parse(given.get("ref", ""))
                if area is not None:
                    name = given.get("displayName") or given.get("name", "")
                    header, totals = given.get("headerRowCount", "1"), given.get("totalsRowCount", "0")
                    columns = () if header != "0" else self._columns_of(link.target)
                    yield Table(name, sheet.name, area, int(header != "0"), int(totals not in ("", "0")), columns)

    def _columns_of(self, table: str) -> tuple[str, ...]:
        """The names of a table's columns; a line break in one is written `_x000a_` (ECMA-376 part 1, 22.9.2.19)."""
        listed = self.document(table, depth=2).root.child("tableColumns")
        names = [element.attributes.get("name", "") for element in listed.all("tableColumn")] if listed else []
        return tuple(re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), name) for name in names)


def relationships_part(part: str) -> str:
    """Name of the part that holds the relationships of `part`."""
    folder, name = posixpath.split(part or "/")
    return f"{folder.rstrip('/')}/_rels/{name}.rels"
