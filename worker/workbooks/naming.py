"""Names and ids for what is added to a workbook: sheets, tables, parts, relationships; none is one that is taken.

Rules: ECMA-376 part 1, 18.2.19 (sheets: at most 31 UTF-16 units), 18.5.1.2 (tables: ids, and names, which share one
name space with defined names), part 2 (relationships, content types).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from worker.workbooks.archive import part_name
from worker.workbooks.cells import clean, shortened
from worker.workbooks.package import (
    OUR_TABLES,
    RELATIONS,
    RELATIONS_STRICT,
    Package,
    relationships_part,
)
from worker.workbooks.xmlscan import Document

PACKAGE_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LINKS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f]")
_LONGEST_NAME = 31
_MOST_ID = 65_534


class NewParts:
    """The parts to be added to a workbook: their names, content types, and relationships from the workbook part."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._relations = RELATIONS_STRICT if package.strict else RELATIONS
        self._folder = package.workbook_part.rpartition("/")[0]
        self.links_part = relationships_part(package.workbook_part)
        self.links = package.document(self.links_part, depth=1)
        self._link_ids = {e.attributes.get("Id", "") for e in self.links.root.children}
        # a part that is not there may be declared, or led to, all the same
        self.taken = package.part_names | package.declared_names
        self.taken |= {part_name(link.target) for link in package.relationships(package.workbook_part)}

    def new(self, stem: str, content_type: str, again: Mapping[str, list[str]] = MappingProxyType({})) -> str:
        """A free part name in the workbook's folder, entered among the content types; before, one of those to be used
        `again`, by stem.
        """
        if again.get(stem):
            return again[stem].pop(0)
        for tried in count(1):
            # readers look for styles under this very name
            part = f"{self._folder}/{stem}{'' if tried == 1 and stem == 'styles' else tried}.xml"
            if part.lower() not in self.taken and relationships_part(part).lower() not in self.taken:
                break
        self.taken.add(part.lower())
        self._declare(part, content_type)
        if self._package.default_type("rels") != _LINKS_TYPE:
            self._declare(relationships_part(part), _LINKS_TYPE)
        return part

    def link(self, kind: str, part: str) -> str:
        """The id of a new relationship from the workbook to `part`."""
        new = next(name for number in count(1) if (name := f"rId{number}") not in self._link_ids)
        self._link_ids.add(new)
        target = quoteattr(part.removeprefix(self._folder + "/"))
        tag = f'{self.links.root.qualifier}Relationship Id="{new}" Type="{self._relations}/{kind}" Target={target}'
        self.links.insert_last(self.links.root, f"<{tag}/>")
        return new

    def links_between(self, part: str, targets: Sequence[tuple[str, str]]) -> bytes:
        """The relationships part that leads from `part` to `targets` (kind, part) as rId1, rId2, ..."""
        folder = posixpath.dirname(part)
        tags = "".join(
            f'<Relationship Id="rId{number}" Type="{self._relations}/{kind}" '
            f"Target={quoteattr(posixpath.relpath(target, folder))}/>"
            for number, (kind, target) in enumerate(targets, 1)
        )
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        return f'{head}<Relationships xmlns="{PACKAGE_LINKS}">{tags}</Relationships>'.encode()

    def _declare(self, part: str, content_type: str) -> None:
        types: Document = self._package.content_types
        tag = f'{types.root.qualifier}Override PartName={quoteattr(part)} ContentType="{content_type}"'
        types.insert_last(types.root, f"<{tag}/>")


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


def free_id(used: set[int]) -> int:
    """An id above those in use, or else the first that is free; from now on in use."""
    above = max(used, default=0) + 1
    new = above if above <= _MOST_ID else next(number for number in count(1) if number not in used)
    used.add(new)
    return new


def table_name(wanted: str, taken: set[str]) -> str:
    """A table name that begins as ours do and that no table or defined name has; from now on taken."""
    base = re.sub(r"[^A-Za-z0-9_.]", "_", wanted.removeprefix(OUR_TABLES))[:200]
    name, number = f"{OUR_TABLES}{base}", 2
    while name.casefold() in taken:
        name, number = f"{OUR_TABLES}{base}_{number}", number + 1
    taken.add(name.casefold())
    return name
